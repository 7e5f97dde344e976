using System.Globalization;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Parts;

namespace Fleet.Server.Console.Merchants;

/// <summary>The merchants: their list, and one with its keys and secrets.</summary>
internal static class MerchantRoutes
{
    private const int PageSize = 100;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<MerchantsPage, MerchantsView>("merchants", ReadList);
        routes.MapPage<MerchantPage, MerchantView>("merchants/{merchant_code}", async page => new(await Find(page)));
        routes.MapAction("merchants", Create);
        routes.MapAction("merchants/{merchant_code}/update", Update);
        routes.MapAction("merchants/{merchant_code}/suspend", page => Change(page, code => page.Api.Call(
            page.Api.Of<MerchantsRpc>().Suspend,
            new SuspendMerchantRequest { MerchantCode = code, Reason = page.Form("reason") })));
        routes.MapAction("merchants/{merchant_code}/resume", page => Change(page, code => page.Api.Call(
            page.Api.Of<MerchantsRpc>().Resume, new ResumeMerchantRequest { MerchantCode = code })));
        routes.MapAction("merchants/{merchant_code}/affiliate-keys", AddAffiliateKey);
        routes.MapAction("merchants/{merchant_code}/affiliate-keys/retire", page => Change(page, code => page.Api.Call(
            page.Api.Of<MerchantsRpc>().RetireAffiliateKey,
            new RetireAffiliateKeyRequest { MerchantCode = code, Name = page.Form("name") })));
        routes.MapForm("merchants/{merchant_code}/webhook-secret", RotateSecret);
    }

    private static async Task<MerchantsView> ReadList(PageRequest page) => new(await page.Api.Call(
        page.Api.Of<MerchantsRpc>().List,
        new ListMerchantsRequest
        {
            Search = page.Query("q"),
            State = page.Query("state"),
            Kind = page.Query("kind"),
            PageSize = PageSize,
            PageToken = page.Query("page_token"),
        }));

    private static Task<Merchant> Find(PageRequest page) => page.Api.Call(
        page.Api.Of<MerchantsRpc>().Get, new GetMerchantRequest { MerchantCode = page.Route("merchant_code") });

    private static async Task<string> Create(PageRequest page) => PathOf(await page.Api.Call(
        page.Api.Of<MerchantsRpc>().Create,
        new CreateMerchantRequest
        {
            MerchantCode = page.Form("merchant_code"),
            Name = page.Form("name"),
            Sandbox = page.Form("sandbox") == "true",
            Country = page.Form("country"),
            Currency = page.Form("currency"),
            TimeZone = page.Form("time_zone"),
        }));

    /// <summary>The revision that the form was made with keeps two people from overwriting each other.</summary>
    private static Task<string> Update(PageRequest page) => Change(page, code => page.Api.Call(
        page.Api.Of<MerchantsRpc>().Update,
        new UpdateMerchantRequest
        {
            MerchantCode = code,
            Revision = NumberOf(page, "revision"),
            Name = page.Form("name"),
            Country = page.Form("country"),
            Currency = page.Form("currency"),
            TimeZone = page.Form("time_zone"),
            ReturnUrl = page.Form("return_url"),
            LargestAmount = NumberOf(page, "largest_amount"),
            StrictSixtySeconds = page.Form("strict_sixty_seconds") == "true",
        }));

    private static Task<string> AddAffiliateKey(PageRequest page) => Change(page, code => page.Api.Call(
        page.Api.Of<MerchantsRpc>().AddAffiliateKey,
        new AddAffiliateKeyRequest
        {
            MerchantCode = code, Name = page.Form("name"), AppId = page.Form("app_id"), Key = page.Form("key"),
        }));

    private static async Task RotateSecret(PageRequest page)
    {
        var made = await page.Api.Call(page.Api.Of<MerchantsRpc>().RotateWebhookSecret,
            new RotateWebhookSecretRequest { MerchantCode = page.Route("merchant_code") });
        await Answers.Page<SecretPage, SecretView>(page, new(
            $"Webhook secret of {made.Merchant.MerchantCode}", made.Secret, PathOf(made.Merchant)));
    }

    private static async Task<string> Change(PageRequest page, Func<string, Task<Merchant>> change) =>
        PathOf(await change(page.Route("merchant_code")));

    private static string PathOf(Merchant merchant) => $"merchants/{merchant.MerchantCode}";

    private static long NumberOf(PageRequest page, string field) => page.Form(field) switch
    {
        "" => 0,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new PageRefusal(StatusCodes.Status400BadRequest, $"{field} must be a whole number."),
    };
}

/// <summary>A page of the list.</summary>
public sealed record MerchantsView(ListMerchantsReply List)
{
    public static IReadOnlyList<string> States { get; } = ["active", "suspended"];

    public static IReadOnlyList<string> Kinds { get; } = ["live", "sandbox"];
}

/// <summary>One merchant.</summary>
public sealed record MerchantView(Merchant Merchant)
{
    /// <summary>Merchants of the configuration are changed there.</summary>
    public bool IsChangeable => Merchant.Source == "api";
}

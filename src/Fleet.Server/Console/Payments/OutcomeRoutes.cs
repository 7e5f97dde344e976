using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Parts;
using Money = Fleet.Core.Checkouts.Money;

namespace Fleet.Server.Console.Payments;

/// <summary>What an operator records about a payment, and about a refund.</summary>
internal static class OutcomeRoutes
{
    private static readonly RequiredScopeAttribute Outcomes = new(Scopes.OutcomesWrite);

    public static void Map(ConsoleRoutes routes, string path)
    {
        routes.MapPage<OutcomePage, CheckoutView>(path + "/outcome", Read);
        routes.MapAction(path + "/outcome", Record);
        routes.MapAction(path + "/release", Release);
        routes.MapAction(path + "/refund-outcome", RecordRefund);
    }

    private static async Task<CheckoutView> Read(PageRequest page)
    {
        await page.Api.Admit(Outcomes);
        var timeline = await page.Api.Call(
            page.Api.Of<CheckoutsRpc>().Timeline, new TimelineRequest { CheckoutId = CheckoutRoutes.IdOf(page) });
        return new(timeline, null, null, ShowsDelivery: false, []);
    }

    private static async Task<string> Record(PageRequest page)
    {
        var checkout = await CheckoutRoutes.Find(page);
        await page.Api.Call(page.Api.Of<CheckoutsRpc>().RecordOutcome, new RecordOutcomeRequest
        {
            CheckoutId = checkout.CheckoutId,
            Outcome = page.Form("outcome") switch
            {
                "successful" => State.Successful,
                "failed" => State.Failed,
                "cancelled" => State.Cancelled,
                _ => State.Unspecified,
            },
            Tip = ReadTip(page.Form("tip"), checkout.TotalAmount),
            Reason = page.Form("reason"),
            Reference = page.Form("reference"),
        });
        return CheckoutRoutes.PageOf(page);
    }

    private static long ReadTip(string text, Protocol.V1.Money amount)
    {
        if (text.Length == 0) return 0;
        var money = new Money(amount.Currency, amount.MinorUnit, 1);
        return AmountText.Read(text) is { } major and <= Money.MaxValue && money.Minor(major) is { } tip
            ? tip
            : throw RpcErrors.InvalidField("tip", "must be an amount like 1.50");
    }

    private static async Task<string> Release(PageRequest page)
    {
        await page.Api.Call(page.Api.Of<CheckoutsRpc>().Release, new ReleaseRequest
        {
            CheckoutId = CheckoutRoutes.IdOf(page), Reason = page.Form("reason"),
        });
        return CheckoutRoutes.PageOf(page);
    }

    private static async Task<string> RecordRefund(PageRequest page)
    {
        await page.Api.Call(page.Api.Of<CheckoutsRpc>().RecordRefund, new RecordRefundRequest
        {
            CheckoutId = CheckoutRoutes.IdOf(page), Outcome = page.Form("outcome"), Reason = page.Form("reason"),
        });
        return CheckoutRoutes.PageOf(page);
    }
}

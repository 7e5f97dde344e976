using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Parts;

namespace Fleet.Server.Console.Access;

/// <summary>API keys: made, rotated and revoked.</summary>
internal static class KeyRoutes
{
    private const int PageSize = 100;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<KeysPage, KeysView>("keys", ReadList);
        routes.MapForm("keys", async page =>
            await Show(page, await page.Api.Call(page.Api.Of<KeysRpc>().Create, Ask(page))));
        routes.MapForm("keys/{key_id}/rotate", async page => await Show(page, await page.Api.Call(
            page.Api.Of<KeysRpc>().Rotate, new RotateKeyRequest { KeyId = page.Route("key_id") })));
        routes.MapAction("keys/{key_id}/revoke", async page =>
        {
            await page.Api.Call(page.Api.Of<KeysRpc>().Revoke, new RevokeKeyRequest { KeyId = page.Route("key_id") });
            return "keys";
        });
    }

    private static async Task<KeysView> ReadList(PageRequest page) => new(await page.Api.Call(
        page.Api.Of<KeysRpc>().List,
        new ListKeysRequest
        {
            MerchantCode = page.Query("merchant"), PageSize = PageSize, PageToken = page.Query("page_token"),
        }));

    private static CreateKeyRequest Ask(PageRequest page)
    {
        var ask = new CreateKeyRequest
        {
            Name = page.Form("name"), MerchantCode = page.Form("merchant_code"), Store = page.Form("store"),
        };
        ask.Scopes.AddRange(page.FormAll("scope"));
        return ask;
    }

    private static Task Show(PageRequest page, NewKey made) =>
        Answers.Page<SecretPage, SecretView>(page, new($"API key {made.About.Name}", made.Key, "keys"));
}

/// <summary>A page of the list.</summary>
public sealed record KeysView(ListKeysReply List);

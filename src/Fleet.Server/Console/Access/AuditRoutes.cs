using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;

namespace Fleet.Server.Console.Access;

/// <summary>Who did what.</summary>
internal static class AuditRoutes
{
    private const int PageSize = 100;

    public static void Map(ConsoleRoutes routes) =>
        routes.MapPage<AuditPage, AuditView>("audit", async page => new(await page.Api.Call(
            page.Api.Of<AuditRpc>().List,
            new ListAuditRequest
            {
                Action = page.Query("action"),
                KeyId = page.Query("key"),
                MerchantCode = page.Query("merchant"),
                PageSize = PageSize,
                PageToken = page.Query("page_token"),
            })));
}

/// <summary>A page of the list.</summary>
public sealed record AuditView(ListAuditReply List);

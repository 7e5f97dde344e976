using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Pages;

namespace Fleet.Server.Console;

/// <summary>The first page: all stores, those with trouble first.</summary>
internal static class FleetRoutes
{
    public static void Map(ConsoleRoutes routes)
    {
        routes.MapStream("", page => Answers.GoTo(page, HomeOf(page)));
        routes.MapPage<FleetPage, FleetView>("fleet", Read);
    }

    /// <summary>Where somebody begins: a key of one store sees its store.</summary>
    private static string HomeOf(PageRequest page) =>
        page.Viewer?.Grant is { MerchantCode: { } merchant, Store: { } store } ? $"m/{merchant}/stores/{store}" : "fleet";

    private static async Task<FleetView> Read(PageRequest page)
    {
        var status = await page.Api.Call(
            page.Api.Of<FleetStatusRpc>().Get, new FleetStatusRequest { ByStore = true });
        return new(status);
    }
}

/// <summary>What the page shows.</summary>
public sealed record FleetView(FleetStatusReply Status);

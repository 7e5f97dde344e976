using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Pages;

namespace Fleet.Server.Console;

/// <summary>The first page: all stores, those with trouble first.</summary>
internal static class FleetRoutes
{
    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<FleetPage, FleetView>("", Read);
        routes.MapPage<FleetPage, FleetView>("fleet", Read);
    }

    private static async Task<FleetView> Read(PageRequest page)
    {
        var status = await page.Api.Call(
            page.Api.Of<FleetStatusRpc>().Get, new FleetStatusRequest { ByStore = true });
        return new(status);
    }
}

/// <summary>What the page shows.</summary>
public sealed record FleetView(FleetStatusReply Status);

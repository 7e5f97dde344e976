using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;
using Fleet.Server.Console.Parts;
using Grpc.Core;

namespace Fleet.Server.Console.Stores;

/// <summary>The first page: all stores, those with trouble first. Never all readers.</summary>
internal static class FleetRoutes
{
    /// <summary>Open incidents that the page shows.</summary>
    private const int MaxIncidents = 5;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapStream("", page => Answers.GoTo(page, HomeOf(page)));
        routes.MapPage<FleetPage, FleetView>("fleet", Read);
        routes.MapPage<FleetPage, FleetView>("m/{merchant_code}", Read);
        routes.MapStream("fleet/live", Watch);
        routes.MapStream("m/{merchant_code}/live", Watch);
    }

    /// <summary>Where a person begins: a key of one store sees its store.</summary>
    private static string HomeOf(PageRequest page) =>
        page.Viewer?.Grant is { MerchantCode: { } merchant, Store: { } store }
            ? $"m/{merchant}/stores/{store}"
            : "fleet";

    private static async Task<FleetView> Read(PageRequest page)
    {
        var status = await page.Api.Call(
            page.Api.Of<FleetStatusRpc>().Get, new FleetStatusRequest { ByStore = true });
        var open = await page.Api.Call(page.Api.Of<IncidentsRpc>().List, new ListIncidentsRequest
        {
            State = "open", MerchantCode = page.MerchantCode ?? "", PageSize = MaxIncidents,
        });
        var payments = new Dictionary<string, string>();
        foreach (var one in open.Incidents)
            if (await FindPayment(page, one) is { } payment) payments[one.IncidentId] = payment;
        return new(status, open, payments, StoreList.Of(status, StoreFilter.Of(page)));
    }

    /// <summary>
    /// The amount and the reader of an incident's payment; null when it has none, when it is not there any more, or
    /// when the viewer may not see it.
    /// </summary>
    private static async Task<string?> FindPayment(PageRequest page, Incident incident)
    {
        if (incident.CheckoutId.Length == 0 || !page.Can(Scopes.CheckoutsRead)) return null;
        try
        {
            var checkout = await page.Api.Call(page.Api.Of<CheckoutsRpc>().Get,
                new GetRequest { CheckoutId = incident.CheckoutId }, incident.MerchantCode);
            var reader = page.Can(Scopes.ReadersRead) ? await FindReader(page, checkout) : null;
            return $"{Words.TextOf(checkout.TotalAmount)} on {reader ?? checkout.ReaderId}";
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The name of the reader of a checkout; null when it was unpaired.</summary>
    private static async Task<string?> FindReader(PageRequest page, Checkout checkout)
    {
        try
        {
            return (await page.Api.Call(page.Api.Of<ReadersRpc>().Get,
                new GetReaderRequest { ReaderId = checkout.ReaderId }, checkout.MerchantCode)).Name;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Streams the rows that the same page shows.</summary>
    private static async Task Watch(PageRequest page)
    {
        await page.Api.CheckRight<FleetStatusRequest, FleetStatusReply>(page.Api.Of<FleetStatusRpc>().Get);
        var (merchant, store, filter) = (page.MerchantCode, page.Viewer?.Grant.Store, StoreFilter.Of(page));
        await page.Get<Broadcasts>().Send(
            page, $"fleet {merchant} {store} {filter}", page.Get<FleetLive>().Of(merchant, store, filter));
    }
}

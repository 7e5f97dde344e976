using System.Runtime.CompilerServices;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;

namespace Fleet.Server.Console.Stores;

/// <summary>The first page: all stores, those with trouble first. Never all readers.</summary>
internal static class FleetRoutes
{
    /// <summary>How often the page is read again while it is watched.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

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
        return new(status, open, StoreList.Of(status, page.Query("q"), page.Query("show"), page.Query("page")));
    }

    /// <summary>Streams the rows that the same page shows.</summary>
    private static async Task Watch(PageRequest page)
    {
        await page.Api.Call(page.Api.Of<FleetStatusRpc>().Get, new FleetStatusRequest { ByStore = true });
        var (merchant, store) = (page.MerchantCode, page.Viewer?.Grant.Store);
        var (q, show, number) = (page.Query("q"), page.Query("show"), page.Query("page"));
        var (query, fragments, time) = (page.Get<FleetStatusQuery>(), page.Get<Fragments>(), page.Get<TimeProvider>());
        await page.Get<Broadcasts>().Send(page, $"fleet {merchant} {store} {page.Http.Request.QueryString}", Follow);

        async IAsyncEnumerable<LiveChange> Follow([EnumeratorCancellation] CancellationToken cancel)
        {
            var shown = new Dictionary<string, object>();
            while (true)
            {
                var status = await query.Read(merchant, store, new() { ByStore = true }, cancel);
                var list = StoreList.Of(status, q, show, number);
                var changed = PartsOf(list).Where(one => !one.Shows.Equals(shown.GetValueOrDefault(one.Part.Id)));
                yield return new(Whole: false, await fragments.Render(changed.Select(one => one.Part)));
                foreach (var (part, what) in PartsOf(list)) shown[part.Id] = what;
                await Task.Delay(Period, time, cancel);
            }
        }
    }

    /// <summary>The parts of the page that change, each with what it shows.</summary>
    private static IEnumerable<(FragmentOf Part, object Shows)> PartsOf(StoreList list) => list.Rows
        .Select(row => (new FragmentOf(
            row.Id, typeof(StoreRowPart), new() { [nameof(StoreRowPart.Row)] = row }), (object)row))
        .Prepend((new(FleetCounts.Id, typeof(FleetCounts), new() { [nameof(FleetCounts.Of)] = list.Counts }),
            list.Counts));
}

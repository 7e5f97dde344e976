using Fleet.Core.Access;
using Fleet.Core.Cloud;
using Fleet.Protocol.V1;
using Fleet.Server.Api;
using Fleet.Server.Api.Rpc;

namespace Fleet.Server.Console.History;

/// <summary>The list of a merchant's payments and refunds, as the route of REST reads them.</summary>
internal static class HistoryRoutes
{
    private const int PageSize = 50;

    /// <summary>Lines of totals above the list.</summary>
    private const int MaxTotals = 500;

    /// <summary>What the history requires of a key, also over REST.</summary>
    public static readonly RequiredScopeAttribute History = new(Scopes.TransactionsRead) { WholeMerchant = true };

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<HistoryPage, HistoryPageView>("m/{merchant_code}/transactions", Read);
        routes.MapStream("m/{merchant_code}/transactions.csv", HistoryFile.Write);
    }

    /// <summary>The filters of the page, or of the file.</summary>
    public static HistoryFilters FiltersOf(PageRequest page, int limit) => HistoryFilters.Read(
        page, DateOnly.FromDateTime(page.Get<TimeProvider>().GetUtcNow().UtcDateTime), limit);

    private static async Task<HistoryPageView> Read(PageRequest page)
    {
        var scope = await page.Api.Admit(History);
        var filters = FiltersOf(page, PageSize);
        var found = await page.Get<PaymentScan>().Find(scope.Code, filters.Query, filters.Fits, page.Aborted);
        var (period, _) = await ReadTotals(page, filters, whole: true);
        var (days, more) = await ReadTotals(page, filters, whole: false);
        return new(
            $"{new CloudDay(filters.From)}", $"{new CloudDay(filters.To)}",
            [.. found.Entries.Select(PaymentRow.FromEntry)], $"{found.Next}", found.Read,
            Cut: found.Next is not null && found.Entries.Count < PageSize, period, days, more);
    }

    private static async Task<(IReadOnlyList<TotalRow> Rows, bool More)> ReadTotals(
        PageRequest page, HistoryFilters filters, bool whole)
    {
        var reply = await page.Api.Call(page.Api.Of<TotalsRpc>().List, new ListTotalsRequest
        {
            From = $"{new CloudDay(filters.From)}",
            To = $"{new CloudDay(filters.To)}",
            Store = filters.Store,
            WholePeriod = whole,
            ByStore = !whole,
            PageSize = MaxTotals,
        });
        return (TotalRow.ListRows(reply.Rows), reply.NextPageToken.Length > 0);
    }
}

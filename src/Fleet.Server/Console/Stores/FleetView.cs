using System.Globalization;
using Fleet.Protocol.V1;

namespace Fleet.Server.Console.Stores;

/// <summary>What the first page shows.</summary>
/// <param name="Status">The counts.</param>
/// <param name="Incidents">The newest open ones.</param>
/// <param name="Payments">What incidents are about, by incident, for example <c>15.00 EUR on Lane 3</c>.</param>
/// <param name="Stores">The stores on this page of the list.</param>
public sealed record FleetView(
    FleetStatusReply Status, ListIncidentsReply Incidents, IReadOnlyDictionary<string, string> Payments,
    StoreList Stores);

/// <summary>The stores, those with trouble first.</summary>
/// <param name="Counts">Of all stores.</param>
/// <param name="Rows">Those of this page.</param>
/// <param name="Page">Its number, from 1.</param>
/// <param name="Pages">How many pages there are.</param>
public sealed record StoreList(StoreSums Counts, IReadOnlyList<StoreLine> Rows, int Page, int Pages)
{
    private const int PageSize = 100;

    /// <summary>The list.</summary>
    /// <param name="status">The counts, by store.</param>
    /// <param name="filter">What of them is shown.</param>
    internal static StoreList Of(FleetStatusReply status, StoreFilter filter)
    {
        var (search, show, page) = filter;
        var problems = status.Problems.ToLookup(problem => (problem.MerchantCode, problem.Store));
        var all = status.Rows
            .Where(row => search.Length == 0 || row.Store.Contains(search, StringComparison.OrdinalIgnoreCase)
                || row.MerchantCode.Contains(search, StringComparison.OrdinalIgnoreCase))
            .Select(row => StoreLine.Of(row, problems[(row.MerchantCode, row.Store)]))
            .Where(line => show != "trouble" || line.Rank > 0)
            .OrderByDescending(line => line.Rank)
            .ThenBy(line => line.MerchantCode, StringComparer.Ordinal)
            .ThenBy(line => line.Store, StringComparer.Ordinal)
            .ToList();
        var pages = Math.Max(1, (all.Count + PageSize - 1) / PageSize);
        var number = int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            ? Math.Clamp(asked, 1, pages) : 1;
        return new(StoreSums.Of(status), [.. all.Skip((number - 1) * PageSize).Take(PageSize)], number, pages);
    }
}

/// <summary>What of the list a page shows.</summary>
/// <param name="Search">Only stores with this text in their name or merchant.</param>
/// <param name="Show"><c>trouble</c> for those with trouble only.</param>
/// <param name="Page">The number of the page; what is no number is the first.</param>
internal sealed record StoreFilter(string Search, string Show, string Page)
{
    public static StoreFilter Of(PageRequest page) => new(page.Query("q"), page.Query("show"), page.Query("page"));
}

/// <summary>The numbers at the top of the page.</summary>
public sealed record StoreSums(
    int Stores, int Failed, int Total, int Free, int Busy, int Offline, int Unpaired, int Silent, int Unknown,
    int Waiting)
{
    public static StoreSums Of(FleetStatusReply status) => new(status.Stores, status.Failed, status.Readers.Total,
        status.Readers.Free, status.Readers.Busy, status.Readers.Offline, status.Readers.Unpaired,
        status.Readers.Silent, status.Readers.Unknown, status.Readers.Waiting);
}

/// <summary>One store of the list.</summary>
/// <param name="MerchantCode">Its merchant.</param>
/// <param name="Store">Its id.</param>
/// <param name="Total">Its readers.</param>
/// <param name="Free">Those that can take a payment.</param>
/// <param name="Busy">Those that have one.</param>
/// <param name="Dark">Those that cannot: offline, not paired or silent.</param>
/// <param name="Waiting">Tills that wait for a reader.</param>
/// <param name="Trouble">What is wrong, in words; empty when nothing is.</param>
/// <param name="Rank">How bad it is; 0 for a store without trouble.</param>
public sealed record StoreLine(
    string MerchantCode, string Store, int Total, int Free, int Busy, int Dark, int Waiting, string Trouble, int Rank)
{
    /// <summary>More than any number of problems: a store that did not answer comes first.</summary>
    private const int NoAnswer = 1_000_000, NoReaderLeft = 10_000;

    /// <summary>The id of its row.</summary>
    public string Id => $"store-{MerchantCode}-{Store}";

    /// <summary>Rows are in this order, and then in that of their ids.</summary>
    public string Order => $"{NoAnswer - Rank:D7}";

    public static StoreLine Of(StoreRow row, IEnumerable<ReaderProblem> problems)
    {
        var counts = row.Readers ?? new();
        var dark = counts.Offline + counts.Unpaired + counts.Silent;
        if (row.Error.Length > 0)
            return new(row.MerchantCode, row.Store, 0, 0, 0, 0, 0, $"The store {row.Error}.", NoAnswer);
        var words = problems.CountBy(problem => TextOf(problem.Problem)).OrderByDescending(one => one.Value)
            .Select(one => $"{one.Value} {one.Key}").ToList();
        if (counts.Silent > 0) words.Add($"{counts.Silent} not heard from");
        if (counts.Unknown > 0) words.Add($"{counts.Unknown} not seen by SumUp for a minute");
        var rank = words.Count == 0 ? 0 : 1 + dark + counts.Unknown + (dark == counts.Total ? NoReaderLeft : 0);
        return new(row.MerchantCode, row.Store, counts.Total, counts.Free, counts.Busy, dark, counts.Waiting,
            string.Join(", ", words), rank);
    }

    private static string TextOf(string problem) => problem switch
    {
        "offline" => "offline",
        "checkout_open_long" => "with a payment open for long",
        "pairing_expired" => "whose pairing was not confirmed",
        "pairing_replaced" => "replaced by another reader with its device",
        "battery_low" => "with a low battery",
        "phantom_accept" => "without the result of a payment that SumUp took",
        "stuck" => "that SumUp calls busy again and again",
        "refused_key" => "that SumUp refuses the merchant's key for",
        "removed" => "that SumUp does not know any more",
        "unreachable" => "that SumUp was not reached for",
        var other => other.Replace('_', ' '),
    };
}

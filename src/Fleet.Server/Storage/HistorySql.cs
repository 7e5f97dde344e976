using Fleet.Core;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Storage;

/// <summary>
/// The query for a page of history. With any filters, a page is a range of an index: each filter has a closed list of
/// words, each combination of words is a range of its own, and sorted ranges are merged.
/// </summary>
internal static class HistorySql
{
    private const string Range = "merchant_code = @merchant AND ref > @after AND ref < @until";

    /// <summary>
    /// Entries since a time are a range of the key. Older entries that were refunded since then have an index of their
    /// own, and are collected first: a search in the order of the page would read all entries that were not refunded.
    /// </summary>
    private const string Refunded = $"""
        WITH refunded AS MATERIALIZED (
            SELECT * FROM history WHERE {Range} AND ref < @changed_ref AND changed_at >= @changed_at
        )

        """;

    /// <summary>All kinds of entries: a refund has the status and the card of its payment.</summary>
    private static readonly Entry[] Entries =
    [
        .. new (HistoryKind Kind, TransactionStatus Status)[]
        {
            (HistoryKind.Payment, TransactionStatus.Successful), (HistoryKind.Payment, TransactionStatus.Failed),
            (HistoryKind.Payment, TransactionStatus.Cancelled), (HistoryKind.Payment, TransactionStatus.Refunded),
            (HistoryKind.Refund, TransactionStatus.Refunded),
        }.SelectMany(one => EntryModes, (one, mode) => new Entry(one.Kind, one.Status, mode)),
    ];

    private static IEnumerable<EntryMode?> EntryModes => [null, .. Enum.GetValues<EntryMode>().Cast<EntryMode?>()];

    /// <summary>The SQL of the query.</summary>
    public static string BuildSql(HistoryQuery query)
    {
        var order = query.Descending ? "DESC" : "ASC";
        var ranges = query switch
        {
            // An index finds the entries of a transaction, or of a till: the filters are applied to those.
            _ when HasIndex(query) =>
                [$"history WHERE {Range}{BuildNames(query)}{BuildFilters(query)}{BuildChanged(query)}"],
            { ChangedSince: null } => BuildRanges(query, Range),
            _ => BuildRanges(query, $"{Range} AND ref > @changed_ref")
                .Append($"refunded WHERE 1 = 1{BuildFilters(query)}"),
        };
        var pages = ranges.Select(range =>
            $"SELECT * FROM (SELECT ref, kind, checkout_id FROM {range} ORDER BY ref {order} LIMIT @limit) AS one");
        return $"""
            {(query.ChangedSince is not null && !HasIndex(query) ? Refunded : "")}SELECT h.ref, h.kind, c.body
            FROM (SELECT * FROM (
            {string.Join("\nUNION ALL ", pages)}
            ) AS pages ORDER BY ref {order} LIMIT @limit) AS h
            JOIN checkout c ON c.checkout_id = h.checkout_id ORDER BY h.ref {order}
            """;
    }

    /// <summary>The values of its parameters.</summary>
    public static IEnumerable<(string Name, object Value)> BuildParameters(string merchantCode, HistoryQuery query)
    {
        yield return ("merchant", merchantCode);
        yield return ("after", query.After);
        yield return ("until", query.Until);
        yield return ("limit", query.Limit);
        if (query.Code is { } code) yield return ("code", code);
        if (query.Till is { } till) yield return ("till", till);
        if (query.ChangedSince is not { } since) yield break;
        yield return ("changed_ref", HistoryKey.BeforeTime(since));
        yield return ("changed_at", since);
    }

    /// <summary>
    /// One range when nothing is filtered, or one range of the index for each kind that the filters admit.
    /// </summary>
    private static IEnumerable<string> BuildRanges(HistoryQuery query, string range)
    {
        var wanted = Entries.Where(one => one.PassesFilters(query)).ToList();
        if (wanted.Count == Entries.Length) return [$"history WHERE {range}"];
        return wanted.Select(one => $"history WHERE {range}{one.Sql}").DefaultIfEmpty("history WHERE 1 = 0");
    }

    private static bool HasIndex(HistoryQuery query) => query.Code is not null || query.Till is not null;

    private static string BuildNames(HistoryQuery query) =>
        (query.Code is null ? "" : " AND code = @code") + (query.Till is null ? "" : " AND till = @till");

    private static string BuildChanged(HistoryQuery query) =>
        query.ChangedSince is null ? "" : " AND (ref > @changed_ref OR changed_at >= @changed_at)";

    private static string BuildFilters(HistoryQuery query) =>
        OneOf("kind", query.Kinds) + OneOf("status", query.Statuses) + OneOf("entry_mode", query.EntryModes);

    private static string OneOf<T>(string column, IReadOnlyCollection<T> words) where T : struct, Enum =>
        words.Count == 0 ? "" : $" AND {column} IN ({string.Join(", ", words.Distinct().Select(QuoteWord))})";

    private static string QuoteWord<T>(T word) where T : struct, Enum => $"'{word.ToWireName()}'";

    private sealed record Entry(HistoryKind Kind, TransactionStatus Status, EntryMode? Mode)
    {
        /// <summary>
        /// Entries without a mode are compared with a value as well: after IS NULL, PostgreSQL would sort what is
        /// already sorted.
        /// </summary>
        public string Sql { get; } = $" AND kind = {QuoteWord(Kind)} AND status = {QuoteWord(Status)}"
            + $" AND coalesce(entry_mode, '') = {(Mode is { } mode ? QuoteWord(mode) : "''")}";

        public bool PassesFilters(HistoryQuery query) =>
            (query.Kinds.Count == 0 || query.Kinds.Contains(Kind))
            && (query.Statuses.Count == 0 || query.Statuses.Contains(Status))
            && (query.EntryModes.Count == 0 || (Mode is { } mode && query.EntryModes.Contains(mode)));
    }
}

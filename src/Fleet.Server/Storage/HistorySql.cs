using Fleet.Core;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Storage;

/// <summary>
/// The query of a page of history. Whatever its number and its filters, a page is a range of an index: the filters'
/// words are of closed lists, each combination of them is a range of its own, and ranges that are in order are merged.
/// </summary>
internal static class HistorySql
{
    private const string Range = "merchant_code = @merchant AND ref > @after AND ref < @until";

    /// <summary>
    /// What is new since a time is a range of the key. What is older and was refunded since has an index of its own,
    /// and is collected first: in the order of the page it would be looked for among everything that was not.
    /// </summary>
    private const string Refunded = $"""
        WITH refunded AS MATERIALIZED (
            SELECT * FROM history WHERE {Range} AND ref < @changed_ref AND changed_at >= @changed_at
        )

        """;

    /// <summary>Each kind of entry there can be: a refund has the status and the card of what it is of.</summary>
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

    /// <summary>The statement.</summary>
    public static string BuildSql(HistoryQuery query)
    {
        var order = query.Descending ? "DESC" : "ASC";
        var ranges = query switch
        {
            // A transaction has few entries, and its code an index: the filters look at those.
            { Code: not null } => [$"history WHERE {Range} AND code = @code{BuildFilters(query)}{BuildChanged(query)}"],
            { ChangedSince: null } => BuildRanges(query, Range),
            _ => BuildRanges(query, $"{Range} AND ref > @changed_ref")
                .Append($"refunded WHERE 1 = 1{BuildFilters(query)}"),
        };
        var pages = ranges.Select(range =>
            $"SELECT * FROM (SELECT ref, kind, checkout_id FROM {range} ORDER BY ref {order} LIMIT @limit) AS one");
        return $"""
            {(query is { Code: null, ChangedSince: not null } ? Refunded : "")}SELECT h.ref, h.kind, c.body
            FROM (SELECT * FROM (
            {string.Join("\nUNION ALL ", pages)}
            ) AS pages ORDER BY ref {order} LIMIT @limit) AS h
            JOIN checkout c ON c.checkout_id = h.checkout_id ORDER BY h.ref {order}
            """;
    }

    /// <summary>What its parameters stand for.</summary>
    public static IEnumerable<(string Name, object Value)> BuildParameters(string merchantCode, HistoryQuery query)
    {
        yield return ("merchant", merchantCode);
        yield return ("after", query.After);
        yield return ("until", query.Until);
        yield return ("limit", query.Limit);
        if (query.Code is { } code) yield return ("code", code);
        if (query.ChangedSince is not { } since) yield break;
        yield return ("changed_ref", HistoryKey.BeforeTime(since));
        yield return ("changed_at", since);
    }

    /// <summary>All of the range where nothing is filtered, or one of the index for each kind that passes.</summary>
    private static IEnumerable<string> BuildRanges(HistoryQuery query, string range)
    {
        var wanted = Entries.Where(one => one.PassesFilters(query)).ToList();
        if (wanted.Count == Entries.Length) return [$"history WHERE {range}"];
        return wanted.Select(one => $"history WHERE {range}{one.Sql}").DefaultIfEmpty("history WHERE 1 = 0");
    }

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
        /// An entry without a mode is compared as well: behind IS NULL PostgreSQL would sort what is in order.
        /// </summary>
        public string Sql { get; } = $" AND kind = {QuoteWord(Kind)} AND status = {QuoteWord(Status)}"
            + $" AND coalesce(entry_mode, '') = {(Mode is { } mode ? QuoteWord(mode) : "''")}";

        public bool PassesFilters(HistoryQuery query) =>
            (query.Kinds.Count == 0 || query.Kinds.Contains(Kind))
            && (query.Statuses.Count == 0 || query.Statuses.Contains(Status))
            && (query.EntryModes.Count == 0 || (Mode is { } mode && query.EntryModes.Contains(mode)));
    }
}

using Fleet.Core.Transactions;
using Fleet.Server.Transactions;

namespace Fleet.Server.Storage;

/// <summary>
/// The query of a page of history. A page is a range of the key, whatever its number, and its filters are words of
/// closed lists, written out so that an index of a part of the table can be used.
/// </summary>
internal static class HistorySql
{
    private const string Refunded = """
        WITH refunded AS MATERIALIZED (
            SELECT * FROM history WHERE merchant_code = @merchant AND changed_at >= @changed_at
        )

        """;

    /// <summary>The statement.</summary>
    public static string Of(HistoryQuery query)
    {
        var order = query.Descending ? "DESC" : "ASC";
        var range = $"ref > @after AND ref < @until{Filters(query)}";
        var (before, page) = query.ChangedSince is null
            ? ("", Page($"history WHERE merchant_code = @merchant AND {range}", order))
            : (Refunded, Changed(range, order));
        return $"""
            {before}SELECT h.ref, h.kind, c.body FROM ({page}) AS h JOIN checkout c ON c.checkout_id = h.checkout_id
            ORDER BY h.ref {order}
            """;
    }

    /// <summary>
    /// What is new since a time is a range of the key. What is older and was refunded since has an index of its own,
    /// and is collected first: in the order of the page it would be looked for among everything that was not.
    /// </summary>
    private static string Changed(string range, string order) => $"""
        SELECT * FROM ({Page($"history WHERE merchant_code = @merchant AND ref > @changed_ref AND {range}", order)}) new
        UNION ALL
        SELECT * FROM ({Page($"refunded WHERE ref < @changed_ref AND {range}", order)}) old
        ORDER BY ref {order} LIMIT @limit
        """;

    /// <summary>What its parameters stand for.</summary>
    public static IEnumerable<(string Name, object Value)> Parameters(string merchantCode, HistoryQuery query)
    {
        yield return ("merchant", merchantCode);
        yield return ("after", query.After);
        yield return ("until", query.Until);
        yield return ("limit", query.Limit);
        if (query.Code is { } code) yield return ("code", code);
        if (query.ChangedSince is not { } since) yield break;
        yield return ("changed_ref", HistoryRef.Before(since));
        yield return ("changed_at", since);
    }

    private static string Page(string fromWhere, string order) =>
        $"SELECT ref, kind, checkout_id FROM {fromWhere} ORDER BY ref {order} LIMIT @limit";

    private static string Filters(HistoryQuery query) =>
        OneOf("kind", query.Kinds) + OneOf("status", query.Statuses) + OneOf("entry_mode", query.EntryModes)
        + (query.Code is null ? "" : " AND code = @code");

    /// <summary>One word is compared, not looked up: so the index of the refunded ones is seen to fit.</summary>
    private static string OneOf<T>(string column, IReadOnlyCollection<T> words) where T : struct, Enum
    {
        var quoted = words.Distinct().Select(word => $"'{word.Word()}'").ToList();
        return quoted switch
        {
            [] => "",
            [var one] => $" AND {column} = {one}",
            _ => $" AND {column} IN ({string.Join(", ", quoted)})",
        };
    }
}

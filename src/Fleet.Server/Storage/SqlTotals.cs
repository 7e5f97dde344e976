using System.Data.Common;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Storage;

/// <summary>The totals, in SQL that both databases understand.</summary>
internal sealed class SqlTotals(Database database) : ITotals
{
    private const string Sums =
        "CAST(sum(count) AS bigint) AS count, CAST(sum(amount) AS bigint) AS amount, CAST(sum(tips) AS bigint) AS tips";

    /// <summary>
    /// The ledger, the totals and the number of the last comparison in one statement, which sees one moment. Each row
    /// of the history is read once and kept only as a part of a sum.
    /// </summary>
    private const string BothSides = $"""
        SELECT 1 AS part, CAST(h.ref AS text) AS a, h.kind AS b, c.body AS c, 0 AS count, 0 AS amount, 0 AS tips
        FROM history h JOIN checkout c ON c.checkout_id = h.checkout_id
        WHERE h.merchant_code = @merchant AND h.ref > @after AND h.ref < @until
        UNION ALL
        SELECT 2, t.store, t.currency, t.kind, t.count, t.amount, t.tips
        FROM (SELECT store, currency, kind, {Sums} FROM total
              WHERE merchant_code = @merchant AND day = @day GROUP BY store, currency, kind) AS t
        UNION ALL
        SELECT 3, '', '', '', seq, 0, 0 FROM total_comparison WHERE merchant_code = @merchant
        UNION ALL
        SELECT 4, store, currency, kind, count, amount, tips FROM removed_total
        WHERE merchant_code = @merchant AND day = @day
        """;

    private const string NoteComparison = """
        INSERT INTO total_comparison AS t (merchant_code, seq, at) VALUES (@merchant, @next, @at)
        ON CONFLICT (merchant_code) DO UPDATE SET seq = excluded.seq, at = excluded.at WHERE t.seq = @seen
        """;

    private const string Correct = """
        INSERT INTO total AS t (merchant_code, day, store, currency, kind, slot, count, amount, tips)
        VALUES (@merchant, @day, @store, @currency, @kind, 0, @count, @amount, @tips)
        ON CONFLICT (merchant_code, day, store, currency, kind, slot) DO UPDATE
            SET count = t.count + excluded.count, amount = t.amount + excluded.amount, tips = t.tips + excluded.tips
        """;

    private const string Earlier =
        "SELECT ref FROM history WHERE merchant_code = @merchant AND ref < @until ORDER BY ref DESC LIMIT 1";

    public Task<IReadOnlyList<TotalLine>> ListTotals(
        string merchantCode, TotalsQuery query, CancellationToken cancel) => database.ReadRows(
        BuildList(query),
        row => new TotalLine(
            row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), ReadSum(row, 4)),
        cancel,
        [
            ("merchant", merchantCode), ("from", DayOf(query.From)), ("to", DayOf(query.To)), ("limit", query.Limit),
            .. query.Store is { } store ? [("store", store)] : Array.Empty<(string, object?)>(),
            .. query.After is { } last
                ? [("a", last.Day), ("b", last.Store), ("c", last.Currency), ("d", last.Kind)]
                : Array.Empty<(string, object?)>(),
        ]);

    public async Task<DateTimeOffset?> FindCompared(string merchantCode, CancellationToken cancel)
    {
        var found = await database.ReadRows("SELECT at FROM total_comparison WHERE merchant_code = @merchant",
            row => database.ReadTime(row, 0), cancel, ("merchant", merchantCode));
        return found.Count > 0 ? found[0] : null;
    }

    public async Task<DayTotals> CompareDay(string merchantCode, DateOnly day, CancellationToken cancel)
    {
        var (stored, ledger, seen) =
            (new Dictionary<TotalKey, TotalSum>(), new Dictionary<TotalKey, TotalSum>(), 0L);
        var begins = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        await database.ReadRows(BothSides, AddRow, cancel,
            ("merchant", merchantCode), ("day", DayOf(day)), ("after", HistoryKey.BeforeTime(begins)),
            ("until", HistoryKey.BeforeTime(begins.AddDays(1))));
        return new(stored, ledger, seen);

        bool AddRow(DbDataReader row)
        {
            switch (row.GetInt32(0))
            {
                case 1:
                    foreach (var (key, sum) in Count(row).Select(one => (one.Key with { Day = day }, one.Sum)))
                        ledger[key] = ledger.GetValueOrDefault(key) + sum;
                    break;
                case 2:
                    stored[KeyOf(row)] = ReadSum(row, 4);
                    break;
                case 4: // what was removed counts like what is there
                    ledger[KeyOf(row)] = ledger.GetValueOrDefault(KeyOf(row)) + ReadSum(row, 4);
                    break;
                default:
                    seen = row.GetInt64(4);
                    break;
            }
            return true;
        }

        TotalKey KeyOf(DbDataReader row) =>
            new(merchantCode, day, row.GetString(1), row.GetString(2), KindOf(row.GetString(3)));
    }

    public Task<bool> CorrectDay(
        string merchantCode, long seen, IReadOnlyDictionary<TotalKey, TotalSum> missing, DateTimeOffset now) =>
        database.ChangeRows(
        [
            new(NoteComparison, ("merchant", merchantCode), ("next", seen + 1), ("seen", seen), ("at", now)),
            // in the order in which the ledger's writers lock rows
            .. missing.OrderBy(one => $"{one.Key.Store} {one.Key.Currency} {one.Key.Kind.ToWireName()}",
                StringComparer.Ordinal).Select(one => new Statement(
                Correct, ("merchant", merchantCode), ("day", DayOf(one.Key.Day)), ("store", one.Key.Store),
                ("currency", one.Key.Currency), ("kind", one.Key.Kind.ToWireName()), ("count", one.Value.Count),
                ("amount", one.Value.Amount), ("tips", one.Value.Tips))),
        ]);

    public async Task<DateOnly?> FindEarlierDay(string merchantCode, DateOnly day, CancellationToken cancel)
    {
        var begins = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        var found = await database.ReadRows(Earlier, row => HistoryKey.TimeOf(database.ReadId(row, 0)), cancel,
            ("merchant", merchantCode), ("until", HistoryKey.BeforeTime(begins)));
        return found.Count > 0 ? DateOnly.FromDateTime(found[0].UtcDateTime) : null;
    }

    /// <summary>A day as the databases keep it.</summary>
    public static string DayOf(DateOnly day) => new CloudDay(day).ToString();

    private static string BuildList(TotalsQuery query) => $"""
        SELECT * FROM (
            SELECT {(query.ByDay ? "day" : "''")} AS day, {(query.ByStore ? "store" : "''")} AS store, currency, kind,
                {Sums}
            FROM total
            WHERE merchant_code = @merchant AND day >= @from AND day <= @to
                {(query.Store is null ? "" : "AND store = @store")}
            GROUP BY {(query.ByDay ? "day, " : "")}{(query.ByStore ? "store, " : "")}currency, kind
        ) AS g
        WHERE (g.count <> 0 OR g.amount <> 0 OR g.tips <> 0)
            {(query.After is null ? "" : "AND (g.day, g.store, g.currency, g.kind) > (@a, @b, @c, @d)")}
        ORDER BY g.day, g.store, g.currency, g.kind LIMIT @limit
        """;

    private static IEnumerable<(TotalKey Key, TotalSum Sum)> Count(DbDataReader row)
    {
        var entry = new HistoryEntry(Guid.Parse(row.GetString(1)),
            SnakeCase.FindMember<HistoryKind>(row.GetString(2)) ?? HistoryKind.Payment,
            StorageJson.CheckoutOf(row.GetString(3)));
        return entry.Refund is { } refund
            ? [Totals.CountRefund(entry.Checkout, refund)]
            : Totals.CountPayment(entry.Checkout);
    }

    private static TotalSum ReadSum(DbDataReader row, int column) =>
        new(row.GetInt64(column), row.GetInt64(column + 1), row.GetInt64(column + 2));

    private static TotalKind KindOf(string word) => SnakeCase.FindMember<TotalKind>(word)
        ?? throw new InvalidDataException("A total of an unknown kind.");
}

using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Retention;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Retention;

namespace Fleet.Server.Storage;

/// <summary>
/// Old checkouts by the days of their outcomes, each with its part of the ledger and of the history, in SQL that both
/// databases understand. What they counted in the totals is added to the totals of removed ones.
/// </summary>
internal sealed class SqlOldCheckouts(Database database) : IOldRows
{
    /// <summary>Checkouts of one read.</summary>
    private const int PageSize = 100;

    private const string NextMerchant = "SELECT min(merchant_code) FROM history WHERE merchant_code > @last";

    private const string First = """
        SELECT ref FROM history WHERE merchant_code = @merchant AND kind = 'payment' AND ref > @after AND ref < @end
        ORDER BY ref LIMIT 1
        """;

    /// <summary>
    /// Without the checkouts of a reader's newest event and of its newest acceptance, from which its state is rebuilt.
    /// </summary>
    private const string Page = """
        SELECT h.ref, c.checkout_id, c.reader_id, c.first_ver, c.last_ver, c.body
        FROM history h JOIN checkout c ON c.checkout_id = h.checkout_id
        WHERE h.merchant_code = @merchant AND h.kind = 'payment' AND h.ref > @after AND h.ref < @end
            AND c.checkout_id <> (
                SELECT l.checkout_id FROM ledger l WHERE l.reader_id = c.reader_id ORDER BY l.ver DESC LIMIT 1)
            AND c.checkout_id <> (
                SELECT l.checkout_id FROM ledger l WHERE l.reader_id = c.reader_id AND l.kind = 'accepted'
                ORDER BY l.ver DESC LIMIT 1)
        ORDER BY h.ref LIMIT @limit
        """;

    private const string EventsOf = """
        SELECT l.checkout_id, l.ver, l.kind, l.at, l.node, l.reason, l.claim
        FROM checkout c JOIN ledger l
            ON l.reader_id = c.reader_id AND l.ver >= c.first_ver AND l.ver <= c.last_ver
                AND l.checkout_id = c.checkout_id
        """;

    private const string AddTotal = """
        INSERT INTO removed_total AS t (merchant_code, day, store, currency, kind, count, amount, tips)
        VALUES (@merchant, @day, @store, @currency, @kind, @count, @amount, @tips)
        ON CONFLICT (merchant_code, day, store, currency, kind) DO UPDATE
            SET count = t.count + excluded.count, amount = t.amount + excluded.amount, tips = t.tips + excluded.tips
        """;

    public RetentionKind Kind => RetentionKind.Checkouts;

    public async Task<DateOnly?> FindDay(DateOnly from, DateOnly end, CancellationToken cancel)
    {
        DateOnly? first = null;
        await foreach (var merchant in ListMerchants(cancel))
        {
            var found = await database.ReadRows(First, row => HistoryKey.TimeOf(database.ReadId(row, 0)), cancel,
                ("merchant", merchant), ("after", PlaceOf(from)), ("end", PlaceOf(end)));
            if (found.Count > 0 && DateOnly.FromDateTime(found[0].UtcDateTime) is var day && !(day >= first))
                first = day;
        }
        return first;
    }

    public async IAsyncEnumerable<string> ReadLines(
        DateOnly day, DateOnly end, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var merchant in ListMerchants(cancel))
        {
            for (Guid? after = PlaceOf(day); after is { } place;)
            {
                var page = await database.ReadRows(Page, ReadRow, cancel, ("merchant", merchant),
                    ("after", place), ("end", PlaceOf(day.AddDays(1))), ("limit", PageSize));
                var old = page.Where(row => !RetentionRules.MustStay(StorageJson.CheckoutOf(row.Body), TimeOf(end)))
                    .ToList();
                var events = await ReadEvents(old, cancel);
                foreach (var row in old) yield return LineOf(row, events[row.Id]);
                after = page.Count == PageSize ? page[^1].Ref : null;
            }
        }
    }

    /// <summary>All of them at once. If one was changed since, one after the other, without that one.</summary>
    public async Task<int> RemoveRows(IReadOnlyList<string> lines, CancellationToken cancel)
    {
        if (await Remove(lines)) return lines.Count;
        var removed = 0;
        foreach (var line in lines)
        {
            cancel.ThrowIfCancellationRequested();
            if (await Remove([line])) removed++;
        }
        return removed;
    }

    private Task<bool> Remove(IReadOnlyList<string> lines)
    {
        var rows = lines.Select(RowOf).OrderBy(row => row.Id).ToList();
        return database.ChangeRows(
        [
            // in the order in which the ledger's writers lock rows
            .. rows.Select(DeleteCheckout), .. rows.Select(DeleteEvents), .. rows.Select(DeleteHistory),
            .. rows.Select(row => StorageJson.CheckoutOf(row.Body)).SelectMany(CountsOf)
                .GroupBy(one => one.Key, one => one.Sum)
                .OrderBy(one => $"{one.Key}", StringComparer.Ordinal)
                .Select(one => AddOf(one.Key, one.Aggregate((sum, next) => sum + next))),
        ]);
    }

    /// <summary>Changes nothing when an event since has raised the version.</summary>
    private static Statement DeleteCheckout(OldCheckout row) => new(
        "DELETE FROM checkout WHERE checkout_id = @id AND last_ver = @last", ("id", row.Id), ("last", row.Last));

    private static Statement DeleteEvents(OldCheckout row) => new(
        "DELETE FROM ledger WHERE reader_id = @reader AND ver >= @first AND ver <= @last AND checkout_id = @id",
        ("reader", row.ReaderId), ("first", row.First), ("last", row.Last), ("id", row.Id));

    private static Statement DeleteHistory(OldCheckout row) => new(
        "DELETE FROM history WHERE merchant_code = @merchant AND code = @code AND checkout_id = @id",
        ("merchant", row.Checkout.MerchantCode), ("code", row.Checkout.TransactionCode()), ("id", row.Id));

    private static IEnumerable<(TotalKey Key, TotalSum Sum)> CountsOf(Checkout checkout) =>
    [
        .. Totals.CountPayment(checkout),
        .. checkout.Refunds.Select(refund => Totals.CountRefund(checkout, refund)),
    ];

    private static Statement AddOf(TotalKey key, TotalSum sum) => new(AddTotal,
        ("merchant", key.MerchantCode), ("day", SqlTotals.DayOf(key.Day)), ("store", key.Store),
        ("currency", key.Currency), ("kind", key.Kind.ToWireName()), ("count", sum.Count), ("amount", sum.Amount),
        ("tips", sum.Tips));

    private async IAsyncEnumerable<string> ListMerchants([EnumeratorCancellation] CancellationToken cancel)
    {
        for (var last = ""; ;)
        {
            if ((await database.ReadRows(NextMerchant, row => row.ReadText(0), cancel, ("last", last)))[0]
                is not { } next) yield break;
            yield return last = next;
        }
    }

    private async Task<ILookup<Guid, JsonNode>> ReadEvents(IReadOnlyList<OldCheckout> rows, CancellationToken cancel)
    {
        if (rows.Count == 0) return Array.Empty<JsonNode>().ToLookup(_ => Guid.Empty);
        var ids = string.Join(", ", rows.Select((_, i) => $"@i{i}"));
        var events = await database.ReadRows($"{EventsOf} WHERE c.checkout_id IN ({ids}) ORDER BY l.ver",
            row => (Id: database.ReadId(row, 0), Event: (JsonNode)EventOf(row)), cancel,
            [.. rows.Select((row, i) => ($"i{i}", (object?)row.Id))]);
        return events.ToLookup(one => one.Id, one => one.Event);
    }

    private JsonObject EventOf(DbDataReader row)
    {
        var happened = new JsonObject
        {
            ["version"] = row.GetInt64(1), ["kind"] = row.GetString(2),
            ["at"] = Rfc3339.TextOf(database.ReadTime(row, 3)), ["node"] = row.GetString(4),
        };
        if (row.ReadText(5) is { } reason) happened["reason"] = reason;
        if (row.ReadText(6) is { } claim) happened["claim"] = JsonNode.Parse(claim);
        return happened;
    }

    private OldCheckout ReadRow(DbDataReader row) => new(
        database.ReadId(row, 0), database.ReadId(row, 1), row.GetString(2), row.GetInt64(3), row.GetInt64(4),
        row.GetString(5));

    private static string LineOf(OldCheckout row, IEnumerable<JsonNode> events) => new JsonObject
    {
        ["checkout_id"] = $"{row.Id}", ["reader_id"] = row.ReaderId, ["first_version"] = row.First,
        ["last_version"] = row.Last, ["checkout"] = JsonNode.Parse(row.Body),
        ["events"] = new JsonArray([.. events]),
    }.ToJsonString();

    private static OldCheckout RowOf(string line)
    {
        var row = JsonNode.Parse(line)?.AsObject() ?? throw new InvalidDataException("A line is empty.");
        return new(Guid.Empty, Guid.Parse((string?)row["checkout_id"] ?? ""), (string?)row["reader_id"] ?? "",
            (long?)row["first_version"] ?? 0, (long?)row["last_version"] ?? 0, row["checkout"]?.ToJsonString() ?? "");
    }

    private static DateTimeOffset TimeOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);

    private static Guid PlaceOf(DateOnly day) => HistoryKey.BeforeTime(TimeOf(day));

    /// <summary>A row of the table of checkouts, and the place of its outcome in the history.</summary>
    private sealed record OldCheckout(Guid Ref, Guid Id, string ReaderId, long First, long Last, string Body)
    {
        public Checkout Checkout => StorageJson.CheckoutOf(Body);
    }
}

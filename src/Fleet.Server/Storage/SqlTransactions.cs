using System.Data.Common;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Storage;

/// <summary>The reads of transactions, in SQL that both databases understand.</summary>
internal sealed class SqlTransactions(Database database) : ITransactions
{
    private const string ById = "SELECT body FROM checkout WHERE checkout_id = @id";

    private const string ByCode = """
        SELECT c.body FROM history h JOIN checkout c ON c.checkout_id = h.checkout_id
        WHERE h.merchant_code = @merchant AND h.code = @code AND h.kind = 'payment' LIMIT 1
        """;

    /// <summary>First the charged ones, then the open ones, then the rest; in each group the newest first.</summary>
    private static readonly string ByReference = string.Join("\nUNION ALL ", new[]
    {
        (CheckoutState.Successful, 1), (CheckoutState.Accepted, 2), (CheckoutState.Started, 2),
        (CheckoutState.Failed, 3), (CheckoutState.Cancelled, 3),
    }.Select(one => $"""
        SELECT * FROM (
            SELECT body, {one.Item2} AS place, checkout_id FROM checkout
            WHERE reference = @reference AND state = '{one.Item1.ToWireName()}' ORDER BY checkout_id DESC LIMIT @limit
        ) AS one
        """)) + "\nORDER BY place, checkout_id DESC LIMIT @limit";

    /// <summary>Whether a checkout holds its reference, in the words of the index one_payment.</summary>
    public const string HoldsSale =
        "single_payment AND (state IN ('accepted', 'started', 'successful') OR sale_held)";

    /// <summary>The checkout that holds a reference: the index one_payment admits only one.</summary>
    public const string Sale = $"FROM checkout WHERE reference = @reference AND {HoldsSale}";

    /// <summary>
    /// With both states SQLite reads the few rows of the index one_open. A merchant's code has letters and digits only.
    /// </summary>
    private const string Started = """
        SELECT body FROM checkout
        WHERE state IN ('accepted', 'started') AND state = 'started' AND body LIKE @merchant LIMIT @limit
        """;

    private const string EventsOf = """
        SELECT l.ver, l.kind, l.at, l.node, l.reason, l.claim, c.body
        FROM checkout c JOIN ledger l
            ON l.reader_id = c.reader_id AND l.ver >= c.first_ver AND l.ver <= c.last_ver
                AND l.checkout_id = c.checkout_id
        WHERE c.checkout_id = @id ORDER BY l.ver
        """;

    private static readonly string PaidOf = $"""
        SELECT count(*) FROM (
            SELECT kind FROM ledger WHERE reader_id = @reader ORDER BY ver DESC LIMIT {ITransactions.MaxCounted}
        ) AS newest WHERE kind = 'succeeded'
        """;

    private static readonly string NewestOf = $"""
        SELECT body FROM checkout WHERE checkout_id IN (
            SELECT checkout_id FROM (
                SELECT checkout_id FROM ledger WHERE reader_id = @reader ORDER BY ver DESC
                LIMIT {ITransactions.MaxNewest}
            ) AS newest)
        ORDER BY first_ver DESC LIMIT @limit
        """;

    public Task<Checkout?> FindById(Guid checkoutId, CancellationToken cancel) =>
        FindOne(ById, cancel, ("id", checkoutId));

    public Task<Checkout?> FindByCode(string merchantCode, string code, CancellationToken cancel) =>
        FindOne(ByCode, cancel, ("merchant", merchantCode), ("code", code));

    public Task<IReadOnlyList<Checkout>> FindByReference(
        string merchantCode, string foreignId, int limit, CancellationToken cancel) =>
        database.ReadRows(ByReference, row => StorageJson.CheckoutOf(row.GetString(0)), cancel,
            ("reference", HistoryRow.ReferenceOf(merchantCode, foreignId)), ("limit", limit));

    public Task<Checkout?> FindSale(string merchantCode, string foreignId, CancellationToken cancel) =>
        FindOne($"SELECT body {Sale}", cancel, ("reference", HistoryRow.ReferenceOf(merchantCode, foreignId)));

    public Task<IReadOnlyList<HistoryEntry>> ListHistory(
        string merchantCode, HistoryQuery query, CancellationToken cancel) =>
        database.ReadRows(HistorySql.BuildSql(query),
            row => new HistoryEntry(
                database.ReadId(row, 0),
                SnakeCase.FindMember<HistoryKind>(row.GetString(1)) ?? HistoryKind.Payment,
                StorageJson.CheckoutOf(row.GetString(2))),
            cancel,
            [.. HistorySql.BuildParameters(merchantCode, query).Select(one => (one.Name, (object?)one.Value))]);

    public Task<IReadOnlyList<Checkout>> ListStarted(
        string merchantCode, int limit, CancellationToken cancel) => database.ReadRows(
            Started, row => StorageJson.CheckoutOf(row.GetString(0)), cancel,
            ("merchant", $"%\"merchant_code\":\"{merchantCode}\"%"), ("limit", limit));

    public Task<IReadOnlyList<LedgerEntry>> ListEvents(
        Guid checkoutId, CancellationToken cancel) =>
        database.ReadRows(EventsOf, EntryOf, cancel, ("id", checkoutId));

    public Task<IReadOnlyList<Checkout>> ListOfReader(string readerId, int limit, CancellationToken cancel) =>
        database.ReadRows(NewestOf, row => StorageJson.CheckoutOf(row.GetString(0)), cancel,
            ("reader", readerId), ("limit", limit));

    public async Task<int> CountPaid(string readerId, CancellationToken cancel) =>
        (await database.ReadRows(PaidOf, row => (int)row.GetInt64(0), cancel, ("reader", readerId)))[0];

    private LedgerEntry EntryOf(DbDataReader row)
    {
        var (kind, word) = (SnakeCase.ReadMember<EventKind>(row.GetString(1)), row.ReadText(4));
        var doubts = kind is EventKind.Doubted; // then the word says why, and otherwise why it ended
        return new(
            row.GetInt64(0),
            kind,
            database.ReadTime(row, 2),
            row.GetString(3),
            word is null || doubts ? null : SnakeCase.ReadMember<Reason>(word),
            row.IsDBNull(5) ? null : StorageJson.ReportOf(row.GetString(5)),
            StorageJson.CheckoutOf(row.GetString(6)),
            word is null || !doubts ? null : SnakeCase.ReadMember<Doubt>(word));
    }

    private async Task<Checkout?> FindOne(
        string sql, CancellationToken cancel, params (string Name, object? Value)[] parameters)
    {
        var found = await database.ReadRows(sql, row => StorageJson.CheckoutOf(row.GetString(0)), cancel, parameters);
        return found.Count > 0 ? found[0] : null;
    }
}

using System.Data.Common;
using Fleet.Core;
using Fleet.Server.Cloud;

namespace Fleet.Server.Storage;

/// <summary>The exchanges with the cloud, in SQL that both databases understand.</summary>
internal sealed class SqlExchanges(Database database) : IExchanges
{
    private const string Columns = """
        id, at, merchant_code, checkout_id, reader_id, operation, method, path, status, latency_ms, sent, received,
        verdict
        """;

    private const string OfCheckout =
        $"SELECT {Columns} FROM cloud_exchange WHERE checkout_id = @checkout ORDER BY at, id LIMIT @limit";

    private const string Recent = $"""
        SELECT {Columns} FROM cloud_exchange WHERE merchant_code = @merchant AND at < @before
        ORDER BY at DESC, id DESC LIMIT @limit
        """;

    public async Task AddExchanges(IReadOnlyList<CloudExchange> exchanges)
    {
        var values = string.Join(", ", exchanges.Select((_, i) =>
            $"(@i{i}, @a{i}, @m{i}, @c{i}, @r{i}, @o{i}, @h{i}, @p{i}, @s{i}, @l{i}, @x{i}, @y{i}, @v{i})"));
        await database.ChangeRows(new Statement(
            $"INSERT INTO cloud_exchange ({Columns}) VALUES {values} ON CONFLICT (id) DO NOTHING",
            [.. exchanges.SelectMany(ParametersOf)]));
    }

    public Task<IReadOnlyList<CloudExchange>> ListOfCheckout(Guid checkoutId, int limit, CancellationToken cancel) =>
        database.ReadRows(OfCheckout, ExchangeOf, cancel, ("checkout", checkoutId), ("limit", limit));

    public Task<IReadOnlyList<CloudExchange>> ListRecent(
        string merchantCode, DateTimeOffset before, int limit, CancellationToken cancel) =>
        database.ReadRows(Recent, ExchangeOf, cancel,
            ("merchant", merchantCode), ("before", before), ("limit", limit));

    /// <summary>Rows that another node deletes at the same time are left to it.</summary>
    public async Task<int> ForgetExchanges(DateTimeOffset before, int limit, CancellationToken cancel) =>
        (await database.ReadRows($"""
            DELETE FROM cloud_exchange WHERE id IN (
                SELECT id FROM cloud_exchange WHERE at < @before ORDER BY at LIMIT @limit {database.SkipLocked})
            RETURNING 1
            """, _ => 1, cancel, ("before", before), ("limit", limit))).Count;

    private static (string Name, object? Value)[] ParametersOf(CloudExchange exchange, int i) =>
    [
        ($"i{i}", exchange.Id), ($"a{i}", exchange.At), ($"m{i}", exchange.MerchantCode),
        ($"c{i}", exchange.CheckoutId), ($"r{i}", exchange.ReaderId), ($"o{i}", exchange.Operation),
        ($"h{i}", exchange.Method), ($"p{i}", exchange.Path), ($"s{i}", exchange.Status),
        ($"l{i}", exchange.LatencyMs), ($"x{i}", ToStorable(exchange.Sent)), ($"y{i}", ToStorable(exchange.Received)),
        ($"v{i}", exchange.Verdict.ToWireName()),
    ];

    /// <summary>A body may have any character, and PostgreSQL's text has no NUL.</summary>
    private static string? ToStorable(string? body) => body?.Replace('\0', '\uFFFD');

    private CloudExchange ExchangeOf(DbDataReader row) => new(
        database.ReadId(row, 0), database.ReadTime(row, 1), row.GetString(2), row.GetString(5), row.GetString(6),
        row.GetString(7), row.IsDBNull(8) ? null : row.GetInt32(8), row.GetInt32(9), row.ReadText(10),
        row.ReadText(11),
        SnakeCase.FindMember<CloudFailure>(row.GetString(12)) ?? throw new InvalidDataException("An unknown verdict."),
        row.IsDBNull(3) ? null : database.ReadId(row, 3), row.ReadText(4));
}

using System.Text.Json;
using Fleet.Core;
using Fleet.Server.Webhooks;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// A merchant's view of the outbox in PostgreSQL. Statements that change many rows lock them in the order of the key,
/// so that two of them cannot deadlock.
/// </summary>
internal sealed class PostgresDeliveries(NpgsqlDataSource source) : IDeliveries
{
    private const string Columns = """
        event_id, merchant_code, url, body, at, state, attempts - replays, failures, next_at, problem
        """;

    private const string FindOne = $"SELECT {Columns} FROM outbox WHERE event_id = $1 AND merchant_code = $2";

    /// <summary>A page: for each state a scan of the index that stops at the limit.</summary>
    private const string Page = """
        SELECT of_state.* FROM unnest($2::text[]) AS wanted (word) CROSS JOIN LATERAL (
            SELECT * FROM outbox
            WHERE merchant_code = $1 AND state = wanted.word AND at >= $3 AND (at, event_id) < ($4, $5)
            ORDER BY at DESC, event_id DESC LIMIT $6) AS of_state
        ORDER BY at DESC, event_id DESC LIMIT $6
        """;

    private const string ListPage = $"SELECT {Columns} FROM ({Page}) AS page ORDER BY at DESC, event_id DESC";

    private const string Afresh =
        "state = 'waiting', failures = 0, problem = NULL, attempts = attempts + 1, replays = replays + 1";

    private const string ReplayOne = $"""
        UPDATE outbox SET {Afresh}, next_at = $3
        WHERE event_id = $1 AND merchant_code = $2 RETURNING {Columns}
        """;

    /// <summary>A row whose state changed before it could be locked is not changed.</summary>
    private const string ReplayPage = $"""
        WITH page AS ({Page}), mine AS (
            SELECT event_id FROM outbox WHERE event_id IN (SELECT event_id FROM page) AND state = ANY ($2)
            ORDER BY event_id FOR UPDATE
        )
        UPDATE outbox SET {Afresh}, next_at = $7
        WHERE event_id IN (SELECT event_id FROM mine) RETURNING at, event_id
        """;

    private const string AddOne = """
        INSERT INTO outbox (event_id, merchant_code, host, url, body, at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        """;

    /// <summary>Sorted, so that the scan of the index stops at the limit and does not read all old rows.</summary>
    private const string ForgetSome = """
        DELETE FROM outbox WHERE event_id IN (
            SELECT event_id FROM outbox WHERE event_id IN (
                (SELECT event_id FROM outbox WHERE state <> 'waiting' AND state = 'delivered' AND next_at < $1
                ORDER BY next_at LIMIT $3)
                UNION ALL
                (SELECT event_id FROM outbox WHERE state <> 'waiting' AND state = 'dead' AND next_at < $2
                ORDER BY next_at LIMIT $3))
            AND state <> 'waiting' ORDER BY event_id FOR UPDATE SKIP LOCKED)
        """;

    public Task<IReadOnlyList<Delivery>> ListDeliveries(
        string merchantCode, DeliveryPage page, CancellationToken cancel) =>
        ReadRows(ListPage, ReadDelivery, cancel, PageParameters(merchantCode, page));

    public async Task<Delivery?> FindDelivery(string merchantCode, Guid id, CancellationToken cancel) =>
        (await ReadRows(FindOne, ReadDelivery, cancel, id, merchantCode)).SingleOrDefault();

    public async Task AddEvent(WebhookEvent told)
    {
        await using var command = CreateCommand(
            AddOne, told.Id, told.MerchantCode, told.Host, told.Url, told.Body, told.At.UtcDateTime);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<Delivery?> ReplayDelivery(string merchantCode, Guid id, DateTimeOffset now) =>
        (await ReadRows(ReplayOne, ReadDelivery, CancellationToken.None, id, merchantCode,
            now.UtcDateTime)).SingleOrDefault();

    public Task<IReadOnlyList<DeliveryPlace>> ReplayDeliveries(
        string merchantCode, DeliveryPage page, DateTimeOffset now) =>
        ReadRows(ReplayPage, row => new DeliveryPlace(row.GetFieldValue<DateTimeOffset>(0), row.GetGuid(1)),
            CancellationToken.None, [.. PageParameters(merchantCode, page), now.UtcDateTime]);

    public async Task<int> ForgetDeliveries(
        DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken cancel)
    {
        await using var command = CreateCommand(
            ForgetSome, deliveredBefore.UtcDateTime, deadBefore.UtcDateTime, limit);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private static object[] PageParameters(string merchantCode, DeliveryPage page) =>
    [
        merchantCode, page.States.Select(state => state.ToWireName()).ToArray(), page.From.UtcDateTime,
        page.Below.At.UtcDateTime, page.Below.Id, page.Limit,
    ];

    private static Delivery ReadDelivery(NpgsqlDataReader row) => new(
        row.ReadEvent(),
        SnakeCase.FindMember<DeliveryState>(row.GetString(5))
            ?? throw new JsonException("A delivery's state is unknown."),
        row.GetInt32(6),
        row.GetInt32(7),
        row.GetFieldValue<DateTimeOffset>(8),
        row.IsDBNull(9) ? null : row.GetString(9));

    private NpgsqlCommand CreateCommand(string sql, params object[] parameters)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.AddWithValue(parameter);
        return command;
    }

    private async Task<IReadOnlyList<T>> ReadRows<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params object[] parameters)
    {
        await using var command = CreateCommand(sql, parameters);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var rows = new List<T>();
        while (await row.ReadAsync(cancel)) rows.Add(read(row));
        return rows;
    }
}

internal static class PostgresRows
{
    /// <summary>The event in a row that begins with event_id, merchant_code, url, body, at.</summary>
    public static WebhookEvent ReadEvent(this NpgsqlDataReader row) =>
        new(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3),
            row.GetFieldValue<DateTimeOffset>(4));
}

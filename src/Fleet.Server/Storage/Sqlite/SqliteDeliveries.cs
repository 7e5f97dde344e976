using System.Text.Json;
using Fleet.Core;
using Fleet.Server.Webhooks;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>A merchant's view of the outbox in the ledger's file.</summary>
internal sealed class SqliteDeliveries(string path) : IDeliveries
{
    private const string Columns = """
        event_id, merchant_code, url, body, at, state, attempts - replays, failures, next_at, problem
        """;

    private const string FindOne =
        $"SELECT {Columns} FROM outbox WHERE event_id = $id AND merchant_code = $merchant";

    /// <summary>The ids of a page: for each state a scan of the index that stops at the limit.</summary>
    private const string PageIds = """
        SELECT o.event_id FROM json_each($states) wanted CROSS JOIN outbox o ON o.event_id IN (
            SELECT event_id FROM outbox
            WHERE merchant_code = $merchant AND state = wanted.value
                AND at >= $from AND (at, event_id) < ($below, $below_id)
            ORDER BY at DESC, event_id DESC LIMIT $limit)
        ORDER BY o.at DESC, o.event_id DESC LIMIT $limit
        """;

    private const string ListPage =
        $"SELECT {Columns} FROM outbox WHERE event_id IN ({PageIds}) ORDER BY at DESC, event_id DESC";

    private const string MakeDue = """
        UPDATE outbox SET state = 'waiting', next_at = $now, failures = 0, problem = NULL,
            attempts = attempts + 1, replays = replays + 1
        """;

    private const string ReplayOne =
        $"{MakeDue} WHERE event_id = $id AND merchant_code = $merchant RETURNING {Columns}";

    private const string ReplayPage = $"{MakeDue} WHERE event_id IN ({PageIds}) RETURNING at, event_id";

    private const string AddOne = """
        INSERT INTO outbox (event_id, merchant_code, host, url, body, at, next_at)
        VALUES ($id, $merchant, $host, $url, $body, $at, $at)
        """;

    private const string ForgetSome = """
        DELETE FROM outbox WHERE event_id IN (
            SELECT event_id FROM (
                SELECT event_id FROM outbox WHERE state <> 'waiting' AND state = 'delivered' AND next_at < $delivered
                ORDER BY next_at LIMIT $limit)
            UNION ALL
            SELECT event_id FROM (
                SELECT event_id FROM outbox WHERE state <> 'waiting' AND state = 'dead' AND next_at < $dead
                ORDER BY next_at LIMIT $limit))
        """;

    private readonly SqliteTable _table = new(path);

    public Task<IReadOnlyList<Delivery>> ListDeliveries(
        string merchantCode, DeliveryPage page, CancellationToken cancel) =>
        _table.RunCommand(ListPage, command => BindPage(command, merchantCode, page).ReadRows(ReadDelivery));

    public Task<Delivery?> FindDelivery(string merchantCode, Guid id, CancellationToken cancel) =>
        _table.RunCommand(FindOne,
            command => BindDelivery(command, merchantCode, id).ReadRows(ReadDelivery).SingleOrDefault());

    public Task AddEvent(WebhookEvent told) => _table.RunCommand(AddOne, command =>
    {
        BindDelivery(command, told.MerchantCode, told.Id);
        command.Parameters.AddWithValue("$host", told.Host);
        command.Parameters.AddWithValue("$url", told.Url);
        command.Parameters.AddWithValue("$body", told.Body);
        command.Parameters.AddWithValue("$at", Microseconds.FromTime(told.At));
        return command.ExecuteNonQuery();
    });

    public Task<Delivery?> ReplayDelivery(string merchantCode, Guid id, DateTimeOffset now) =>
        _table.RunCommand(ReplayOne, command =>
        {
            command.Parameters.AddWithValue("$now", Microseconds.FromTime(now));
            return BindDelivery(command, merchantCode, id).ReadRows(ReadDelivery).SingleOrDefault();
        });

    public Task<IReadOnlyList<DeliveryPlace>> ReplayDeliveries(
        string merchantCode, DeliveryPage page, DateTimeOffset now) =>
        _table.RunCommand(ReplayPage, command =>
        {
            command.Parameters.AddWithValue("$now", Microseconds.FromTime(now));
            return BindPage(command, merchantCode, page).ReadRows(row =>
                new DeliveryPlace(Microseconds.ToTime(row.GetInt64(0)), Guid.Parse(row.GetString(1))));
        });

    public Task<int> ForgetDeliveries(
        DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken cancel) =>
        _table.RunCommand(ForgetSome, command =>
        {
            command.Parameters.AddWithValue("$delivered", Microseconds.FromTime(deliveredBefore));
            command.Parameters.AddWithValue("$dead", Microseconds.FromTime(deadBefore));
            command.Parameters.AddWithValue("$limit", limit);
            return command.ExecuteNonQuery();
        });

    private static SqliteCommand BindDelivery(SqliteCommand command, string merchantCode, Guid id)
    {
        command.Parameters.AddWithValue("$id", id.ToString());
        command.Parameters.AddWithValue("$merchant", merchantCode);
        return command;
    }

    private static SqliteCommand BindPage(SqliteCommand command, string merchantCode, DeliveryPage page)
    {
        var states = JsonSerializer.Serialize(page.States.Select(state => state.ToWireName()));
        command.Parameters.AddWithValue("$merchant", merchantCode);
        command.Parameters.AddWithValue("$states", states);
        command.Parameters.AddWithValue("$from", Microseconds.FromTime(page.From));
        command.Parameters.AddWithValue("$below", Microseconds.FromTime(page.Below.At));
        command.Parameters.AddWithValue("$below_id", page.Below.Id.ToString());
        command.Parameters.AddWithValue("$limit", page.Limit);
        return command;
    }

    private static Delivery ReadDelivery(SqliteDataReader row) => new(
        row.ReadEvent(),
        SnakeCase.FindMember<DeliveryState>(row.GetString(5))
            ?? throw new JsonException("A delivery's state is unknown."),
        row.GetInt32(6),
        row.GetInt32(7),
        Microseconds.ToTime(row.GetInt64(8)),
        row.IsDBNull(9) ? null : row.GetString(9));
}

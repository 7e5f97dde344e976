using System.Text.Json;
using Fleet.Core;
using Fleet.Server.Webhooks;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>The outbox in the ledger's file.</summary>
internal sealed class SqliteOutbox(string path) : IOutbox
{
    /// <summary>
    /// Steps from host to host in the index, so that many rows of one host do not slow down the others.
    /// </summary>
    private const string ClaimDue = """
        UPDATE outbox SET attempts = attempts + 1, next_at = $lease
        WHERE event_id IN (
            WITH RECURSIVE hosts (host) AS (
                SELECT min(host) FROM outbox WHERE state = 'waiting'
                UNION ALL
                SELECT (SELECT min(host) FROM outbox WHERE state = 'waiting' AND host > hosts.host)
                FROM hosts WHERE hosts.host IS NOT NULL
            )
            SELECT due.event_id
            FROM hosts CROSS JOIN outbox due ON due.event_id IN (
                SELECT event_id FROM outbox
                WHERE state = 'waiting' AND host = hosts.host AND next_at <= $now
                ORDER BY next_at LIMIT $per_host)
            WHERE hosts.host NOT IN (SELECT value FROM json_each($except))
            ORDER BY due.next_at LIMIT $events)
        RETURNING event_id, merchant_code, url, body, at, attempts, failures, trace
        """;

    private const string SettleOne = """
        UPDATE outbox SET state = $state, next_at = coalesce($next, next_at), problem = $problem,
            failures = $failures
        WHERE event_id = $id AND attempts = $attempt AND state = 'waiting'
        """;

    private readonly SqliteTable _table = new(path);

    public Task<IReadOnlyList<Attempt>> ClaimAttempts(
        DateTimeOffset now, DateTimeOffset leaseEnds, ClaimLimit limit, IReadOnlyCollection<string> exceptHosts,
        CancellationToken cancel) => _table.RunCommand(ClaimDue, command =>
    {
        command.Parameters.AddWithValue("$lease", Microseconds.FromTime(leaseEnds));
        command.Parameters.AddWithValue("$now", Microseconds.FromTime(now));
        command.Parameters.AddWithValue("$except", JsonSerializer.Serialize(exceptHosts));
        command.Parameters.AddWithValue("$per_host", limit.PerHost);
        command.Parameters.AddWithValue("$events", limit.Events);
        return command.ReadRows(row => new Attempt(
            row.ReadEvent() with { Trace = row.ReadText(7) }, row.GetInt32(5), row.GetInt32(6)));
    });

    public Task<bool> SettleAttempt(Attempt attempt, Settlement settlement) => _table.RunCommand(SettleOne, command =>
    {
        object? next = settlement.NextAt is { } at ? Microseconds.FromTime(at) : null;
        command.Parameters.AddWithValue("$id", attempt.Event.Id.ToString());
        command.Parameters.AddWithValue("$attempt", attempt.Number);
        command.Parameters.AddWithValue("$state", settlement.State.ToWireName());
        command.Parameters.AddWithValue("$next", next ?? DBNull.Value);
        command.Parameters.AddWithValue("$problem", (object?)settlement.Problem ?? DBNull.Value);
        command.Parameters.AddWithValue("$failures", settlement.Failures);
        return command.ExecuteNonQuery() == 1;
    });
}

/// <summary>Runs statements on the ledger's file at the same time as its writer.</summary>
internal sealed class SqliteTable(string path)
{
    private readonly string _connectionString = SqliteSource.ForFile(path).ConnectionString;

    /// <summary>Runs a statement, and waits for the writer up to the busy time-out.</summary>
    public Task<T> RunCommand<T>(string sql, Func<SqliteCommand, T> run)
    {
        using var connection = SqliteSchema.OpenConnection(_connectionString);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Task.FromResult(run(command));
    }
}

internal static class SqliteRows
{
    /// <summary>All rows that a command returns.</summary>
    public static IReadOnlyList<T> ReadRows<T>(this SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using var row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read()) rows.Add(read(row));
        return rows;
    }

    /// <summary>The event in a row that begins with event_id, merchant_code, url, body, at.</summary>
    public static WebhookEvent ReadEvent(this SqliteDataReader row) =>
        new(Guid.Parse(row.GetString(0)), row.GetString(1), row.GetString(2), row.GetString(3),
            Microseconds.ToTime(row.GetInt64(4)));
}

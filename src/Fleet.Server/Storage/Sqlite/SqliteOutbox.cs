using System.Text.Json;
using Fleet.Server.Webhooks;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>The outbox in the ledger's file.</summary>
internal sealed class SqliteOutbox(string path) : IOutbox
{
    private readonly string _connectionString = new SqliteConnectionStringBuilder { DataSource = path }.ToString();

    public Task<IReadOnlyList<Attempt>> Claim(
        DateTimeOffset now, DateTimeOffset leaseEnds, ClaimLimit limit, IReadOnlyCollection<string> exceptHosts,
        CancellationToken cancel) => Run("""
        UPDATE outbox SET attempts = attempts + 1, next_at = $lease
        WHERE event_id IN (
            SELECT event_id
            FROM (SELECT event_id, next_at, row_number() OVER (PARTITION BY host ORDER BY next_at) AS place
                  FROM outbox WHERE state = 'waiting' AND next_at <= $now
                      AND host NOT IN (SELECT value FROM json_each($except)))
            WHERE place <= $per_host ORDER BY next_at LIMIT $events)
        RETURNING event_id, merchant_code, url, body, at, attempts, failures
        """, command =>
    {
        command.Parameters.AddWithValue("$lease", Microseconds.Of(leaseEnds));
        command.Parameters.AddWithValue("$now", Microseconds.Of(now));
        command.Parameters.AddWithValue("$except", JsonSerializer.Serialize(exceptHosts));
        command.Parameters.AddWithValue("$per_host", limit.PerHost);
        command.Parameters.AddWithValue("$events", limit.Events);
        using var row = command.ExecuteReader();
        var claimed = new List<Attempt>();
        while (row.Read())
        {
            var told = new WebhookEvent(Guid.Parse(row.GetString(0)), row.GetString(1), row.GetString(2),
                row.GetString(3), Microseconds.Time(row.GetInt64(4)));
            claimed.Add(new(told, row.GetInt32(5), row.GetInt32(6)));
        }
        return (IReadOnlyList<Attempt>)claimed;
    });

    public Task<bool> Settle(Attempt attempt, Settlement settlement) => Run("""
        UPDATE outbox SET state = $state, next_at = coalesce($next, next_at), problem = $problem,
            failures = $failures
        WHERE event_id = $id AND attempts = $attempt AND state = 'waiting'
        """, command =>
    {
        object? next = settlement.NextAt is { } at ? Microseconds.Of(at) : null;
        command.Parameters.AddWithValue("$id", attempt.Event.Id.ToString());
        command.Parameters.AddWithValue("$attempt", attempt.Number);
        command.Parameters.AddWithValue("$state", settlement.State.Word());
        command.Parameters.AddWithValue("$next", next ?? DBNull.Value);
        command.Parameters.AddWithValue("$problem", (object?)settlement.Problem ?? DBNull.Value);
        command.Parameters.AddWithValue("$failures", settlement.Failures);
        return command.ExecuteNonQuery() == 1;
    });

    /// <summary>Runs beside the ledger's writer, and waits for it as long as a connection may.</summary>
    private Task<T> Run<T>(string sql, Func<SqliteCommand, T> run)
    {
        using var connection = SqliteSchema.Open(_connectionString);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Task.FromResult(run(command));
    }
}

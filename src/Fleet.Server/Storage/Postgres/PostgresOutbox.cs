using Fleet.Core;
using Fleet.Server.Webhooks;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>The outbox in PostgreSQL. Nodes that claim at the same time skip each other's locked rows.</summary>
internal sealed class PostgresOutbox(NpgsqlDataSource source) : IOutbox
{
    private const string ClaimDue = """
        WITH RECURSIVE hosts AS (
            SELECT min(host) AS host FROM outbox WHERE state = 'waiting'
            UNION ALL
            SELECT (SELECT min(host) FROM outbox WHERE state = 'waiting' AND host > hosts.host)
            FROM hosts WHERE hosts.host IS NOT NULL
        ), due AS (
            SELECT event_id
            FROM hosts CROSS JOIN LATERAL (
                SELECT event_id, next_at FROM outbox
                WHERE state = 'waiting' AND host = hosts.host AND next_at <= $1
                ORDER BY next_at LIMIT $3) AS of_host
            WHERE hosts.host <> ALL ($2) ORDER BY next_at LIMIT $4
        ), mine AS (
            SELECT event_id FROM outbox JOIN due USING (event_id)
            WHERE state = 'waiting' AND next_at <= $1
            FOR UPDATE OF outbox SKIP LOCKED
        )
        UPDATE outbox o SET attempts = attempts + 1, next_at = $5
        FROM mine WHERE o.event_id = mine.event_id
        RETURNING o.event_id, o.merchant_code, o.url, o.body, o.at, o.attempts, o.failures, o.trace
        """;

    private const string SettleOne = """
        UPDATE outbox SET state = $3, next_at = coalesce($4, next_at), problem = $5, failures = $6
        WHERE event_id = $1 AND attempts = $2 AND state = 'waiting'
        """;

    public async Task<IReadOnlyList<Attempt>> ClaimAttempts(
        DateTimeOffset now, DateTimeOffset leaseEnds, ClaimLimit limit, IReadOnlyCollection<string> exceptHosts,
        CancellationToken cancel)
    {
        await using var command = source.CreateCommand(ClaimDue);
        command.Parameters.AddWithValue(now.UtcDateTime);
        command.Parameters.AddWithValue(exceptHosts.ToArray());
        command.Parameters.AddWithValue(limit.PerHost);
        command.Parameters.AddWithValue(limit.Events);
        command.Parameters.AddWithValue(leaseEnds.UtcDateTime);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var claimed = new List<Attempt>();
        while (await row.ReadAsync(cancel))
        {
            var told = row.ReadEvent() with { Trace = row.ReadText(7) };
            claimed.Add(new(told, row.GetInt32(5), row.GetInt32(6)));
        }
        return claimed;
    }

    public async Task<bool> SettleAttempt(Attempt attempt, Settlement settlement)
    {
        await using var command = source.CreateCommand(SettleOne);
        command.Parameters.AddWithValue(attempt.Event.Id);
        command.Parameters.AddWithValue(attempt.Number);
        command.Parameters.AddWithValue(settlement.State.ToWireName());
        command.Parameters.Add(new NpgsqlParameter<DateTime?> { TypedValue = settlement.NextAt?.UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = settlement.Problem });
        command.Parameters.AddWithValue(settlement.Failures);
        return await command.ExecuteNonQueryAsync() == 1;
    }
}

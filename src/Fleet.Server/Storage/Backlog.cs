using Fleet.Core.Readers;

namespace Fleet.Server.Storage;

/// <summary>
/// Counts open checkouts and waiting events of the whole cluster in the database. Each node reads them regularly, and
/// not when its metrics are read, so that reading metrics causes no query.
/// </summary>
internal sealed class Backlog(Database database, TimeProvider time, ILogger<Backlog> log) : BackgroundService
{
    /// <summary>Events are counted up to this number.</summary>
    public const int MaxCounted = 10_000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    /// <summary>A query along a partial index, like the next ones.</summary>
    private const string Open =
        "SELECT count(*), min(valid_until) FROM checkout WHERE state IN ('accepted', 'started')";

    private const string Outbox = """
        WITH RECURSIVE hosts (host) AS (
            SELECT min(host) FROM outbox WHERE state = 'waiting'
            UNION ALL
            SELECT (SELECT min(host) FROM outbox WHERE state = 'waiting' AND host > hosts.host)
            FROM hosts WHERE hosts.host IS NOT NULL
        )
        SELECT (SELECT count(*) FROM (
                SELECT 1 FROM outbox WHERE state = 'waiting' ORDER BY host, next_at LIMIT @max) AS counted),
            (SELECT count(*) FROM (
                SELECT 1 FROM outbox WHERE state <> 'waiting' AND state = 'dead' LIMIT @max) AS counted),
            min((SELECT min(next_at) FROM outbox WHERE state = 'waiting' AND host = hosts.host))
        FROM hosts
        """;

    private long _readAt = time.GetTimestamp();

    /// <summary>
    /// The result of the last read that succeeded; null before the first one. While the database does not answer it
    /// stays: an alert about an old checkout must not end because no node can count any more.
    /// </summary>
    public Seen? Latest { get; private set; }

    /// <summary>The time since then, or since the start of the node.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _readAt));

    /// <summary>The age of the oldest open checkout.</summary>
    public static TimeSpan OpenAge(Seen seen, DateTimeOffset now) => AgeOf(seen.OldestOpen, now);

    /// <summary>How long the oldest due event has been due.</summary>
    public static TimeSpan OutboxAge(Seen seen, DateTimeOffset now) => AgeOf(seen.OldestDue, now);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            try
            {
                Latest = await ReadBacklog(stoppingToken);
                Volatile.Write(ref _readAt, time.GetTimestamp());
            }
            catch (LedgerUnavailableException e) when (!stoppingToken.IsCancellationRequested)
            {
                log.BacklogUnknown(e.GetBaseException().Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<Seen> ReadBacklog(CancellationToken cancel)
    {
        var open = await database.ReadRows(Open, row => (
            Count: row.GetInt64(0),
            Until: row.IsDBNull(1) ? (DateTimeOffset?)null : database.ReadTime(row, 1)), cancel);
        var outbox = await database.ReadRows(Outbox, row => (
            Pending: row.GetInt64(0), Dead: row.GetInt64(1),
            Due: row.IsDBNull(2) ? (DateTimeOffset?)null : database.ReadTime(row, 2)), cancel, ("max", MaxCounted));
        return new(open[0].Count, open[0].Until - ReaderRules.Window, outbox[0].Pending, outbox[0].Dead, outbox[0].Due);
    }

    private static TimeSpan AgeOf(DateTimeOffset? then, DateTimeOffset now) =>
        then < now ? now - then.Value : TimeSpan.Zero;

    /// <summary>The result of one read.</summary>
    /// <param name="Open">Open checkouts.</param>
    /// <param name="OldestOpen">When the oldest of them was accepted; null when there is none.</param>
    /// <param name="Pending">Events that are not delivered yet, at most <see cref="MaxCounted"/>.</param>
    /// <param name="Dead">Events whose delivery was given up, at most <see cref="MaxCounted"/>.</param>
    /// <param name="OldestDue">The earliest time at which an attempt is due; null when there is none.</param>
    internal sealed record Seen(
        long Open, DateTimeOffset? OldestOpen, long Pending, long Dead, DateTimeOffset? OldestDue);
}

internal static partial class TelemetryLog
{
    [LoggerMessage(2100, LogLevel.Warning,
        "Open checkouts and events could not be counted; they are counted again later: {Why}")]
    public static partial void BacklogUnknown(this ILogger log, string why);
}

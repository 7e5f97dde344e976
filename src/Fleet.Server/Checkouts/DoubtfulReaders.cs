using System.Collections.Concurrent;
using Fleet.Server.Grains;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Readers of which this node does not know what was saved last: a commit failed. A database that was silent may carry
/// it out when it goes on, after its caller was told that the outcome is unknown. So these readers are asked to compare
/// what they know with the ledger; one whose knowledge is old ends, and its next activation shows the device what was
/// saved.
/// </summary>
internal sealed class DoubtfulReaders(
    ReaderGrainFactory readers, StorageSilence storage, TimeProvider time, ILogger<DoubtfulReaders> log)
    : BackgroundService
{
    /// <summary>How many there may be; a further one shows at its next call what was saved.</summary>
    public const int Most = 4_096;

    /// <summary>How many are asked in a round.</summary>
    private const int MostAsked = 500;

    /// <summary>
    /// How often a reader is asked after this node could commit again: what was held up can be carried out a while
    /// later.
    /// </summary>
    private const int Rounds = 10;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A database that was silent for longer is not asked.</summary>
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, int> _left = new();
    private volatile bool _commits;

    /// <summary>Notes that a commit of the reader failed.</summary>
    public void Note(string readerId)
    {
        _commits = false;
        if (_left.Count < Most || _left.ContainsKey(readerId)) _left[readerId] = Rounds;
    }

    /// <summary>Notes that a commit succeeded: from now on rounds count.</summary>
    public void NoteCommit()
    {
        if (!_commits) _commits = true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_left.IsEmpty || storage.Span >= Silent) continue;
            // Those first that were asked least.
            var round = _left.ToArray().OrderByDescending(one => one.Value).Take(MostAsked);
            await Task.WhenAll(round.Select(one => Ask(one, stoppingToken)));
        }
    }

    private async Task Ask(KeyValuePair<string, int> reader, CancellationToken stopping)
    {
        try
        {
            await Failover.CallWithRetry(() => readers[reader.Key].ConfirmLatest(), stopping);
            if (!_commits) return;
            // One that was noted again meanwhile keeps its rounds.
            if (reader.Value > 1) _left.TryUpdate(reader.Key, reader.Value - 1, reader.Value);
            else _left.TryRemove(reader);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            log.ReaderNotAsked(reader.Key, e.GetBaseException().Message); // the next round asks again
        }
    }
}

internal static partial class DoubtfulReadersLog
{
    [LoggerMessage(3400, LogLevel.Warning,
        "What was saved last of reader {Reader} could not be compared; it is tried again: {Why}")]
    public static partial void ReaderNotAsked(this ILogger log, string reader, string why);
}

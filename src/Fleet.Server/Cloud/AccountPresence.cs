using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Asks SumUp's cloud how readers are: at once when a caller wants to know it, soon when readers are looked at, and
/// slowly in turn otherwise. A key may make few calls, so no more than that is asked.
/// </summary>
internal sealed class AccountPresence(
    Func<string, Task<CloudReaderStatus?>> readStatus, MerchantReaders fleet, TimeProvider time)
{
    /// <summary>Readers that wait to be asked about, and readers of which the last answer is remembered.</summary>
    private const int MaxWaiting = 1_000, MaxRemembered = 20_000;

    /// <summary>Answers that fail one after the other, after which there is a pause.</summary>
    private const int MaxFailures = 3;

    /// <summary>How long nothing is asked that failed.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Task> _reading = [];
    private readonly Dictionary<string, DateTimeOffset> _asked = []; // by the cloud's id, as the others
    private readonly Dictionary<string, CloudReader> _waiting = [];
    private DateTimeOffset _nextSwept, _pausedUntil;
    private int _failures, _turn;

    /// <summary>Asks about one reader, unless it was asked about a moment ago.</summary>
    public Task SeeReader(CloudReader reader)
    {
        if (_reading.TryGetValue(reader.CloudReaderId, out var begun)) return begun;
        return IsPaused || WasAsked(reader, PresenceRules.AskedEvery) ? Task.CompletedTask : Read(reader);
    }

    /// <summary>Notes readers that are looked at.</summary>
    public void NoteShown(IReadOnlyList<CloudReader> readers)
    {
        foreach (var reader in readers)
        {
            if (_waiting.Count >= MaxWaiting) return;
            if (!WasAsked(reader, PresenceRules.WatchedEvery)) _waiting[reader.CloudReaderId] = reader;
        }
    }

    /// <summary>Asks about some of those that are looked at, and about the next one in turn when it is time.</summary>
    /// <param name="all">All readers that are paired.</param>
    public void Tick(IReadOnlyList<CloudReader> all)
    {
        if (IsPaused) return;
        foreach (var reader in _waiting.Values.Take(PresenceRules.WatchedPerSecond(fleet.CallsPerSecond)).ToList())
        {
            _waiting.Remove(reader.CloudReaderId);
            SeeReader(reader).Ignore();
        }
        if (all.Count == 0 || time.Now() < _nextSwept) return;
        _nextSwept = time.Now() + PresenceRules.SweepPause(fleet.CallsPerSecond);
        _turn = (_turn + 1) % all.Count;
        if (!WasAsked(all[_turn], PresenceRules.FreshFor)) Read(all[_turn]).Ignore();
    }

    private bool IsPaused => time.Now() < _pausedUntil;

    private bool WasAsked(CloudReader reader, TimeSpan within) =>
        _asked.TryGetValue(reader.CloudReaderId, out var at) && time.Now() - at < within;

    private Task Read(CloudReader reader)
    {
        if (_asked.Count >= MaxRemembered) _asked.Clear();
        _asked[reader.CloudReaderId] = time.Now();
        return _reading[reader.CloudReaderId] = ReadOnce(reader);
    }

    private async Task ReadOnce(CloudReader reader)
    {
        await Task.Yield(); // it is noted as begun before it can end
        try
        {
            var status = await readStatus(reader.CloudReaderId);
            _failures = status is null ? _failures + 1 : 0;
            if (_failures >= MaxFailures) (_pausedUntil, _failures) = (time.Now() + FailurePause, 0);
            if (status is not null) await fleet.TellStatus(reader, status);
        }
        finally
        {
            _reading.Remove(reader.CloudReaderId);
        }
    }
}

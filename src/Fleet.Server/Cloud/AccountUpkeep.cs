using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>The calls with which an account keeps Fleet's readers true.</summary>
/// <param name="IsLinked">Whether the merchant is linked now.</param>
/// <param name="List">All readers that the cloud has; null when the list failed, or is not whole.</param>
/// <param name="IsThere">Whether the cloud has a reader; null when that is not known.</param>
/// <param name="ReadStatus">How a reader is; null when it cannot be read.</param>
internal sealed record RosterCalls(
    Func<bool> IsLinked, Func<Task<IReadOnlyList<ListedReader>?>> List, Func<string, Task<bool?>> IsThere,
    Func<string, Task<CloudReaderStatus?>> ReadStatus);

/// <summary>What an account does by itself while its merchant is linked.</summary>
internal sealed class AccountUpkeep
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly AccountRoster _roster;
    private readonly AccountPresence _presence;
    private readonly HistoryWatch _history;
    private readonly Func<bool> _isLinked;
    private readonly Func<Func<CancellationToken, Task>, GrainTimerCreationOptions, IGrainTimer> _setTimer;
    private IGrainTimer? _timer;

    public AccountUpkeep(
        string merchantCode, RosterCalls calls, MerchantReaders readers, HistoryWatch history,
        Func<Func<CancellationToken, Task>, GrainTimerCreationOptions, IGrainTimer> setTimer, TimeProvider time)
    {
        (_history, _isLinked, _setTimer) = (history, calls.IsLinked, setTimer);
        _roster = new(merchantCode, calls, readers, time);
        _presence = new(calls.ReadStatus, readers, time);
    }

    public RosterCounts Counts => _roster.Counts;

    public Task KeepUp()
    {
        if (_isLinked())
            _timer ??= _setTimer(Tick, new(Period, Period) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task WatchPairing(CloudReader reader)
    {
        _roster.WatchPairing(reader);
        return KeepUp();
    }

    public Task CompareSoon()
    {
        _roster.CompareSoon();
        return KeepUp();
    }

    public Task NoteShown(IReadOnlyList<CloudReader> readers)
    {
        _presence.NoteShown(readers);
        return KeepUp();
    }

    public void NoteOpen(Checkout checkout) => _history.NoteOpen(checkout);

    public Task SeeReader(CloudReader reader) => _isLinked() ? _presence.SeeReader(reader) : Task.CompletedTask;

    /// <summary>Begins what is due, and does not wait for it: a slow list must not hold up the other reads.</summary>
    private Task Tick(CancellationToken cancel)
    {
        if (!_isLinked()) return Task.CompletedTask;
        _roster.Tick();
        _presence.Tick(_roster.Readers);
        _history.Tick().Ignore();
        return Task.CompletedTask;
    }
}

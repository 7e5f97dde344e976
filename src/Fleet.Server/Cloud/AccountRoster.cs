using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Compares the readers that SumUp's cloud has for a merchant with Fleet's: now and then, soon when it is told to, and
/// often while a device has a new pairing to confirm. One request brings them all.
/// </summary>
internal sealed class AccountRoster(
    string merchantCode, RosterCalls cloud, MerchantReaders fleet, TimeProvider time)
{
    /// <summary>Readers that are asked for one by one in a comparison, because they are missing in the list.</summary>
    private const int MaxDoubted = 50;

    /// <summary>Pairings that are watched at once; of more than these the comparison learns.</summary>
    private const int MaxWatched = 1_000;

    /// <summary>The pause after a comparison that failed, and before a list without readers is believed.</summary>
    private static readonly TimeSpan AgainPause = TimeSpan.FromMinutes(1);

    /// <summary>The shortest pause between two comparisons.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);

    /// <summary>The pause between two reads while a pairing is to be confirmed.</summary>
    private static readonly TimeSpan WatchPause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (CloudReader Reader, DateTimeOffset Until)> _watched = [];
    private DateTimeOffset _next = time.Now() + fleet.SharePeriod(merchantCode);
    private DateTimeOffset _last, _nextWatch;
    private bool _isSoon, _wasEmpty;
    private Task _work = Task.CompletedTask;

    public RosterCounts Counts { get; private set; } = new();

    /// <summary>Fleet's readers in the cloud, as they were at the last comparison.</summary>
    public IReadOnlyList<CloudReader> Readers { get; private set; } = [];

    public void WatchPairing(CloudReader reader)
    {
        if (_watched.Count < MaxWatched) _watched[reader.ReaderId] = (reader, time.Now() + ReaderProfile.ConfirmWithin);
        _nextWatch = time.Now() + WatchPause;
    }

    public void CompareSoon() => _isSoon = true;

    /// <summary>Begins what is due, unless the work before it goes on.</summary>
    public void Tick()
    {
        if (!_work.IsCompleted) return;
        var now = time.Now();
        foreach (var (id, one) in _watched)
        {
            if (one.Until <= now) _watched.Remove(id);
        }
        if (now >= _next || (_isSoon && now - _last >= ShortestPause)) _work = fleet.Guard(merchantCode, Compare);
        else if (_watched.Count > 0 && now >= _nextWatch) _work = fleet.Guard(merchantCode, ReadWatched);
    }

    /// <summary>
    /// Fleet's readers are read first: one that is paired in between is then in the list only, and is not taken for one
    /// that was deleted. What cannot be read changes nothing.
    /// </summary>
    private async Task Compare()
    {
        (_last, _next, _isSoon) = (time.Now(), time.Now() + AgainPause, false);
        if (await fleet.FindAll(merchantCode) is not { } known)
        {
            fleet.CountResult(RosterResult.Partial);
            return;
        }
        Readers = [.. known.Where(IsInUse)
            .Select(one => one.Profile.CloudReaderId is { } id ? new CloudReader(one.Id, id) : null)
            .OfType<CloudReader>()];
        if (await cloud.List() is not { } listed)
        {
            fleet.CountResult(RosterResult.Failed);
            return;
        }
        var isDoubtful = listed.Count == 0 && Readers.Count > 0 && !_wasEmpty;
        _wasEmpty = listed.Count == 0;
        if (isDoubtful)
        {
            fleet.CountResult(RosterResult.Doubted);
            return;
        }
        var report = RosterRules.Compare(known, listed, time.Now());
        Counts = new(time.Now(), listed.Count, report.Adoptable);
        await Apply(report.Findings);
        fleet.CountResult(RosterResult.Compared);
        _next = time.Now() + fleet.Period + fleet.SharePeriod(merchantCode);
    }

    private async Task Apply(IReadOnlyList<RosterFinding> findings)
    {
        var doubted = 0;
        foreach (var finding in findings)
        {
            if (finding is { Change: RosterChange.Lost, Listed: null, Reader.Profile.CloudReaderId: { } missing }
                && (++doubted > MaxDoubted || await cloud.IsThere(missing) is not false))
                continue; // only its own address proves that it is gone
            await fleet.Apply(merchantCode, finding);
        }
    }

    private async Task ReadWatched()
    {
        _nextWatch = time.Now() + WatchPause;
        if (await cloud.List() is not { } listed) return;
        foreach (var (id, (reader, _)) in _watched.ToList())
        {
            if (listed.FirstOrDefault(one => one.Id == reader.CloudReaderId) is not { Status: PairingStatus.Paired })
                continue;
            _watched.Remove(id);
            await fleet.Confirm(merchantCode, reader);
        }
    }

    private bool IsInUse(KnownReader known) => known.Profile.StatusAt(time.Now()) is PairingStatus.Paired;
}

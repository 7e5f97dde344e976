using System.Collections.Immutable;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// What a store knows of its readers, in memory. Readers report changes, and the store asks again for what was lost. A
/// reader that was given to a till counts as busy until the reader reports. The lines may be read on any thread;
/// everything else only by the store.
/// </summary>
internal sealed class StoreBoard
{
    /// <summary>How long a call waits for changes, well below the time-out of a call.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long a reader is reserved for the till to which it was given.</summary>
    private static readonly TimeSpan Reserved = TimeSpan.FromSeconds(3);

    /// <summary>The age of a checkout at which its reader is asked whether it is over, again and again.</summary>
    private static readonly TimeSpan Overlong = TimeSpan.FromSeconds(90);

    /// <summary>How many tills' last readers are remembered; beyond that all are forgotten.</summary>
    private const int MaxOrigins = 1_000;

    private readonly Guid _id = Guid.NewGuid();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Dictionary<string, string> _origins = [];
    private ImmutableList<Entry> _inOrder = []; // in order of arrival
    private TaskCompletionSource _news = NewSignal();
    private long _version, _wholeSince;

    /// <summary>The lines. A reader that has not reported yet has none.</summary>
    public IEnumerable<BoardLine> Lines => _inOrder.Select(entry => entry.Line).OfType<BoardLine>();

    /// <summary>Readers that have not reported yet, or whose last report is doubtful.</summary>
    public IEnumerable<string> Silent =>
        _inOrder.Where(entry => entry.Line is null || entry.Doubted).Select(entry => entry.ReaderId);

    /// <summary>
    /// Readers that should be free by now. Their report may be lost, and then routing would never choose them again, so
    /// the store asks them.
    /// </summary>
    public IReadOnlyList<string> TakeOverdue(DateTimeOffset now)
    {
        var overdue = _inOrder.Where(entry => entry.Line?.State.Open is { } open
            && now - open.AcceptedAt > Overlong && now - entry.AskedAt > Overlong).ToList();
        foreach (var entry in overdue) entry.AskedAt = now;
        return [.. overdue.Select(entry => entry.ReaderId)];
    }

    /// <summary>The line of a reader; null when it has not reported yet.</summary>
    public BoardLine? FindLine(string readerId) => _entries.GetValueOrDefault(readerId)?.Line;

    /// <summary>Adds a reader that is known to be in this store.</summary>
    public void AddReader(string readerId) => EntryOf(readerId);

    /// <summary>Takes a reader's whole line. False when the reader is new here.</summary>
    public bool PutLine(BoardLine line)
    {
        var known = _entries.ContainsKey(line.ReaderId);
        var entry = EntryOf(line.ReaderId);
        if (entry.Line is not { } before || before.State.Version <= line.State.Version) WriteLine(entry, line);
        return known;
    }

    /// <summary>Takes a reader's state. False when the rest of its line is not known.</summary>
    public bool PutState(string readerId, LineState state)
    {
        if (!_entries.TryGetValue(readerId, out var entry) || entry.Line is not { } line) return false;
        if (line.State.Version <= state.Version) WriteLine(entry, line with { State = state });
        return true;
    }

    /// <summary>Removes a reader that is no longer in this store.</summary>
    public void RemoveReader(string readerId)
    {
        if (!_entries.Remove(readerId, out var entry)) return;
        _inOrder = _inOrder.Remove(entry);
        MarkChanged();
        _wholeSince = _version;
    }

    /// <summary>Marks a reader's state as doubtful until the reader reports again.</summary>
    public void DoubtReader(string readerId)
    {
        if (_entries.TryGetValue(readerId, out var entry)) entry.Doubted = true;
    }

    /// <summary>Marks the readers as doubtful that are active on, or connected to, a node that is gone.</summary>
    public void DoubtReaders(Func<SiloAddress, bool> isGone)
    {
        foreach (var entry in _inOrder)
        {
            if (entry.Line is { State: var state }
                && (isGone(state.Node) || (state.LinkNode is { } link && isGone(link)))) entry.Doubted = true;
        }
    }

    /// <summary>Notes that the board changed.</summary>
    public void MarkChanged()
    {
        _version++;
        _news.TrySetResult();
    }

    /// <summary>Waits until the board has changed since a place, but not for long.</summary>
    public async Task AwaitNews(BoardPlace since)
    {
        if (since.Board != _id || since.Version < _version) return;
        if (_news.Task.IsCompleted) _news = NewSignal();
        await Task.WhenAny(_news.Task, Task.Delay(Patience, TimeProvider.System)); // the real clock, as for a call
    }

    /// <summary>The board, or its changes since a place.</summary>
    public Board ReadSince(BoardPlace? place, IReadOnlyList<Waiting> queue)
    {
        var whole = place is null || place.Board != _id || place.Version < _wholeSince;
        var lines = _inOrder.Where(entry => whole || entry.Version > place?.Version)
            .Select(entry => entry.Line).OfType<BoardLine>();
        return new(new(_id, _version), whole, [.. lines], [.. Silent], queue);
    }

    /// <summary>Reserves a free reader for a till, for a short time.</summary>
    public (ChosenReader? Chosen, RouteCounts Counts) ChooseReader(RouteWish wish, Guid checkoutId, DateTimeOffset now)
    {
        var before = wish.Origin is { } till ? _origins.GetValueOrDefault(till) : null;
        var candidates = _inOrder
            .Where(entry => entry.Line is not null)
            .Select(entry => (Entry: entry, Line: entry.Line ?? throw new InvalidOperationException()))
            .Select(one => one.Line.ToCandidate(PresenceOf(one.Entry, one.Line, now)));
        var chosen = ReaderRouting.ChooseReader(candidates, wish, before);
        if (chosen.Chosen is not { } reader) return chosen;
        var entry = _entries[reader.ReaderId];
        entry.Holder = checkoutId;
        entry.HeldUntil = now + Reserved;
        entry.HeldAt = entry.Line?.State.Version ?? 0;
        if (wish.Origin is { } origin) RememberOrigin(origin, reader.ReaderId);
        return chosen;
    }

    /// <summary>Ends a reservation that the till does not need.</summary>
    public void ReleaseReader(Guid checkoutId)
    {
        foreach (var entry in _inOrder.Where(entry => entry.Holder == checkoutId)) entry.Holder = null;
    }

    private Entry EntryOf(string readerId)
    {
        if (_entries.TryGetValue(readerId, out var known)) return known;
        var entry = _entries[readerId] = new(readerId);
        _inOrder = _inOrder.Add(entry);
        return entry;
    }

    private static Presence PresenceOf(Entry entry, BoardLine line, DateTimeOffset now) => line.PresenceAt(now) switch
    {
        Presence.Free when entry.Doubted || (entry.Holder is not null && now < entry.HeldUntil) => Presence.Busy,
        var presence => presence,
    };

    private void WriteLine(Entry entry, BoardLine line)
    {
        (entry.Line, entry.Doubted) = (line, false);
        if (line.State.Version > entry.HeldAt) entry.Holder = null; // the reader reported after the reservation
        MarkChanged();
        entry.Version = _version;
    }

    private void RememberOrigin(string origin, string readerId)
    {
        if (_origins.Count >= MaxOrigins && !_origins.ContainsKey(origin)) _origins.Clear();
        _origins[origin] = readerId;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Entry(string readerId)
    {
        public string ReaderId => readerId;

        public BoardLine? Line { get; set; }

        public bool Doubted { get; set; }

        /// <summary>When the reader was asked because its checkout had been open for long.</summary>
        public DateTimeOffset AskedAt { get; set; }

        /// <summary>The version of the board at its last change.</summary>
        public long Version { get; set; }

        public Guid? Holder { get; set; }

        public DateTimeOffset HeldUntil { get; set; }

        /// <summary>The version of the reader's ledger when it was reserved.</summary>
        public long HeldAt { get; set; }
    }
}

using System.Collections.Immutable;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// What a store knows of its readers, in memory: they tell, and whatever was lost on the way is asked for again. A
/// reader that was given to a till counts as busy until its own word comes. Its lines may be read from any thread;
/// everything else is the store's own.
/// </summary>
internal sealed class StoreBoard
{
    /// <summary>How long a till has to start its checkout on the reader it was given.</summary>
    private static readonly TimeSpan Reserved = TimeSpan.FromSeconds(3);

    /// <summary>How old a checkout is when its reader is asked whether it is over, and again.</summary>
    private static readonly TimeSpan Overlong = TimeSpan.FromSeconds(90);

    /// <summary>Tills whose last reader is remembered; beyond that all are forgotten.</summary>
    private const int MaxOrigins = 1_000;

    private readonly Guid _id = Guid.NewGuid();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Dictionary<string, string> _origins = [];
    private ImmutableList<Entry> _inOrder = []; // of coming
    private TaskCompletionSource _news = NewSignal();
    private long _version, _wholeSince;

    /// <summary>Its lines. A reader that has not spoken yet has none.</summary>
    public IEnumerable<BoardLine> Lines => _inOrder.Select(entry => entry.Line).OfType<BoardLine>();

    /// <summary>Readers that have not spoken yet, or spoke too long ago to be believed.</summary>
    public IEnumerable<string> Silent =>
        _inOrder.Where(entry => entry.Line is null || entry.Doubted).Select(entry => entry.ReaderId);

    /// <summary>
    /// Readers that should be free by now. The word that they are may be lost, and nobody would choose them again; so
    /// they are asked.
    /// </summary>
    public IReadOnlyList<string> TakeOverdue(DateTimeOffset now)
    {
        var overdue = _inOrder.Where(entry => entry.Line?.State.Open is { } open
            && now - open.AcceptedAt > Overlong && now - entry.AskedAt > Overlong).ToList();
        foreach (var entry in overdue) entry.AskedAt = now;
        return [.. overdue.Select(entry => entry.ReaderId)];
    }

    /// <summary>A reader is known to be here.</summary>
    public void AddReader(string readerId) => EntryOf(readerId);

    /// <summary>A reader says all about itself. False when it is new here.</summary>
    public bool PutLine(BoardLine line)
    {
        var known = _entries.ContainsKey(line.ReaderId);
        var entry = EntryOf(line.ReaderId);
        if (entry.Line is not { } before || before.State.Version <= line.State.Version) WriteLine(entry, line);
        return known;
    }

    /// <summary>A reader says how it is. False when the rest of its line is not known.</summary>
    public bool PutState(string readerId, LineState state)
    {
        if (!_entries.TryGetValue(readerId, out var entry) || entry.Line is not { } line) return false;
        if (line.State.Version <= state.Version) WriteLine(entry, line with { State = state });
        return true;
    }

    /// <summary>A reader is here no longer.</summary>
    public void RemoveReader(string readerId)
    {
        if (!_entries.Remove(readerId, out var entry)) return;
        _inOrder = _inOrder.Remove(entry);
        MarkChanged();
        _wholeSince = _version;
    }

    /// <summary>What a reader said is not believed until it says it again.</summary>
    public void DoubtReader(string readerId)
    {
        if (_entries.TryGetValue(readerId, out var entry)) entry.Doubted = true;
    }

    /// <summary>Doubts the readers that live on, or are connected to, a node that is gone.</summary>
    public void DoubtReaders(Func<SiloAddress, bool> isGone)
    {
        foreach (var entry in _inOrder)
        {
            if (entry.Line is { State: var state }
                && (isGone(state.Node) || (state.LinkNode is { } link && isGone(link)))) entry.Doubted = true;
        }
    }

    /// <summary>Something about the board changed.</summary>
    public void MarkChanged()
    {
        _version++;
        _news.TrySetResult();
    }

    /// <summary>Whether there is something new since a place.</summary>
    public bool IsNews(BoardPlace since) => since.Board != _id || since.Version < _version;

    /// <summary>Ends with the next change.</summary>
    public Task NextChange()
    {
        if (_news.Task.IsCompleted) _news = NewSignal();
        return _news.Task;
    }

    /// <summary>The board, or what is new on it since a place.</summary>
    public Board ReadSince(BoardPlace? place, IReadOnlyList<Waiting> queue)
    {
        var whole = place is null || place.Board != _id || place.Version < _wholeSince;
        var lines = _inOrder.Where(entry => whole || entry.Version > place?.Version)
            .Select(entry => entry.Line).OfType<BoardLine>();
        return new(new(_id, _version), whole, [.. lines], [.. Silent], queue);
    }

    /// <summary>Gives a free reader to a till, which has it for a moment.</summary>
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

    /// <summary>A till does not need the reader it was given.</summary>
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
        if (line.State.Version > entry.HeldAt) entry.Holder = null; // the reader's own word
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

        /// <summary>When it was asked because its checkout had been open for long.</summary>
        public DateTimeOffset AskedAt { get; set; }

        /// <summary>When it changed last, in versions of the board.</summary>
        public long Version { get; set; }

        public Guid? Holder { get; set; }

        public DateTimeOffset HeldUntil { get; set; }

        /// <summary>The version of its ledger when it was given away.</summary>
        public long HeldAt { get; set; }
    }
}

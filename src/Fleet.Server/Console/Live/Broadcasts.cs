using System.Collections.Concurrent;

namespace Fleet.Server.Console.Live;

/// <summary>
/// What this node shows live, one broadcast for each subject that is watched. Each change is rendered once, and the
/// same bytes go to all viewers.
/// </summary>
internal sealed class Broadcasts(NodeLeaving node, ILoggerFactory logs)
{
    /// <summary>How many viewers this node has at most.</summary>
    private const int MaxViewers = 2_000;

    private static readonly string TooManyOfKey =
        $"People with this key watch {MaxPerKey} pages on this node already: close some, or use another key.";

    /// <summary>How many of them one key may have, so that one program cannot take the places of all others.</summary>
    public const int MaxPerKey = 200;

    private readonly ConcurrentDictionary<string, Broadcast> _all = new();
    private readonly ConcurrentDictionary<string, int> _ofKeys = new();
    private int _viewers;

    /// <summary>Viewers of this node.</summary>
    public int Viewers => Volatile.Read(ref _viewers);

    /// <summary>Sends what happens to a viewer until the browser leaves, the session ends, or the node stops.</summary>
    /// <param name="page">The request for the stream; what it asks for was checked.</param>
    /// <param name="subject">A name for what is watched, the same for all viewers of the same.</param>
    /// <param name="source">Tells what is there, and then what changes; it is called once for all viewers.</param>
    public async Task Send(PageRequest page, string subject, LiveSource source)
    {
        if (Interlocked.Increment(ref _viewers) > MaxViewers)
        {
            Interlocked.Decrement(ref _viewers);
            throw new PageRefusal(StatusCodes.Status503ServiceUnavailable, "Too many people watch on this node.");
        }
        var key = page.Viewer?.Grant.Id ?? "";
        var ofKey = _ofKeys.AddOrUpdate(key, 1, (_, count) => count + 1);
        try
        {
            if (ofKey > MaxPerKey) throw new PageRefusal(StatusCodes.Status429TooManyRequests, TooManyOfKey);
            using var viewer = Join(subject, source);
            try
            {
                await viewer.Write(page.Http, node.Token);
            }
            finally
            {
                Leave(subject, viewer);
            }
        }
        finally
        {
            if (_ofKeys.AddOrUpdate(key, 0, (_, count) => count - 1) == 0) _ofKeys.TryRemove(new(key, 0));
            Interlocked.Decrement(ref _viewers);
        }
    }

    private LiveViewer Join(string subject, LiveSource source)
    {
        while (true)
        {
            var broadcast = _all.GetOrAdd(subject, _ => new(source, logs.CreateLogger<Broadcast>()));
            if (broadcast.TryJoin() is { } viewer) return viewer;
            _all.TryRemove(new(subject, broadcast)); // its last viewer has just left
        }
    }

    private void Leave(string subject, LiveViewer viewer)
    {
        if (!_all.TryGetValue(subject, out var broadcast) || !broadcast.Leave(viewer)) return;
        _all.TryRemove(new(subject, broadcast));
    }
}

/// <summary>Tells what is there, and then what changes, until it is cancelled.</summary>
internal delegate IAsyncEnumerable<LiveChange> LiveSource(CancellationToken cancel);

/// <summary>A part of a page.</summary>
/// <param name="Id">The id of its element.</param>
/// <param name="Html">The element; null when it is gone.</param>
internal readonly record struct LivePart(string Id, string? Html);

/// <summary>Parts that changed together.</summary>
/// <param name="Whole">Whether these are all parts that there are; others are gone.</param>
/// <param name="Parts">The parts.</param>
internal sealed record LiveChange(bool Whole, IReadOnlyList<LivePart> Parts);

using System.Text;

namespace Fleet.Server.Console.Live;

/// <summary>
/// One subject: it keeps the newest bytes of each part, and tells viewers which parts changed. The source is followed
/// from the first viewer on, and until the last one has left.
/// </summary>
internal sealed class Broadcast(LiveSource source, ILogger log) : IDisposable
{
    /// <summary>The pause before a source that failed is asked again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _parts = [];
    private readonly HashSet<LiveViewer> _viewers = [];
    private readonly CancellationTokenSource _end = new();
    private bool _followed, _told, _over;
    private volatile bool _fails;

    /// <summary>Whether what is shown may be old, because its source cannot be read.</summary>
    public bool Fails => _fails;

    /// <summary>Adds a viewer, who first gets all parts; null when the last viewer has left.</summary>
    public LiveViewer? TryJoin()
    {
        lock (_lock)
        {
            if (_over) return null;
            var viewer = new LiveViewer(this);
            if (_told) viewer.NoteAll();
            _viewers.Add(viewer);
            if (!_followed) Follow(_end.Token);
            _followed = true;
            return viewer;
        }
    }

    /// <summary>Removes a viewer; true when it was the last one, and the broadcast is over.</summary>
    public bool Leave(LiveViewer viewer)
    {
        lock (_lock)
        {
            _viewers.Remove(viewer);
            if (_viewers.Count > 0 || _over) return false;
            _over = true;
        }
        Dispose();
        return true;
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    /// <summary>The newest state of what changed since a viewer took it last, as events of the stream.</summary>
    public byte[] Take(LiveViewer viewer)
    {
        lock (_lock)
        {
            var (all, changed) = viewer.Forget();
            return all
                ? [.. _parts.Values.SelectMany(bytes => bytes), .. ToBytes("only", string.Join(' ', _parts.Keys))]
                : [.. changed.SelectMany(id => _parts.GetValueOrDefault(id) ?? ToBytes("gone", id))];
        }
    }

    private void Follow(CancellationToken cancel) => Task.Run(async () =>
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in source(cancel))
                {
                    _fails = false;
                    Tell(change);
                }
            }
            catch (Exception e)
            {
                _fails = true;
                if (!cancel.IsCancellationRequested) log.SourceFailed(e.GetBaseException().Message);
            }
            await Task.Delay(Pause, TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }, cancel);

    private void Tell(LiveChange change)
    {
        lock (_lock)
        {
            var changed = change.Parts.Where(Keep).Select(part => part.Id).ToList();
            if (change.Whole) changed.AddRange(ForgetOthers(change.Parts));
            foreach (var viewer in _viewers)
            {
                if (_told) viewer.Note(changed);
                else viewer.NoteAll();
            }
            _told = true;
        }
    }

    /// <summary>Keeps a part; false when it is as it was.</summary>
    private bool Keep(LivePart part)
    {
        if (part.Html is null) return _parts.Remove(part.Id);
        var bytes = ToBytes("put", part.Html);
        if (_parts.TryGetValue(part.Id, out var old) && old.AsSpan().SequenceEqual(bytes)) return false;
        _parts[part.Id] = bytes;
        return true;
    }

    private List<string> ForgetOthers(IReadOnlyList<LivePart> parts)
    {
        var gone = _parts.Keys.Except(parts.Select(part => part.Id)).ToList();
        gone.ForEach(id => _parts.Remove(id));
        return gone;
    }

    /// <summary>One event of the stream: its data may have no other ends of lines than those of its own.</summary>
    private static byte[] ToBytes(string kind, string data) =>
        Encoding.UTF8.GetBytes($"event: {kind}\ndata: {data.ReplaceLineEndings(" ")}\n\n");
}

internal static partial class LiveLog
{
    [LoggerMessage(3200, LogLevel.Warning, "What the console shows live cannot be read: {Why}")]
    public static partial void SourceFailed(this ILogger log, string why);
}

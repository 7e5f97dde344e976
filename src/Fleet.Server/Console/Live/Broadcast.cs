using System.Text;

namespace Fleet.Server.Console.Live;

/// <summary>One subject: it keeps the newest bytes of each part, and gives changes to all viewers.</summary>
internal sealed class Broadcast : IDisposable
{
    /// <summary>The pause before a source that failed is asked again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _parts = [];
    private readonly HashSet<LiveViewer> _viewers = [];
    private readonly CancellationTokenSource _end = new();
    private readonly LiveSource _source;
    private readonly ILogger _log;
    private bool _over;

    public Broadcast(LiveSource source, ILogger log)
    {
        (_source, _log) = (source, log);
        _ = Task.Run(Follow);
    }

    /// <summary>Adds a viewer, who first gets all parts; null when the last viewer has left.</summary>
    public LiveViewer? TryJoin()
    {
        lock (_lock)
        {
            if (_over) return null;
            var viewer = new LiveViewer(ReadAll);
            _viewers.Add(viewer);
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

    /// <summary>All parts, after the ids of all: what a viewer has beside them is gone.</summary>
    private byte[] ReadAll()
    {
        lock (_lock)
        {
            if (_parts.Count == 0) return []; // nothing was read yet
            var ids = Encoding.UTF8.GetBytes($"event: whole\ndata: {string.Join(' ', _parts.Keys)}\n\n");
            return [.. ids, .. _parts.Values.SelectMany(bytes => bytes)];
        }
    }

    private async Task Follow()
    {
        var cancel = _end.Token;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in _source(cancel)) Tell(change);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                _log.SourceFailed(e.GetBaseException().Message);
            }
            await Task.Delay(Pause, TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Tell(LiveChange change)
    {
        lock (_lock)
        {
            var bytes = change.Parts.Select(Keep).SelectMany(one => one).ToArray();
            if (change.Whole) bytes = [.. bytes, .. ForgetOthers(change.Parts)];
            foreach (var viewer in _viewers) viewer.Offer(bytes);
        }
    }

    private byte[] Keep(LivePart part)
    {
        var bytes = ToBytes(part);
        if (part.Html is null) _parts.Remove(part.Id);
        else _parts[part.Id] = bytes;
        return bytes;
    }

    private byte[] ForgetOthers(IReadOnlyList<LivePart> parts)
    {
        var gone = _parts.Keys.Except(parts.Select(part => part.Id)).ToList();
        return [.. gone.SelectMany(id => Keep(new(id, null)))];
    }

    /// <summary>One event of the stream: its data may have no other ends of lines than those of its own.</summary>
    private static byte[] ToBytes(LivePart part) => Encoding.UTF8.GetBytes(part.Html is { } html
        ? $"event: put\ndata: {html.ReplaceLineEndings(" ")}\n\n"
        : $"event: gone\ndata: {part.Id}\n\n");
}

internal static partial class LiveLog
{
    [LoggerMessage(3200, LogLevel.Warning, "What the console shows live cannot be read: {Why}")]
    public static partial void SourceFailed(this ILogger log, string why);
}

using System.Threading.Channels;
using Fleet.Core.Readers;

namespace Fleet.Server.Checkouts;

/// <summary>
/// The queue of one watcher. It ends when the watcher is too slow, or when events of another node may be missing: then
/// the watcher must read the ledger and watch again.
/// </summary>
internal sealed class ChangeWatch(Action<ChangeWatch> close) : IDisposable
{
    /// <summary>How many events may wait for a slow watcher.</summary>
    private const int MaxQueued = 1_024;

    private readonly Channel<ReaderEvent> _queue = Channel.CreateBounded<ReaderEvent>(MaxQueued);
    private int _closed;

    /// <summary>The next event; null when the watch has ended.</summary>
    public async ValueTask<ReaderEvent?> NextEvent(CancellationToken cancel) =>
        await _queue.Reader.WaitToReadAsync(cancel) && _queue.Reader.TryRead(out var happened) ? happened : null;

    public void QueueEvent(ReaderEvent happened)
    {
        if (!_queue.Writer.TryWrite(happened)) End();
    }

    public void End() => _queue.Writer.TryComplete();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0) close(this);
    }
}

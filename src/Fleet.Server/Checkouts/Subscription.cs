using System.Threading.Channels;
using Fleet.Core.Readers;
using Fleet.Server.Changes;

namespace Fleet.Server.Checkouts;

/// <summary>
/// The events for one other node. When events are lost, the node is told that there is a gap, again and again until it
/// has received that. A node that does not answer and does not renew counts as gone.
/// </summary>
internal sealed class Subscription(IChangeExchange there, TimeProvider time)
{
    /// <summary>How many events may wait to be sent; beyond that they are lost.</summary>
    private const int MaxQueued = 16_384;

    /// <summary>How many events are sent together.</summary>
    private const int MaxBatch = 256;

    /// <summary>The pause between two attempts to reach a node.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>After this time without a renewal the node counts as gone: many times the renewal period.</summary>
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(30);

    private readonly Channel<ReaderEvent> _queue = Channel.CreateBounded<ReaderEvent>(
        new BoundedChannelOptions(MaxQueued) { SingleReader = true });

    private long _asked = time.GetTimestamp();
    private bool _lost;
    private volatile bool _ended;

    /// <summary>Renews the subscription; false when the node was given up before.</summary>
    public bool Renew()
    {
        Volatile.Write(ref _asked, time.GetTimestamp());
        return !_ended;
    }

    public void QueueEvents(IReadOnlyList<ReaderEvent> events)
    {
        foreach (var happened in events)
        {
            if (!_queue.Writer.TryWrite(happened)) Volatile.Write(ref _lost, true);
        }
    }

    /// <summary>Sends until the node is gone.</summary>
    public async Task SendUntilGone(CancellationToken cancel)
    {
        try
        {
            while (Volatile.Read(ref _lost) || await HasNews(cancel))
            {
                if (await SendBatch()) continue;
                if (time.GetElapsedTime(Volatile.Read(ref _asked)) > Gone) return;
                await Task.Delay(Pause, time, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // This node stops.
        }
        finally
        {
            _ended = true; // if the node subscribes again, the subscription is new
        }
    }

    private ValueTask<bool> HasNews(CancellationToken cancel) => _queue.Reader.WaitToReadAsync(cancel);

    /// <summary>Sends a batch, and the gap before it if there is one; false when it did not arrive.</summary>
    private async Task<bool> SendBatch()
    {
        var batch = new List<ReaderEvent>();
        while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var next)) batch.Add(next);
        var gap = Interlocked.Exchange(ref _lost, false);
        var arrived = await NodeClient.CallNode(async () =>
        {
            await there.DeliverEvents(batch, gap);
            return true;
        }, silent: false);
        if (!arrived) Volatile.Write(ref _lost, true);
        return arrived;
    }
}

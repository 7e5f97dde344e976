using System.Collections.Concurrent;
using System.Threading.Channels;
using Fleet.Core.Readers;
using Fleet.Server.Storage;

namespace Fleet.Server.Changes;

/// <summary>
/// Tells what this node's readers commit: at once to the watches here, and in batches to the nodes that asked for it.
/// Nobody asks on a node where nobody watches, so where nothing is watched nothing is sent.
/// </summary>
internal sealed class ChangePublisher(ChangeFeed feed, IServiceProvider services, IClusterMembershipService cluster)
    : BackgroundService
{
    /// <summary>Events waiting to be sent; beyond that they are lost, and the other nodes are told so.</summary>
    private const int MaxQueued = 16_384;

    /// <summary>Events sent together.</summary>
    private const int MaxBatch = 256;

    private readonly ConcurrentDictionary<SiloAddress, bool> _missed = new(); // by the nodes that asked
    private readonly Channel<ReaderEvent> _queue = Channel.CreateBounded<ReaderEvent>(
        new BoundedChannelOptions(MaxQueued) { SingleReader = true });

    private volatile bool _overflowed;

    /// <summary>A node wants to be told.</summary>
    public void Add(SiloAddress node) => _missed.TryAdd(node, false);

    /// <summary>Tells what was committed. Waits for nobody.</summary>
    public void Publish(IReadOnlyList<ReaderEvent> events)
    {
        feed.Tell(events);
        if (_missed.IsEmpty) return;
        foreach (var happened in events)
        {
            if (!_queue.Writer.TryWrite(happened)) _overflowed = true;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<ReaderEvent>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync(stoppingToken))
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var next)) batch.Add(next);
            var lost = _overflowed;
            _overflowed = false;
            await Task.WhenAll(_missed.Select(node => Send(node.Key, batch, lost || node.Value)));
            batch.Clear();
        }
    }

    private async Task Send(SiloAddress node, List<ReaderEvent> batch, bool gap)
    {
        try
        {
            await services.GetRequiredService<ChangeClient>().On(node).Tell(batch, gap);
            _missed[node] = false;
        }
        catch (Exception e) when (Outage.Is(e)) // Orleans also gives up by itself while nodes come and go
        {
            _missed[node] = true;
            if (cluster.CurrentSnapshot.GetSiloStatus(node) is SiloStatus.Dead or SiloStatus.None)
                _missed.TryRemove(node, out _);
        }
    }
}

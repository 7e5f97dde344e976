using System.Collections.Concurrent;
using Fleet.Core.Readers;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Tells what this node's readers commit: at once to the watches here, and in batches to the nodes that asked for it.
/// Nobody asks on a node where nobody watches, so where nothing is watched nothing is sent. Each node has a queue of
/// its own: one that is frozen keeps no other waiting.
/// </summary>
internal sealed class ChangePublisher(
    ChangeFeed feed, IServiceProvider services, IHostApplicationLifetime host, TimeProvider time)
{
    private readonly ConcurrentDictionary<SiloAddress, Subscription> _nodes = new();

    /// <summary>A node wants to be told, or still does; true when it is new.</summary>
    public bool AddNode(SiloAddress node)
    {
        if (_nodes.TryGetValue(node, out var known) && known.Renew()) return false;
        // Asked for here, and not in the constructor: the client needs the silo, which is not made yet by then.
        var subscription = new Subscription(services.GetRequiredService<ChangeClient>().GetExchange(node), time);
        _nodes[node] = subscription;
        // no part of this call
        using (ExecutionContext.SuppressFlow()) _ = Task.Run(() => ServeNode(node, subscription));
        return true;
    }

    /// <summary>Tells what was committed. Waits for nobody.</summary>
    public void PublishEvents(IReadOnlyList<ReaderEvent> events)
    {
        feed.PublishEvents(events);
        foreach (var (_, subscription) in _nodes) subscription.QueueEvents(events);
    }

    private async Task ServeNode(SiloAddress node, Subscription subscription)
    {
        await subscription.SendUntilGone(host.ApplicationStopped);
        _nodes.TryRemove(KeyValuePair.Create(node, subscription));
    }
}

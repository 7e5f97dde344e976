using System.Collections.Concurrent;
using Fleet.Core.Readers;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Reports what this node's readers commit: at once to watches on this node, and in batches to the nodes that
/// subscribed. A node without watches does not subscribe, so nothing is sent to it. Each node has its own queue, so a
/// frozen node does not delay the others.
/// </summary>
internal sealed class ChangePublisher(
    ChangeFeed feed, IServiceProvider services, IHostApplicationLifetime host, TimeProvider time)
{
    private readonly ConcurrentDictionary<SiloAddress, Subscription> _nodes = new();

    /// <summary>Adds or renews the subscription of a node; true when it is new.</summary>
    public bool AddNode(SiloAddress node)
    {
        if (_nodes.TryGetValue(node, out var known) && known.Renew()) return false;
        // The client is resolved here and not in the constructor, because it needs the silo, which does not exist yet
        // then.
        var subscription = new Subscription(services.GetRequiredService<ChangeClient>().GetExchange(node), time);
        _nodes[node] = subscription;
        // not part of this call's trace
        using (ExecutionContext.SuppressFlow()) _ = Task.Run(() => ServeNode(node, subscription));
        return true;
    }

    /// <summary>Reports committed events. Does not wait.</summary>
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

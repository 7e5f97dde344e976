using Fleet.Core.Readers;
using Fleet.Server.Changes;

namespace Fleet.Server.Checkouts;

/// <summary>The receiving end on each node. It only queues.</summary>
internal sealed class ChangeExchange(
    GrainId id, Silo silo, ILoggerFactory logs, ChangeFeed feed, ChangePublisher publisher)
    : GrainService(id, silo, logs), IChangeExchange
{
    public Task<bool> SubscribeNode(SiloAddress node) => Task.FromResult(publisher.AddNode(node));

    public Task DeliverEvents(IReadOnlyList<ReaderEvent> events, bool gap)
    {
        if (gap) feed.EndWatches();
        feed.PublishEvents(events);
        return Task.CompletedTask;
    }
}

/// <summary>Calls the exchanges of other nodes.</summary>
internal sealed class ChangeClient(IServiceProvider services, ILocalSiloDetails here)
    : NodeClient<IChangeExchange>(services)
{
    public IChangeExchange GetExchange(SiloAddress node) => GetGrainService(node);

    /// <summary>
    /// Subscribes to a node's events. The result says whether the subscription is new, so that events may be missing;
    /// null when the node does not answer.
    /// </summary>
    public Task<bool?> SubscribeTo(SiloAddress node) =>
        AskNode<bool?>(node, async exchange => await exchange.SubscribeNode(here.SiloAddress), silent: null);
}

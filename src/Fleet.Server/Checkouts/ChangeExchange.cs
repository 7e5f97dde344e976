using Fleet.Core.Readers;
using Fleet.Server.Changes;
using Orleans.Runtime.Services;

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
internal sealed class ChangeClient(IServiceProvider services) : GrainServiceClient<IChangeExchange>(services)
{
    public IChangeExchange GetExchange(SiloAddress node) => GetGrainService(node);
}

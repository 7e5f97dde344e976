using Fleet.Core.Readers;
using Fleet.Server.Changes;
using Orleans.Runtime.Services;

namespace Fleet.Server.Checkouts;

/// <summary>One per node. It only queues.</summary>
internal sealed class ChangeExchange(
    GrainId id, Silo silo, ILoggerFactory logs, ChangeFeed feed, ChangePublisher publisher)
    : GrainService(id, silo, logs), IChangeExchange
{
    public Task<bool> Subscribe(SiloAddress node) => Task.FromResult(publisher.Add(node));

    public Task Tell(IReadOnlyList<ReaderEvent> events, bool gap)
    {
        if (gap) feed.Interrupt();
        feed.Tell(events);
        return Task.CompletedTask;
    }
}

/// <summary>How a node reaches the others' services.</summary>
internal sealed class ChangeClient(IServiceProvider services) : GrainServiceClient<IChangeExchange>(services)
{
    public IChangeExchange On(SiloAddress node) => GetGrainService(node);
}

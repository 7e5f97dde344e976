using Fleet.Server.Grains;
using Orleans.Services;

namespace Fleet.Server.Stores;

/// <summary>Answers for all stores that are active on a node.</summary>
[Alias("fleet.store-counter")]
internal interface IStoreCounter : IGrainService
{
    /// <summary>The counts of stores; null for each store that is not active on this node.</summary>
    [Alias("count"), ResponseTimeout(NodeClient.Patience)]
    Task<IReadOnlyList<StoreCounts?>> CountStores(IReadOnlyList<string> stores);
}

/// <summary>The receiving end on each node.</summary>
internal sealed class StoreCounter(GrainId id, Silo silo, ILoggerFactory logs, LocalStores stores)
    : GrainService(id, silo, logs), IStoreCounter
{
    public Task<IReadOnlyList<StoreCounts?>> CountStores(IReadOnlyList<string> keys) =>
        Task.FromResult(stores.CountStores(keys));
}

/// <summary>Counts stores on all nodes with one call to each node, however many stores there are.</summary>
internal sealed class StoreCounterClient(
    IServiceProvider services, LocalStores local, ILocalSiloDetails here, IClusterMembershipService cluster)
    : NodeClient<IStoreCounter>(services)
{
    /// <summary>The counts of stores; null for each store that no node has reported in time.</summary>
    public async Task<StoreCounts?[]> CountStores(IReadOnlyList<string> stores, TimeSpan patience)
    {
        var others = cluster.CurrentSnapshot.OtherNodes(here).Select(node => AskNode(node, stores, patience)).ToList();
        var counts = local.CountStores(stores).ToArray();
        foreach (var other in await Task.WhenAll(others))
        {
            for (var i = 0; i < other.Count; i++) counts[i] ??= other[i];
        }
        return counts;
    }

    /// <summary>A store on a node that does not answer is asked directly, and may have moved already.</summary>
    private Task<IReadOnlyList<StoreCounts?>> AskNode(
        SiloAddress node, IReadOnlyList<string> stores, TimeSpan patience) =>
        AskNode(node, other => other.CountStores(stores).WaitAsync(patience, TimeProvider.System), silent: []);
}

using Fleet.Server.Grains;
using Orleans.Services;

namespace Fleet.Server.Stores;

/// <summary>A node's answer for all the stores that live on it.</summary>
[Alias("fleet.store-counter")]
internal interface IStoreCounter : IGrainService
{
    /// <summary>The counts of stores, with null for each that is not here.</summary>
    [Alias("count"), ResponseTimeout(NodeClient.Patience)]
    Task<IReadOnlyList<StoreCounts?>> CountStores(IReadOnlyList<string> stores);
}

/// <summary>One per node.</summary>
internal sealed class StoreCounter(GrainId id, Silo silo, ILoggerFactory logs, LocalStores stores)
    : GrainService(id, silo, logs), IStoreCounter
{
    public Task<IReadOnlyList<StoreCounts?>> CountStores(IReadOnlyList<string> keys) =>
        Task.FromResult(stores.CountStores(keys));
}

/// <summary>Counts stores wherever they live: one question to each node, however many stores there are.</summary>
internal sealed class StoreCounterClient(
    IServiceProvider services, LocalStores local, ILocalSiloDetails here, IClusterMembershipService cluster)
    : NodeClient<IStoreCounter>(services)
{
    /// <summary>The counts of stores, with null for each of which no node that answers in time has heard.</summary>
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

    /// <summary>A store on a node that does not answer is asked by itself, and may have moved already.</summary>
    private Task<IReadOnlyList<StoreCounts?>> AskNode(
        SiloAddress node, IReadOnlyList<string> stores, TimeSpan patience) =>
        AskNode(node, other => other.CountStores(stores).WaitAsync(patience, TimeProvider.System), silent: []);
}

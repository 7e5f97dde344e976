using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>A merchant's stores.</summary>
[Alias("fleet.merchant-grain")]
internal interface IMerchantGrain : IGrainWithStringKey
{
    /// <summary>The stores, the default one first, then in the order they were made.</summary>
    [Alias("stores")]
    Task<IReadOnlyList<StoreInfo>> ListStores();

    /// <summary>Makes a store, or opens one again that was retired.</summary>
    [Alias("create-store")]
    Task<StoreReply> CreateStore(string store, string name);

    [Alias("rename-store")]
    Task<StoreReply> RenameStore(string store, string name);

    /// <summary>Retires a store that has no readers left. The default store stays.</summary>
    [Alias("retire-store")]
    Task<StoreReply> RetireStore(string store);
}

/// <summary>The store, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.store-reply")]
internal sealed record StoreReply([property: Id(0)] StoreInfo? Store, [property: Id(1)] Refusal? Refusal = null);

/// <summary>The saved state of a merchant.</summary>
public sealed record MerchantRecord
{
    public IReadOnlyList<StoreInfo> Stores { get; init; } =
        [new(ReaderProfile.DefaultStore, ReaderProfile.DefaultStoreName)];
}

internal sealed class MerchantGrain(
    [PersistentState("merchant")] IPersistentState<MerchantRecord> record, TimeProvider time) : Grain, IMerchantGrain
{
    public Task<IReadOnlyList<StoreInfo>> ListStores() => Task.FromResult(record.State.Stores);

    /// <summary>
    /// Makes a store. The store is opened before it is listed: if the second step fails, the store is not listed, which
    /// does no harm.
    /// </summary>
    public async Task<StoreReply> CreateStore(string store, string name)
    {
        if (StoreRules.CreateStore(record.State.Stores, store) is { } refusal) return new(null, refusal);
        await GetStore(store).OpenStore();
        return await SaveStore(new(store, name, time.Now()));
    }

    public Task<StoreReply> RenameStore(string store, string name) =>
        ChangeStore(store, StoreRules.RenameStore(record.State.Stores, store), known => known with { Name = name });

    public async Task<StoreReply> RetireStore(string store) => await ChangeStore(
        store,
        StoreRules.RetireStore(record.State.Stores, store) ?? await GetStore(store).CloseStore(),
        known => known with { RetiredAt = time.Now() });

    private IStoreGrain GetStore(string store) =>
        GrainFactory.GetGrain<IStoreGrain>(StoreKey.ForStore(this.GetPrimaryKeyString(), store));

    private async Task<StoreReply> ChangeStore(string id, Refusal? refusal, Func<StoreInfo, StoreInfo> change) =>
        refusal is null && StoreRules.FindStore(record.State.Stores, id) is { } known
            ? await SaveStore(change(known))
            : new(null, refusal ?? Refusal.NotFound);

    private async Task<StoreReply> SaveStore(StoreInfo store)
    {
        var stores = record.State.Stores;
        await record.SaveState(record.State with
        {
            Stores = StoreRules.FindStore(stores, store.Id) is null
                ? [.. stores, store]
                : [.. stores.Select(known => known.Id == store.Id ? store : known)],
        });
        return new(store);
    }
}

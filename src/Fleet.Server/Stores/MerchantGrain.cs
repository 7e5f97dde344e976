using Fleet.Core;
using Fleet.Core.Readers;
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

/// <summary>A store, as callers see it.</summary>
/// <param name="Id">Its id, which never changes.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made; null for the default store, which always exists.</param>
/// <param name="RetiredAt">When it was retired; null while it is open.</param>
[GenerateSerializer, Immutable, Alias("fleet.store-info")]
public sealed record StoreInfo(
    [property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] DateTimeOffset? CreatedAt = null,
    [property: Id(3)] DateTimeOffset? RetiredAt = null);

/// <summary>The store, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.store-reply")]
internal sealed record StoreReply([property: Id(0)] StoreInfo? Store, [property: Id(1)] Refusal? Refusal = null);

/// <summary>The saved state of a merchant.</summary>
public sealed record MerchantRecord
{
    public IReadOnlyList<StoreInfo> Stores { get; init; } = [new(ReaderProfile.DefaultStore, "Default")];
}

internal sealed class MerchantGrain(
    [PersistentState("merchant")] IPersistentState<MerchantRecord> record, TimeProvider time) : Grain, IMerchantGrain
{
    /// <summary>Stores of one merchant: more than any chain has.</summary>
    private const int MaxStores = 10_000;

    private static readonly StoreReply NotFound = new(null, Refusal.NotFound);

    public Task<IReadOnlyList<StoreInfo>> ListStores() => Task.FromResult(record.State.Stores);

    /// <summary>
    /// Makes a store. The store is opened before it is listed: if the second step fails, the store is not listed, which
    /// does no harm.
    /// </summary>
    public async Task<StoreReply> CreateStore(string store, string name)
    {
        var known = FindStore(store);
        if (known is { RetiredAt: null }) return new(null, Refusal.StoreExists);
        if (known is null && record.State.Stores.Count >= MaxStores)
            return new(null, Refusal.InvalidFields([new("store", $"cannot be added to {MaxStores} others")]));
        await GetStore(store).OpenStore();
        return await SaveStore(new(store, name, time.Now()));
    }

    public async Task<StoreReply> RenameStore(string store, string name) =>
        FindStore(store) is { RetiredAt: null } known ? await SaveStore(known with { Name = name }) : NotFound;

    public async Task<StoreReply> RetireStore(string store)
    {
        if (store == ReaderProfile.DefaultStore)
            return new(null, Refusal.InvalidFields([new("store", "cannot be the default one")]));
        if (FindStore(store) is not { RetiredAt: null } known) return NotFound;
        if (await GetStore(store).CloseStore() is { } refusal) return new(null, refusal);
        return await SaveStore(known with { RetiredAt = time.Now() });
    }

    private StoreInfo? FindStore(string store) => record.State.Stores.FirstOrDefault(known => known.Id == store);

    private IStoreGrain GetStore(string store) =>
        GrainFactory.GetGrain<IStoreGrain>(StoreKey.ForStore(this.GetPrimaryKeyString(), store));

    private async Task<StoreReply> SaveStore(StoreInfo store)
    {
        var stores = record.State.Stores;
        await record.SaveState(record.State with
        {
            Stores = FindStore(store.Id) is null
                ? [.. stores, store]
                : [.. stores.Select(known => known.Id == store.Id ? store : known)],
        });
        return new(store);
    }
}

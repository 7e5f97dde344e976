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
    Task<IReadOnlyList<StoreInfo>> Stores();

    /// <summary>Makes a store, or opens one again that was retired.</summary>
    [Alias("create-store")]
    Task<StoreReply> CreateStore(string store, string name);

    [Alias("rename-store")]
    Task<StoreReply> RenameStore(string store, string name);

    /// <summary>Retires a store that has no readers left. The default store stays.</summary>
    [Alias("retire-store")]
    Task<StoreReply> RetireStore(string store);
}

/// <summary>A store as its merchant knows it.</summary>
/// <param name="Id">Its id, which never changes.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made; null for the default store, which always was.</param>
/// <param name="RetiredAt">When it was retired; null while it is open.</param>
[GenerateSerializer, Immutable, Alias("fleet.store-info")]
public sealed record StoreInfo(
    [property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] DateTimeOffset? CreatedAt = null,
    [property: Id(3)] DateTimeOffset? RetiredAt = null);

/// <summary>The store, or why not.</summary>
[GenerateSerializer, Immutable, Alias("fleet.store-reply")]
internal sealed record StoreReply([property: Id(0)] StoreInfo? Store, [property: Id(1)] Refusal? Refusal = null);

/// <summary>What is kept of a merchant.</summary>
public sealed record MerchantRecord
{
    public IReadOnlyList<StoreInfo> Stores { get; init; } = [new(Pairing.DefaultStore, "Default")];
}

internal sealed class MerchantGrain(
    [PersistentState("merchant")] IPersistentState<MerchantRecord> record, TimeProvider time) : Grain, IMerchantGrain
{
    /// <summary>Stores of one merchant: more than any chain has.</summary>
    private const int MaxStores = 10_000;

    private static readonly StoreReply NotFound = new(null, Refusal.NotFound);

    public Task<IReadOnlyList<StoreInfo>> Stores() => Task.FromResult(record.State.Stores);

    /// <summary>The store opens first: one that is known to nobody yet does no harm.</summary>
    public async Task<StoreReply> CreateStore(string store, string name)
    {
        var known = Find(store);
        if (known is { RetiredAt: null }) return new(null, Refusal.StoreExists);
        if (known is null && record.State.Stores.Count >= MaxStores)
            return new(null, Refusal.Invalid([new("store", $"cannot be added to {MaxStores} others")]));
        await Grain(store).Open();
        return await Put(new(store, name, time.Now()));
    }

    public async Task<StoreReply> RenameStore(string store, string name) =>
        Find(store) is { RetiredAt: null } known ? await Put(known with { Name = name }) : NotFound;

    public async Task<StoreReply> RetireStore(string store)
    {
        if (store == Pairing.DefaultStore)
            return new(null, Refusal.Invalid([new("store", "cannot be the default one")]));
        if (Find(store) is not { RetiredAt: null } known) return NotFound;
        if (await Grain(store).Close() is { } refusal) return new(null, refusal);
        return await Put(known with { RetiredAt = time.Now() });
    }

    private StoreInfo? Find(string store) => record.State.Stores.FirstOrDefault(known => known.Id == store);

    private IStoreGrain Grain(string store) =>
        GrainFactory.GetGrain<IStoreGrain>(StoreKey.Of(this.GetPrimaryKeyString(), store));

    private async Task<StoreReply> Put(StoreInfo store)
    {
        var stores = record.State.Stores;
        await record.Store(record.State with
        {
            Stores = Find(store.Id) is null
                ? [.. stores, store]
                : [.. stores.Select(known => known.Id == store.Id ? store : known)],
        });
        return new(store);
    }
}

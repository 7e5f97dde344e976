using System.Collections.Concurrent;
using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>Finds the stores that a caller's key reaches.</summary>
internal sealed class StoreDirectory(IGrainFactory grains)
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<StoreInfo>> _known = new(); // by merchant

    /// <summary>All open stores, the default one first.</summary>
    public async Task<IReadOnlyList<StoreInfo>> ListOpen(Reach caller, CancellationToken cancel) =>
        [.. (await ListAll(caller, cancel)).Where(store => store.RetiredAt is null)];

    /// <summary>All open stores, or if the merchant does not answer in time those that this node knew last.</summary>
    public async Task<IReadOnlyList<StoreInfo>> ListLastKnown(Reach caller, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            return await ListOpen(caller, cancel).WaitAsync(patience, TimeProvider.System, cancel);
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested
            && _known.TryGetValue(caller.MerchantCode, out _))
        {
            return [.. _known[caller.MerchantCode].Where(store => store.RetiredAt is null && IsWithin(caller, store))];
        }
    }

    /// <summary>All stores, also retired ones.</summary>
    public async Task<IReadOnlyList<StoreInfo>> ListAll(Reach caller, CancellationToken cancel)
    {
        var merchant = GetMerchant(caller.MerchantCode);
        var stores = await Failover.CallWithRetry(merchant.ListStores, cancel);
        _known[caller.MerchantCode] = stores;
        return [.. stores.Where(store => IsWithin(caller, store))];
    }

    /// <summary>
    /// The store that a reader's metadata names, or null. A merchant that has made no stores may use any text, as with
    /// SumUp. If a merchant has stores, an unknown store is an error. The metadata has been checked.
    /// </summary>
    public async Task<string?> FindNamed(
        Reach caller, JsonElement? metadata, FieldCheck fields, CancellationToken cancel)
    {
        const string Member = "store", Field = $"metadata.{Member}";
        if (metadata is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty(Member, out var member))
            return null;
        if (fields.Errors.Any(error => error.Field == "metadata")) return null; // it may hold text that is none
        var stores = await ListAll(caller with { Store = null }, cancel);
        if (stores.Count == 1) return null;
        var name = member.ValueKind is JsonValueKind.String ? member.GetString() : null;
        var known = stores.Any(store => store.Id == name && store.RetiredAt is null)
            && (caller.Store ?? name) == name;
        if (!known) fields.AddError(Field, "is not a store of this merchant");
        return known ? name : null;
    }

    public IMerchantGrain GetMerchant(string merchantCode) => grains.GetGrain<IMerchantGrain>(merchantCode);

    private static bool IsWithin(Reach caller, StoreInfo store) => caller.Store is null || caller.Store == store.Id;

    /// <summary>
    /// A store; null when the key does not reach it. With an empty name: the store of the key, or the default one.
    /// </summary>
    public IStoreGrain? FindStore(Reach caller, string store)
    {
        var name = store.Length > 0 ? store : caller.Store ?? ReaderProfile.DefaultStore;
        return caller.Store is null || caller.Store == name
            ? grains.GetGrain<IStoreGrain>(StoreKey.ForStore(caller.MerchantCode, name))
            : null;
    }
}

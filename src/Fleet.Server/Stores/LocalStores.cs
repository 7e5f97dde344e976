using System.Collections.Concurrent;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// The stores that live on this node, once they have heard of their readers. Whoever counts reads them here, on its
/// own thread, and costs no store a turn.
/// </summary>
internal sealed class LocalStores(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, LocalStore> _stores = new();

    /// <summary>All of them.</summary>
    public IEnumerable<LocalStore> All => _stores.Values;

    /// <summary>A store is here.</summary>
    public void AddStore(LocalStore store) => _stores[store.Key] = store;

    /// <summary>A store is here no longer, unless it came back meanwhile.</summary>
    public void RemoveStore(LocalStore store) => _stores.TryRemove(new(store.Key, store));

    /// <summary>The counts of stores, with null for each that is not here.</summary>
    public IReadOnlyList<StoreCounts?> CountStores(IReadOnlyList<string> stores)
    {
        var now = time.Now();
        return [.. stores.Select(key => _stores.TryGetValue(key, out var store) ? store.CountReaders(now) : null)];
    }
}

/// <summary>What a store shows of itself on its node.</summary>
/// <param name="Key">Its merchant and name, as <see cref="StoreKey"/> writes them.</param>
/// <param name="Board">Its readers.</param>
/// <param name="Queue">Who waits for one.</param>
internal sealed record LocalStore(string Key, StoreBoard Board, StoreQueue Queue)
{
    /// <summary>Its board in numbers.</summary>
    public StoreCounts CountReaders(DateTimeOffset now)
    {
        var silent = Board.Silent.ToHashSet();
        return StoreCounts.FromLines(
            [.. Board.Lines.Where(line => !silent.Contains(line.ReaderId))], silent.Count, Queue.Count, now);
    }
}

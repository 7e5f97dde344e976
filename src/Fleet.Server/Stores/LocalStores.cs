using System.Collections.Concurrent;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// The stores that are active on this node and know their readers. Counting reads them here, on its own thread, without
/// a call to the store.
/// </summary>
internal sealed class LocalStores(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, LocalStore> _stores = new();

    /// <summary>All stores that are active here.</summary>
    public IEnumerable<LocalStore> All => _stores.Values;

    /// <summary>Adds a store that became active here.</summary>
    public void AddStore(LocalStore store) => _stores[store.Key] = store;

    /// <summary>Removes a store, unless it was activated again meanwhile.</summary>
    public void RemoveStore(LocalStore store) => _stores.TryRemove(new(store.Key, store));

    /// <summary>The counts of stores; null for each store that is not active here.</summary>
    public IReadOnlyList<StoreCounts?> CountStores(IReadOnlyList<string> stores)
    {
        var now = time.Now();
        return [.. stores.Select(key => _stores.TryGetValue(key, out var store) ? store.CountReaders(now) : null)];
    }
}

/// <summary>What a store makes visible on its node.</summary>
/// <param name="Key">Its merchant and name, as <see cref="StoreKey"/> writes them.</param>
/// <param name="Board">Its readers.</param>
/// <param name="Queue">The tills that wait for a reader.</param>
internal sealed record LocalStore(string Key, StoreBoard Board, StoreQueue Queue)
{
    /// <summary>The counts of its board.</summary>
    public StoreCounts CountReaders(DateTimeOffset now)
    {
        var silent = Board.Silent.ToHashSet();
        return StoreCounts.FromLines(
            [.. Board.Lines.Where(line => !silent.Contains(line.ReaderId))], silent.Count, Queue.Count, now);
    }

    /// <summary>How its readers are; those that have not reported are missing.</summary>
    /// <param name="now">The time.</param>
    /// <param name="limit">Readers of the sample, at most.</param>
    public BoardSample TakeSample(DateTimeOffset now, int limit)
    {
        var silent = Board.Silent.ToHashSet();
        var (merchantCode, store) = StoreKey.SplitKey(Key);
        return new(merchantCode, store, Board.Lines.Where(line => !silent.Contains(line.ReaderId)).Take(limit)
            .ToDictionary(line => line.ReaderId, line => new ReaderLook(
                line.IsUnknownAt(now) ? null : line.PresenceAt(now),
                line.State.Status.Health?.BatteryLevel is { } battery ? (int)Math.Round(battery) : null)));
    }
}

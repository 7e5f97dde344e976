using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fleet.Core.Readers;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Reports events to the watches of this node right after their commit. It is a fast hint and not a record: a watcher
/// reads the ledger after it began to watch, and again when its watch ends without its wish.
/// </summary>
internal sealed class ChangeFeed
{
    /// <summary>How many watches this node may have at the same time.</summary>
    private const int MaxWatches = 10_000;

    private readonly ConcurrentDictionary<(string Merchant, Guid Checkout), ImmutableHashSet<ChangeWatch>> _watches =
        new();
    private int _count;

    /// <summary>Watches that are open.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Begins a watch.</summary>
    /// <param name="merchantCode">Whose checkouts.</param>
    /// <param name="checkoutId">Only this one; null for all.</param>
    /// <exception cref="TooManyWatchesException">Too many are open.</exception>
    public ChangeWatch OpenWatch(string merchantCode, Guid? checkoutId = null)
    {
        if (Interlocked.Increment(ref _count) > MaxWatches)
        {
            Interlocked.Decrement(ref _count);
            throw new TooManyWatchesException();
        }
        var key = (merchantCode, checkoutId ?? Guid.Empty);
        var watch = new ChangeWatch(ended => CloseWatch(key, ended));
        _watches.AddOrUpdate(key, _ => [watch], (_, others) => others.Add(watch));
        return watch;
    }

    /// <summary>Passes events to the watches of this node.</summary>
    public void PublishEvents(IEnumerable<ReaderEvent> events)
    {
        if (_watches.IsEmpty) return;
        foreach (var happened in events)
        {
            NotifyWatches((happened.Checkout.MerchantCode, happened.Checkout.Id), happened);
            NotifyWatches((happened.Checkout.MerchantCode, Guid.Empty), happened);
        }
    }

    /// <summary>Ends every watch, because events may have been missed.</summary>
    public void EndWatches()
    {
        foreach (var watch in _watches.Values.SelectMany(some => some)) watch.End();
    }

    private void NotifyWatches((string, Guid) key, ReaderEvent happened)
    {
        if (!_watches.TryGetValue(key, out var watches)) return;
        foreach (var watch in watches) watch.QueueEvent(happened);
    }

    private void CloseWatch((string, Guid) key, ChangeWatch watch)
    {
        Interlocked.Decrement(ref _count);
        var left = _watches.AddOrUpdate(key, _ => [], (_, watches) => watches.Remove(watch));
        if (left.IsEmpty) _watches.TryRemove(KeyValuePair.Create(key, left));
    }
}

/// <summary>This node has as many waiting callers as it takes; there is no other problem.</summary>
internal sealed class TooManyWatchesException() : Exception("Too many callers are waiting on this node.");

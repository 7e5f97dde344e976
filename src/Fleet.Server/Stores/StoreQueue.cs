using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// The tills that wait for a reader of a store, first come first served; a till that cannot use any free reader is
/// passed over. The queue is in memory: after a store has moved, the tills ask again with the time at which they began
/// to wait, so their order is restored.
/// </summary>
internal sealed class StoreQueue
{
    /// <summary>How long a till keeps its place when it does not ask again.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private ImmutableList<Place> _places = []; // immutable, so that any thread can count it

    /// <summary>How many tills wait.</summary>
    public int Count => _places.Count(place => place.Chosen is null);

    /// <summary>The tills that wait, the first one first.</summary>
    public IReadOnlyList<Waiting> Waiting => [.. _places.Where(place => place.Chosen is null).Select(place =>
        new Waiting(place.Ask.CheckoutId, place.Ask.Wish.Origin, place.Ask.Since, place.Ask.Until ?? place.Ask.Since))];

    /// <summary>Whether a till has a place.</summary>
    public bool HasPlace(Guid checkoutId) => _places.Exists(place => place.Ask.CheckoutId == checkoutId);

    /// <summary>Takes a place after the tills that began to wait earlier; or says why it may not.</summary>
    public Refusal? TryEnter(RouteRequest ask, DateTimeOffset now)
    {
        if (QueueRules.EnterQueue(_places.Count) is { } refusal) return refusal;
        var behind = _places.FindLastIndex(place => place.Ask.Since <= ask.Since);
        _places = _places.Insert(behind + 1, new(ask) { Seen = now });
        return null;
    }

    /// <summary>Gives up a place; returns the till's request, or null.</summary>
    public RouteRequest? RemovePlace(Guid checkoutId)
    {
        if (_places.Find(place => place.Ask.CheckoutId == checkoutId) is not { } mine) return null;
        _places = _places.Remove(mine);
        return mine.Ask;
    }

    /// <summary>Offers free readers to waiting tills, in their order.</summary>
    /// <param name="choose">Reserves a reader for a request, or says that none is free.</param>
    public void ServeTills(Func<RouteRequest, ChosenReader?> choose)
    {
        foreach (var place in _places)
        {
            if (place.Chosen is null && choose(place.Ask) is { } reader) place.GiveReader(reader);
        }
    }

    /// <summary>
    /// Removes tills that do not ask any more; returns their requests, because readers may be reserved for them.
    /// </summary>
    public IReadOnlyList<RouteRequest> ForgetSilent(DateTimeOffset now)
    {
        var gone = _places.Where(place => place.Waits == 0 && now - place.Seen > Silence).ToList();
        _places = _places.RemoveRange(gone);
        return [.. gone.Select(place => place.Ask)];
    }

    /// <summary>Waits for the reader that a till is given, which ends its place; null when the time is over.</summary>
    public async Task<ChosenReader?> AwaitReader(Guid checkoutId, TimeSpan wait, TimeProvider time)
    {
        if (_places.Find(place => place.Ask.CheckoutId == checkoutId) is not { } mine) return null;
        mine.Waits++;
        // Orleans' own time-out uses the real clock, too
        await Task.WhenAny(mine.Given, Task.Delay(wait, TimeProvider.System));
        mine.Waits--;
        mine.Seen = time.GetUtcNow();
        if (mine.Chosen is not null) _places = _places.Remove(mine);
        return mine.Chosen;
    }

    private sealed class Place(RouteRequest ask)
    {
        private readonly TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RouteRequest Ask => ask;

        public ChosenReader? Chosen { get; private set; }

        public Task Given => _given.Task;

        /// <summary>Calls that wait for this place right now.</summary>
        public int Waits { get; set; }

        public DateTimeOffset Seen { get; set; }

        public void GiveReader(ChosenReader reader)
        {
            Chosen = reader;
            _given.TrySetResult();
        }
    }
}

using System.Collections.Immutable;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// The tills that wait for a reader of a store, first come first served; who can use no reader that is free lets others
/// pass. It is in memory: a store that moves gets it back from the tills, which ask again with the time they began.
/// </summary>
internal sealed class StoreQueue
{
    /// <summary>Tills waiting in one store.</summary>
    public const int MaxWaiting = 32;

    /// <summary>How long a till keeps its place without asking again.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private ImmutableList<Place> _places = []; // so that any thread can count them

    /// <summary>How many wait.</summary>
    public int Count => _places.Count(place => place.Chosen is null);

    /// <summary>Who waits, the first one first.</summary>
    public IReadOnlyList<Waiting> Waiting => [.. _places.Where(place => place.Chosen is null).Select(place =>
        new Waiting(place.Ask.CheckoutId, place.Ask.Wish.Origin, place.Ask.Since, place.Ask.Until ?? place.Ask.Since))];

    /// <summary>Whether a till has a place.</summary>
    public bool HasPlace(Guid checkoutId) => _places.Exists(place => place.Ask.CheckoutId == checkoutId);

    /// <summary>Takes a place behind those who began to wait earlier; false when there is none left.</summary>
    public bool TryEnter(RouteRequest ask, DateTimeOffset now)
    {
        if (_places.Count >= MaxWaiting) return false;
        var behind = _places.FindLastIndex(place => place.Ask.Since <= ask.Since);
        _places = _places.Insert(behind + 1, new(ask) { Seen = now });
        return true;
    }

    /// <summary>Gives up a place; who had it, or null.</summary>
    public RouteRequest? RemovePlace(Guid checkoutId)
    {
        if (_places.Find(place => place.Ask.CheckoutId == checkoutId) is not { } mine) return null;
        _places = _places.Remove(mine);
        return mine.Ask;
    }

    /// <summary>Offers what is free to those who wait, in their order.</summary>
    /// <param name="choose">Reserves a reader for a wish, or says that none is free.</param>
    public void ServeTills(Func<RouteRequest, ChosenReader?> choose)
    {
        foreach (var place in _places.Where(place => place.Chosen is null))
        {
            if (choose(place.Ask) is { } reader) place.GiveReader(reader);
        }
    }

    /// <summary>Takes their places from tills that ask no more; who they were, as they may hold readers.</summary>
    public IReadOnlyList<RouteRequest> ForgetSilent(DateTimeOffset now)
    {
        var gone = _places.Where(place => place.Waits == 0 && now - place.Seen > Silence).ToList();
        _places = _places.RemoveRange(gone);
        return [.. gone.Select(place => place.Ask)];
    }

    /// <summary>The reader a till is given within a time, with which its place ends; or null.</summary>
    public async Task<ChosenReader?> AwaitReader(Guid checkoutId, TimeSpan wait, TimeProvider time)
    {
        if (_places.Find(place => place.Ask.CheckoutId == checkoutId) is not { } mine) return null;
        mine.Waits++;
        await Task.WhenAny(mine.Given, Task.Delay(wait, TimeProvider.System)); // Orleans' own time-out is real, too
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

        /// <summary>Calls that wait for it right now.</summary>
        public int Waits { get; set; }

        public DateTimeOffset Seen { get; set; }

        public void GiveReader(ChosenReader reader)
        {
            Chosen = reader;
            _given.TrySetResult();
        }
    }
}

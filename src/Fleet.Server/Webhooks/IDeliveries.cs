namespace Fleet.Server.Webhooks;

/// <summary>The outbox as its merchants see it: a merchant can reach only its own events.</summary>
internal interface IDeliveries
{
    /// <summary>A page of a merchant's deliveries, newest first.</summary>
    Task<IReadOnlyList<Delivery>> ListDeliveries(string merchantCode, DeliveryPage page, CancellationToken cancel);

    /// <summary>One delivery, or null.</summary>
    Task<Delivery?> FindDelivery(string merchantCode, Guid id, CancellationToken cancel);

    /// <summary>Adds an event that belongs to no checkout; it is due at once.</summary>
    Task AddEvent(WebhookEvent told);

    /// <summary>
    /// Makes an event due at <paramref name="now"/>, with a new schedule of attempts; null when there is none. The
    /// result of a running attempt is ignored, because the attempt began before the replay.
    /// </summary>
    Task<Delivery?> ReplayDelivery(string merchantCode, Guid id, DateTimeOffset now);

    /// <summary>
    /// The same for the events of a page, all of them or none. Returns the places that they had, so that the next page
    /// can begin after them, in whatever state they are by then.
    /// </summary>
    Task<IReadOnlyList<DeliveryPlace>> ReplayDeliveries(string merchantCode, DeliveryPage page, DateTimeOffset now);

    /// <summary>
    /// Deletes events that ended before these times, the oldest first, at most <paramref name="limit"/> of each kind;
    /// returns how many.
    /// </summary>
    Task<int> ForgetDeliveries(
        DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken cancel);
}

/// <summary>An event and how far its delivery is.</summary>
/// <param name="Event">What is sent, and the merchant.</param>
/// <param name="State">The state of the delivery.</param>
/// <param name="Attempts">Attempts begun so far, over all replays.</param>
/// <param name="Failures">Failed attempts of the present schedule.</param>
/// <param name="NextAt">
/// When the next attempt is due, for a waiting event; during an attempt the end of its lease.
/// </param>
/// <param name="Problem">Why the last attempt failed.</param>
internal sealed record Delivery(
    WebhookEvent Event, DeliveryState State, int Attempts, int Failures, DateTimeOffset NextAt, string? Problem)
{
    public DeliveryPlace Place => new(Event.At, Event.Id);
}

/// <summary>The place of a delivery in a merchant's list: by time, and by id where two have the same time.</summary>
internal readonly record struct DeliveryPlace(DateTimeOffset At, Guid Id)
{
    /// <summary>The place before all deliveries of this time.</summary>
    public static DeliveryPlace BeforeTime(DateTimeOffset time) => new(time, Guid.Empty);
}

/// <summary>A part of a merchant's deliveries.</summary>
/// <param name="States">Only these states.</param>
/// <param name="From">Not older than this.</param>
/// <param name="Below">Older than this, or with the same time and a smaller id.</param>
/// <param name="Limit">How many.</param>
internal sealed record DeliveryPage(
    IReadOnlyList<DeliveryState> States, DateTimeOffset From, DeliveryPlace Below, int Limit);

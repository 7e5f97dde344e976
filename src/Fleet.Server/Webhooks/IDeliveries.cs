namespace Fleet.Server.Webhooks;

/// <summary>The outbox as its merchants see it. What is not the merchant's own is not there.</summary>
internal interface IDeliveries
{
    /// <summary>A page of a merchant's deliveries, newest first.</summary>
    Task<IReadOnlyList<Delivery>> ListDeliveries(string merchantCode, DeliveryPage page, CancellationToken cancel);

    /// <summary>One delivery, or null.</summary>
    Task<Delivery?> FindDelivery(string merchantCode, Guid id, CancellationToken cancel);

    /// <summary>Puts an event in that no checkout caused; it is due at once.</summary>
    Task AddEvent(WebhookEvent told);

    /// <summary>
    /// Makes an event due at <paramref name="now"/>, with all of its attempts before it; null when there is none. An
    /// attempt under way loses its word: it began before somebody asked again.
    /// </summary>
    Task<Delivery?> ReplayDelivery(string merchantCode, Guid id, DateTimeOffset now);

    /// <summary>
    /// The same for the events of a page, all of them or none. Returns where they stood, so that the next page can
    /// begin behind them, whatever has become of these by then.
    /// </summary>
    Task<IReadOnlyList<DeliveryPlace>> ReplayDeliveries(string merchantCode, DeliveryPage page, DateTimeOffset now);

    /// <summary>
    /// Deletes those that have been over since before these times, the oldest first, at most
    /// <paramref name="limit"/> of each kind; returns how many.
    /// </summary>
    Task<int> ForgetDeliveries(
        DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken cancel);
}

/// <summary>An event and how far its delivery is.</summary>
/// <param name="Event">What is sent, and whose it is.</param>
/// <param name="State">Where it is.</param>
/// <param name="Attempts">Begun so far, over all replays.</param>
/// <param name="Failures">Of its present schedule, those that failed.</param>
/// <param name="NextAt">When the next is due, for one that waits; during an attempt the end of its lease.</param>
/// <param name="Problem">Why the last one failed.</param>
internal sealed record Delivery(
    WebhookEvent Event, DeliveryState State, int Attempts, int Failures, DateTimeOffset NextAt, string? Problem)
{
    public DeliveryPlace Place => new(Event.At, Event.Id);
}

/// <summary>Where a delivery stands among a merchant's: by time, and by id where two have the same.</summary>
internal readonly record struct DeliveryPlace(DateTimeOffset At, Guid Id)
{
    /// <summary>Before everything that has this time.</summary>
    public static DeliveryPlace BeforeTime(DateTimeOffset time) => new(time, Guid.Empty);
}

/// <summary>A part of a merchant's deliveries.</summary>
/// <param name="States">Those that are in one of these states.</param>
/// <param name="From">Not older than this.</param>
/// <param name="Below">Older than this, or of its time with a smaller id.</param>
/// <param name="Limit">How many.</param>
internal sealed record DeliveryPage(
    IReadOnlyList<DeliveryState> States, DateTimeOffset From, DeliveryPlace Below, int Limit);

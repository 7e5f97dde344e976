namespace Fleet.Server.Webhooks;

/// <summary>
/// Events on their way to their receivers. The ledger puts them in, in the transaction of the final state; nodes take
/// them out, each for a while of its own.
/// </summary>
internal interface IOutbox
{
    /// <summary>
    /// Takes events that are due, oldest first, and begins an attempt of each. Until <paramref name="leaseEnds"/> they
    /// belong to the caller; then, if it said nothing, they are due again.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="leaseEnds">Later than any attempt can take.</param>
    /// <param name="limit">How many, and how many of one host.</param>
    /// <param name="exceptHosts">Hosts that cannot take more at the moment.</param>
    /// <param name="cancel">Stops the waiting.</param>
    Task<IReadOnlyList<Attempt>> ClaimAttempts(
        DateTimeOffset now, DateTimeOffset leaseEnds, ClaimLimit limit, IReadOnlyCollection<string> exceptHosts,
        CancellationToken cancel);

    /// <summary>
    /// Writes down how an attempt ended; false when its lease had run out and another attempt has begun, whose word
    /// counts.
    /// </summary>
    Task<bool> SettleAttempt(Attempt attempt, Settlement settlement);
}

/// <summary>How much one claim takes.</summary>
internal readonly record struct ClaimLimit(int Events, int PerHost);

/// <summary>One attempt to deliver an event.</summary>
/// <param name="Event">What is sent.</param>
/// <param name="Number">1 for the first; whoever holds an older one has lost its lease.</param>
/// <param name="Failures">Attempts before it of which it is known that they failed.</param>
internal sealed record Attempt(WebhookEvent Event, int Number, int Failures);

/// <summary>Where an event is.</summary>
internal enum DeliveryState
{
    /// <summary>Its next attempt is due at some time.</summary>
    Waiting,

    /// <summary>A receiver took it.</summary>
    Delivered,

    /// <summary>All attempts failed, or the receiver wants no more; it stays for a replay.</summary>
    Dead,
}

/// <summary>How an attempt ended.</summary>
/// <param name="State">Where the event is now.</param>
/// <param name="Failures">Attempts so far that failed.</param>
/// <param name="NextAt">When to try again, for one that waits.</param>
/// <param name="Problem">Why it failed, in words that carry nothing the receiver said.</param>
internal sealed record Settlement(
    DeliveryState State, int Failures, DateTimeOffset? NextAt = null, string? Problem = null);

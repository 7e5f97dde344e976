namespace Fleet.Server.Webhooks;

/// <summary>
/// Events on their way to their receivers. The ledger adds them in the transaction of the final state; nodes claim them
/// with a lease.
/// </summary>
internal interface IOutbox
{
    /// <summary>
    /// Claims events that are due, oldest first, and begins an attempt of each. The claim lasts until
    /// <paramref name="leaseEnds"/>; an event that is not settled by then is due again.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="leaseEnds">The end of the lease, later than any attempt can take.</param>
    /// <param name="limit">How many events in all, and how many of one host.</param>
    /// <param name="exceptHosts">Hosts that cannot take more attempts at the moment.</param>
    /// <param name="cancel">Stops the waiting.</param>
    Task<IReadOnlyList<Attempt>> ClaimAttempts(
        DateTimeOffset now, DateTimeOffset leaseEnds, ClaimLimit limit, IReadOnlyCollection<string> exceptHosts,
        CancellationToken cancel);

    /// <summary>
    /// Saves how an attempt ended; false when its lease is over and a newer attempt has begun, whose result counts.
    /// </summary>
    Task<bool> SettleAttempt(Attempt attempt, Settlement settlement);
}

/// <summary>How many events one claim takes.</summary>
internal readonly record struct ClaimLimit(int Events, int PerHost);

/// <summary>One attempt to deliver an event.</summary>
/// <param name="Event">What is sent.</param>
/// <param name="Number">1 for the first. A node with an older number has lost its lease.</param>
/// <param name="Failures">Earlier attempts that are known to have failed.</param>
internal sealed record Attempt(WebhookEvent Event, int Number, int Failures);

/// <summary>The state of an event's delivery.</summary>
internal enum DeliveryState
{
    /// <summary>Its next attempt has a time.</summary>
    Waiting,

    /// <summary>A receiver accepted it.</summary>
    Delivered,

    /// <summary>
    /// All attempts failed, or the receiver answered that it is gone; the event is kept for a replay.
    /// </summary>
    Dead,
}

/// <summary>How an attempt ended.</summary>
/// <param name="State">The new state of the event.</param>
/// <param name="Failures">Attempts that failed so far.</param>
/// <param name="NextAt">When to try again, for a waiting event.</param>
/// <param name="Problem">Why it failed, in words that contain nothing of the receiver's answer.</param>
internal sealed record Settlement(
    DeliveryState State, int Failures, DateTimeOffset? NextAt = null, string? Problem = null);

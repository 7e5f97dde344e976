using Fleet.Core.Readers;

namespace Fleet.Core.Checkouts;

/// <summary>Who caused an event of a checkout.</summary>
public enum Actor
{
    /// <summary>A caller of the API.</summary>
    Till,

    /// <summary>
    /// The device and the customer in front of it, or SumUp's cloud, which speaks for the readers that it reaches.
    /// </summary>
    Device,

    /// <summary>Fleet itself, when a time ran out, or when it does not know what SumUp's cloud did.</summary>
    Fleet,

    /// <summary>A person who recorded how a payment or a refund ended that Fleet could not find out.</summary>
    Operator,
}

/// <summary>Derives the actor of an event from what the ledger holds.</summary>
public static class Actors
{
    /// <summary>Who caused this event.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="reason">Why the checkout ended, or was to end.</param>
    /// <param name="started">Whether the checkout had started before: then the device decides how it ends.</param>
    /// <param name="recorded">Whether an operator recorded how it, or its refund, ended.</param>
    public static Actor DetermineActor(EventKind kind, Reason? reason, bool started, bool recorded) => kind switch
    {
        EventKind.Succeeded or EventKind.Failed or EventKind.Cancelled when recorded => Actor.Operator,
        EventKind.Refunded or EventKind.RefundDropped when recorded => Actor.Operator,
        EventKind.TerminateRequested when reason is Reason.Deadline => Actor.Fleet,
        EventKind.Accepted or EventKind.TerminateRequested or EventKind.Refunded => Actor.Till,
        EventKind.RefundBegun => Actor.Till,
        EventKind.Cancelled when reason is Reason.Expired or Reason.NotStarted => Actor.Fleet,
        EventKind.Cancelled when reason is Reason.Deadline && !started => Actor.Fleet,
        EventKind.Doubted or EventKind.RefundDoubted or EventKind.RefundDropped => Actor.Fleet,
        EventKind.Cancelled when reason is Reason.Terminated && !started => Actor.Till,
        _ when !kind.IsRecognized() => Actor.Fleet, // a newer version, which alone knows who caused it
        _ => Actor.Device,
    };

    /// <summary>What an operator recorded by an event, or about its checkout; null for nothing.</summary>
    /// <param name="checkout">The checkout after all of its events.</param>
    /// <param name="kind">What happened.</param>
    /// <param name="at">When it happened.</param>
    public static OutcomeRecord? FindRecord(Checkout checkout, EventKind kind, DateTimeOffset at) =>
        kind is not (EventKind.Refunded or EventKind.RefundDropped) ? checkout.Record
        : checkout.RecordedRefund is { } refund && refund.At == at ? refund.ToRecord()
        : null;
}

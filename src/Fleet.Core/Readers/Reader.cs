using System.Collections.Immutable;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Orleans;

namespace Fleet.Core.Readers;

/// <summary>
/// What the rules know about a reader: its device, whether that is connected, and its latest checkout.
/// </summary>
public sealed record Reader
{
    public required string Id { get; init; }
    public required string MerchantCode { get; init; }

    /// <summary>The store it belongs to now.</summary>
    public string Store { get; init; } = ReaderProfile.DefaultStore;

    public required Device Device { get; init; }

    /// <summary>Whether a live link to the device is attached. Not saved: learned anew after every start.</summary>
    public bool Online { get; init; }

    /// <summary>Entries of this reader in the ledger; the next append must name this version.</summary>
    public long Version { get; init; }

    /// <summary>The checkout that was accepted last, in whatever state; null before the first.</summary>
    public Checkout? Latest { get; init; }

    /// <summary>The checkout that holds the slot.</summary>
    public Checkout? Open => Latest is { IsOpen: true } ? Latest : null;

    /// <summary>The latest checkout, if it was terminated, or ended by its deadline.</summary>
    public Guid? Terminated => Latest is { Reason: Reason.Terminated or Reason.Deadline } last ? last.Id : null;

    /// <summary>
    /// The last payments in a row that SumUp's cloud did not take. Not saved: after a start only the latest is known.
    /// </summary>
    public ImmutableArray<CloudRefusal> Refusals { get; init; } = [];

    /// <summary>The reader after saved events.</summary>
    public static Reader ApplyEvents(Reader reader, ImmutableArray<ReaderEvent> events) =>
        events.Aggregate(reader, (before, happened) => before with
        {
            Version = before.Version + 1,
            Refusals = ReaderTrouble.NoteEvent(before.Refusals, happened),
            Latest = happened.Kind is EventKind.Accepted || before.Latest?.Id == happened.Checkout.Id
                ? happened.Checkout
                : before.Latest,
        });
}

/// <summary>
/// What can happen to a checkout, in the past tense. New members go to the end: nodes of different versions tell each
/// other the number.
/// </summary>
public enum EventKind
{
    Accepted,
    Started,
    TerminateRequested,
    Succeeded,
    Failed,
    Cancelled,
    Disputed,
    Refunded,

    /// <summary>SumUp's cloud has it.</summary>
    Confirmed,

    /// <summary>SumUp's cloud certainly did not take it.</summary>
    Refused,

    /// <summary>It is not known whether SumUp's cloud took it, or how it ended.</summary>
    Doubted,

    /// <summary>SumUp's cloud is asked for a refund.</summary>
    RefundBegun,

    /// <summary>SumUp's cloud certainly did not make the refund.</summary>
    RefundDropped,

    /// <summary>It is not known whether SumUp's cloud made the refund, or it says that it cannot make it yet.</summary>
    RefundDoubted,

    /// <summary>SumUp's cloud shows the opposite of what an operator recorded about a refund.</summary>
    RefundDisputed,
}

/// <summary>One entry of the ledger: what happened, and the checkout after it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Checkout">The checkout afterwards; its <see cref="Checkout.UpdatedAt"/> is the event's time.</param>
/// <param name="Claim">What the device claimed, for <see cref="EventKind.Disputed"/>.</param>
[GenerateSerializer, Immutable, Alias("fleet.reader-event")]
public sealed record ReaderEvent(
    [property: Id(0)] EventKind Kind, [property: Id(1)] Checkout Checkout, [property: Id(2)] DeviceReport? Claim = null)
{
    /// <summary>
    /// Whether this event is an outcome, of which all are told: the history has it, and webhooks report it.
    /// </summary>
    public bool IsOutcome => Kind is EventKind.Succeeded or EventKind.Failed or EventKind.Cancelled;

    /// <summary>
    /// Whether this event ended the checkout. A refusal of SumUp's cloud ends it, too, but only its till is told.
    /// </summary>
    public bool IsEnd => IsOutcome || Kind is EventKind.Refused;

    /// <summary>
    /// The word that the ledger keeps with it: why the checkout ended, or is to end, or why it is not known what
    /// SumUp's cloud did.
    /// </summary>
    public string? Word => this switch
    {
        { Kind: EventKind.Doubted } => Checkout.Cloud?.Doubt?.ToWireName(),
        { Kind: EventKind.TerminateRequested, Checkout.StoppedByDeadline: true } => Reason.Deadline.ToWireName(),
        _ => Checkout.Reason?.ToWireName(),
    };
}

/// <summary>How a payment ended according to the device.</summary>
/// <param name="Outcome">Successful, failed or cancelled; the open states are not outcomes.</param>
/// <param name="Reason">Why it was not charged, for failed and cancelled.</param>
/// <param name="Amount">Minor units charged without the tip, for a success.</param>
/// <param name="Tip">Minor units of tip charged on top, for a success.</param>
/// <param name="Card">The card that was presented, if the device tells.</param>
[GenerateSerializer, Immutable, Alias("fleet.device-report")]
public sealed record DeviceReport(
    [property: Id(0)] CheckoutState Outcome,
    [property: Id(1)] Reason? Reason = null,
    [property: Id(2)] long Amount = 0,
    [property: Id(3)] long Tip = 0,
    [property: Id(4)] CardRead? Card = null)
{
    /// <summary>Whether the device says that it charged the card.</summary>
    public bool Charged => Outcome is CheckoutState.Successful;

    /// <summary>Whether outcome, reason and amounts fit together; only Fleet expires a checkout.</summary>
    public bool IsValid => Outcome switch
    {
        CheckoutState.Successful => Reason is null && Amount > 0 && Tip is >= 0 and <= Money.MaxValue,
        CheckoutState.Failed => Reason is Checkouts.Reason.Declined or Checkouts.Reason.WrongPin
            or Checkouts.Reason.CardRemoved or Checkouts.Reason.ReaderLost,
        CheckoutState.Cancelled => Reason is Checkouts.Reason.CustomerCancelled or Checkouts.Reason.NoCardInTime
            or Checkouts.Reason.Terminated,
        _ => false,
    };
}

/// <summary>
/// The answer of a rule: the events that happened, and the refusal if there is one. A late request can have both: an
/// expiry and a refusal.
/// </summary>
public readonly record struct Decision(ImmutableArray<ReaderEvent> Events, Refusal? Refusal = null)
{
    /// <summary>Nothing new: the request repeats what has already happened.</summary>
    public static readonly Decision AlreadySo = new([]);

    public static implicit operator Decision(Refusal refusal) => new([], refusal);

    public static implicit operator Decision(ReaderEvent happened) => new([happened]);
}

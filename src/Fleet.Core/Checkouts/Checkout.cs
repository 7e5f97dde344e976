using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Orleans;

namespace Fleet.Core.Checkouts;

/// <summary>How far a checkout is. The first two hold the reader's slot; the rest are final and never change.</summary>
public enum CheckoutState
{
    /// <summary>Saved and sent to the device, which has not yet been allowed to take a card.</summary>
    Accepted,

    /// <summary>
    /// The start grant is committed: the device may take a card, and only evidence of the outcome ends this state.
    /// </summary>
    Started,

    /// <summary>The card was charged.</summary>
    Successful,

    /// <summary>The payment did not go through. On record nothing was charged.</summary>
    Failed,

    /// <summary>
    /// Ended before a payment: by the till, the customer, or the clock. On record nothing was charged, unless an
    /// operator released it: then that is not known.
    /// </summary>
    Cancelled,
}

/// <summary>
/// Why a checkout ended without a payment on record. A closed list: tills branch on it. New members go to the end:
/// nodes of different versions tell each other the number.
/// </summary>
public enum Reason
{
    /// <summary>The issuer declined the payment.</summary>
    Declined,

    /// <summary>The PIN was wrong too often.</summary>
    WrongPin,

    /// <summary>The card left the reader too early.</summary>
    CardRemoved,

    /// <summary>
    /// The device lost its record of a payment that it had been allowed to start, and knows that it took no card.
    /// </summary>
    ReaderLost,

    /// <summary>The customer pressed cancel.</summary>
    CustomerCancelled,

    /// <summary>No card was presented in time.</summary>
    NoCardInTime,

    /// <summary>The till terminated it, or the reader was deleted.</summary>
    Terminated,

    /// <summary>The device did not start within the window.</summary>
    Expired,

    /// <summary>
    /// An operator recorded that nothing was charged, because the device is gone or contradicts itself.
    /// </summary>
    RecordedByOperator,

    /// <summary>SumUp's cloud refused it, or was not reached, so it never was on the reader.</summary>
    RefusedByProvider,

    /// <summary>SumUp's cloud does not have it, and the reader never showed it.</summary>
    NotStarted,

    /// <summary>It was not paid before its deadline, so Fleet ended it.</summary>
    Deadline,

    /// <summary>
    /// An operator freed the reader without knowing how the payment ended: it is not certain that nothing was charged.
    /// </summary>
    ReleasedByOperator,
}

/// <summary>One request to take one payment on one reader, and its state.</summary>
[GenerateSerializer, Immutable, Alias("fleet.checkout")]
public sealed record Checkout
{
    private const string Unknown = "unknown";

    /// <summary>The public checkout id.</summary>
    [Id(0)] public required Guid Id { get; init; }

    /// <summary>The id under which the transaction is found later.</summary>
    [Id(1)] public required Guid ClientTransactionId { get; init; }

    [Id(2)] public required string MerchantCode { get; init; }

    [Id(3)] public required string ReaderId { get; init; }

    /// <summary>What the till asked for.</summary>
    [Id(4)] public required CheckoutTerms Terms { get; init; }

    /// <summary>Serial number of the device at acceptance.</summary>
    [Id(5)] public required string Serial { get; init; }

    /// <summary>Firmware of the device at acceptance.</summary>
    [Id(6)] public required string Firmware { get; init; }

    [Id(7)] public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The end of the window: a checkout that has not started by then is cancelled.</summary>
    [Id(8)] public required DateTimeOffset ValidUntil { get; init; }

    /// <summary>When its last event happened.</summary>
    [Id(9)] public required DateTimeOffset UpdatedAt { get; init; }

    [Id(10)] public required CheckoutState State { get; init; }

    /// <summary>Why it failed or was cancelled; otherwise null.</summary>
    [Id(11)] public Reason? Reason { get; init; }

    /// <summary>Tip in minor units, inside what was charged; 0 until a payment succeeded.</summary>
    [Id(12)] public long Tip { get; init; }

    /// <summary>
    /// It was to end after it had started, because a till asked or its deadline was over; the device decides whether it
    /// ends or is paid.
    /// </summary>
    [Id(13)] public bool TerminateRequested { get; init; }

    /// <summary>
    /// A device claimed something that contradicts the ledger; the claim is recorded and changes no outcome.
    /// </summary>
    [Id(14)] public bool Disputed { get; init; }

    /// <summary>When its outcome was recorded; null while it is open.</summary>
    [Id(15)] public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What was given back of it, in order; at most <see cref="RefundRules.MaxRefunds"/>.</summary>
    [Id(16)] public IReadOnlyList<Refund> Refunds { get; init; } = [];

    /// <summary>The card, as far as its device reported it.</summary>
    [Id(17)] public CardRead? Card { get; init; }

    /// <summary>The store its reader was in at acceptance.</summary>
    [Id(18)] public string Store { get; init; } = ReaderProfile.DefaultStore;

    /// <summary>
    /// The trace it belongs to, as W3C's <c>traceparent</c>; null when it is not traced. No rule reads it.
    /// </summary>
    [Id(19)] public string? Trace { get; init; }

    /// <summary>
    /// What its device claimed that contradicts the ledger: the first claim and the newest ones, at most
    /// <see cref="ClaimRules.MaxKept"/>, in order; null for none. The ledger has all that were saved.
    /// </summary>
    [Id(20)] public IReadOnlyList<DeviceClaim>? Claims { get; init; }

    /// <summary>
    /// The record of the operator who recorded the outcome; null when the outcome was not recorded by an operator.
    /// </summary>
    [Id(21)] public OutcomeRecord? Record { get; init; }

    /// <summary>
    /// The attempt to give it to SumUp's cloud; null before the grant, and when it goes to a device directly.
    /// </summary>
    [Id(22)] public CloudAttempt? Cloud { get; init; }

    /// <summary>The refund that SumUp's cloud is asked for; null when there is none under way.</summary>
    [Id(23)] public PendingRefund? PendingRefund { get; init; }

    /// <summary>The last refund of which an operator recorded what became of it; null when there is none.</summary>
    [Id(24)] public RecordedRefund? RecordedRefund { get; init; }

    /// <summary>
    /// Whether it was its deadline that asked to end it, and not a till; only with <see cref="TerminateRequested"/>.
    /// </summary>
    [Id(25)] public bool StoppedByDeadline { get; init; }

    /// <summary>
    /// When it was asked to end; null when it was not, or a node of an older version noted it.
    /// </summary>
    [Id(26)] public DateTimeOffset? EndAskedAt { get; init; }

    /// <summary>Until when the customer must have paid; null for no such limit.</summary>
    public DateTimeOffset? DeadlineAt =>
        Terms.DeadlineSeconds is { } seconds ? AcceptedAt.AddSeconds(seconds) : null;

    /// <summary>Whether it is not known whether SumUp's cloud took it, or how it ended.</summary>
    public bool IsUnknown => State is CheckoutState.Started && Cloud is { Doubt: not null };

    /// <summary>
    /// The state as Fleet's own channels tell it: <c>unknown</c> when it is, which the Cloud API has no word for.
    /// </summary>
    public string StateWord => IsUnknown ? Unknown : State.ToWireName();

    /// <summary>The part of the tip that the customer chose, in minor units; 0 until a payment succeeded.</summary>
    public long ChosenTip => State is CheckoutState.Successful ? Tip - (Terms.FixedTip ?? 0) : 0;

    /// <summary>Whether it still holds the reader's slot.</summary>
    public bool IsOpen => State is CheckoutState.Accepted or CheckoutState.Started;

    /// <summary>Whether it ended without a payment on record.</summary>
    public bool IsUnpaid => State is CheckoutState.Failed or CheckoutState.Cancelled;

    /// <summary>
    /// Whether it ended without a payment on record, and the card may have been charged all the same: an operator
    /// released it, or a device or SumUp claims something else. An operator who recorded that nothing was charged knew
    /// the claims up to then, so after that only a later claim leaves doubt. A reason that only a newer version knows
    /// may say that nothing is certain, so it is taken for that.
    /// </summary>
    public bool IsDoubtful => IsUnpaid
        && (Reason is Checkouts.Reason.ReleasedByOperator
            || Reason?.IsRecognized() is false
            || (Disputed && (Reason is not Checkouts.Reason.RecordedByOperator || UpdatedAt != EndedAt)));

    /// <summary>Whether its window is over and it has not started.</summary>
    public bool IsOverdue(DateTimeOffset now) =>
        State is CheckoutState.Accepted && Deadline.IsOver(AcceptedAt, ValidUntil - AcceptedAt, now);

    /// <summary>Whether it has started, and its deadline is over, and it was not asked to end yet.</summary>
    public bool IsLate(DateTimeOffset now) =>
        this is { State: CheckoutState.Started, TerminateRequested: false, DeadlineAt: { } end }
        && Deadline.IsOver(AcceptedAt, end - AcceptedAt, now);
}

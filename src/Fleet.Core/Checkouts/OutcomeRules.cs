using Fleet.Core.Readers;
using Orleans;

namespace Fleet.Core.Checkouts;

/// <summary>An operator's request to record how a payment ended, when its device cannot report it any more.</summary>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="Outcome">Successful, failed or cancelled; the open states are not outcomes.</param>
/// <param name="Tip">Minor units charged on top, for a success; otherwise 0.</param>
/// <param name="Reason">How the operator knows, 1 to <see cref="OutcomeRules.MaxReason"/> characters.</param>
/// <param name="Reference">
/// Where that can be looked up, for example the acquirer's receipt number, 1 to
/// <see cref="OutcomeRules.MaxReference"/> characters.
/// </param>
/// <param name="KeyId">The id of the operator's key, never the key.</param>
/// <param name="KeyName">What people call the key.</param>
/// <param name="Release">
/// Whether the operator frees the reader without knowing how the payment ended; then the outcome is cancelled, and the
/// reference is empty.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.record-outcome")]
public sealed record RecordOutcome(
    [property: Id(0)] Guid CheckoutId, [property: Id(1)] CheckoutState Outcome, [property: Id(2)] long Tip,
    [property: Id(3)] string Reason, [property: Id(4)] string Reference, [property: Id(5)] string KeyId,
    [property: Id(6)] string KeyName, [property: Id(7)] bool Release = false);

/// <summary>What is kept of an outcome that an operator recorded.</summary>
/// <param name="Reason">How the operator knows.</param>
/// <param name="Reference">Where that can be looked up.</param>
/// <param name="KeyId">The id of the operator's key.</param>
/// <param name="KeyName">What people called the key then.</param>
/// <param name="At">When it was recorded.</param>
[GenerateSerializer, Immutable, Alias("fleet.outcome-record")]
public sealed record OutcomeRecord(
    [property: Id(0)] string Reason, [property: Id(1)] string Reference, [property: Id(2)] string KeyId,
    [property: Id(3)] string KeyName, [property: Id(4)] DateTimeOffset At);

/// <summary>
/// The rules of recording an outcome by hand. Only a started checkout needs it, and only when its device cannot be
/// asked or has contradicted itself, or when it is not known what SumUp's cloud did. A release needs none of that, only
/// time. What is reported afterwards is compared with the record, as with any outcome.
/// </summary>
public static class OutcomeRules
{
    /// <summary>Longest texts of a record, in UTF-16 units, chosen by us.</summary>
    public const int MaxReason = 500, MaxReference = 255;

    /// <summary>
    /// How long after its acceptance a payment can be released, chosen by us: a customer has paid or left by then. Also
    /// how long after it was asked for the end of a refund can be recorded.
    /// </summary>
    public static readonly TimeSpan ReleaseAfter = TimeSpan.FromMinutes(5);

    /// <summary>The refusal of a tip that the customer cannot have chosen.</summary>
    public static readonly FieldError NotOffered =
        new("tip", "must be 0 or one of the tips that were offered, and 0 where nothing was charged");

    /// <summary>Decides whether this outcome may be recorded.</summary>
    /// <param name="reader">The reader; one whose pairing is over is not online.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="ask">What is to be recorded.</param>
    /// <param name="now">The time.</param>
    public static Decision RecordOutcome(
        Reader reader, Checkout? named, RecordOutcome ask, DateTimeOffset now) => named switch
        {
            null => Refusal.NotFound,
            _ when named.ReaderId != reader.Id => Refusal.NotFound,
            { Record: { } record } when IsSame(named, record, ask) => Decision.AlreadySo,
            { IsOpen: false } => Refusal.CheckoutFinal,
            { State: CheckoutState.Accepted } => Refusal.CheckoutNotStarted,
            _ when ask.Release && !Deadline.IsOver(named.AcceptedAt, ReleaseAfter, now) => Refusal.TooEarlyToRecord,
            { Disputed: false, IsUnknown: false } when reader.Online && !ask.Release => Refusal.ReaderOnline,
            _ when !CanTip(named, ask) => Refusal.InvalidFields([NotOffered]),
            _ => new ReaderEvent(ReaderRules.KindOf(ask.Outcome), named with
            {
                State = ask.Outcome,
                Reason = ReasonOf(ask),
                Tip = TipOf(named, ask),
                Record = new(ask.Reason, ask.Reference, ask.KeyId, ask.KeyName, now),
                EndedAt = now,
                UpdatedAt = now,
            }),
        };

    private static bool CanTip(Checkout named, RecordOutcome ask) => ask.Tip == 0
        || (ask.Outcome is CheckoutState.Successful
            && (named.Terms.AllowsTip(ask.Tip) || named.Terms.FixedTip == ask.Tip));

    /// <summary>The tip that is recorded: a fixed one is charged with the amount, so it need not be named.</summary>
    private static long TipOf(Checkout named, RecordOutcome ask) =>
        ask.Outcome is CheckoutState.Successful ? named.Terms.FixedTip ?? ask.Tip : ask.Tip;

    private static Reason? ReasonOf(RecordOutcome ask) => ask switch
    {
        { Release: true } => Reason.ReleasedByOperator,
        { Outcome: CheckoutState.Successful } => null,
        _ => Reason.RecordedByOperator,
    };

    /// <summary>Whether the request repeats what is recorded: a caller that missed the answer asks again.</summary>
    private static bool IsSame(Checkout named, OutcomeRecord record, RecordOutcome ask) =>
        (named.State, named.Reason, named.Tip, record.Reason, record.Reference)
            == (ask.Outcome, ReasonOf(ask), TipOf(named, ask), ask.Reason, ask.Reference);
}

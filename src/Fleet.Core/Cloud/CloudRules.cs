using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for a checkout that SumUp's cloud carries out. The cloud is like a device that charges after a grant: one
/// attempt is sent, after its grant was committed, and only evidence ends what was sent. Evidence is stronger than
/// doubt.
/// </summary>
public static class CloudRules
{
    /// <summary>
    /// Decides whether the attempt may be sent, as <see cref="ReaderRules.GrantStart"/> does for a device. Only the
    /// call that commits a new <see cref="EventKind.Started"/> may send it.
    /// </summary>
    /// <param name="reader">The reader.</param>
    /// <param name="checkoutId">The checkout.</param>
    /// <param name="cloudReaderId">The cloud's id of the reader.</param>
    /// <param name="now">The time.</param>
    public static Decision BeginAttempt(Reader reader, Guid checkoutId, string cloudReaderId, DateTimeOffset now)
    {
        var granted = ReaderRules.GrantStart(reader, checkoutId, now);
        var attempt = new CloudAttempt(cloudReaderId, CloudAttempt.ForeignIdOf(checkoutId), now);
        return granted with
        {
            Events =
            [
                .. granted.Events.Select(happened => happened.Kind is EventKind.Started
                    ? happened with { Checkout = happened.Checkout with { Cloud = attempt } }
                    : happened),
            ],
        };
    }

    /// <summary>Takes that the cloud has the checkout, as an answer, a callback or a read told it.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="ids">What the cloud calls it.</param>
    /// <param name="now">The time.</param>
    public static Decision ConfirmAttempt(Reader reader, Checkout? named, CloudIds ids, DateTimeOffset now)
    {
        if (FindAttempt(reader, named) is not var (checkout, attempt)) return Refusal.NotFound;
        var known = attempt.LearnIds(ids);
        // That the cloud has the checkout is known already when only its result is missing.
        if (known is { IsConfirmed: true, Doubt: not (null or Doubt.NoResult) })
            known = known.EndDoubt();
        return checkout.State is CheckoutState.Started && known != attempt
            ? new ReaderEvent(EventKind.Confirmed, checkout with { Cloud = known, UpdatedAt = now })
            : Decision.AlreadySo;
    }

    /// <summary>
    /// Takes that the cloud certainly did not take the checkout. Its till gets the refusal as the answer, so this is no
    /// outcome that is told to others.
    /// </summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="why">What its till is told.</param>
    /// <param name="now">The time.</param>
    public static Decision RefuseAttempt(Reader reader, Checkout? named, Refusal why, DateTimeOffset now)
    {
        if (FindAttempt(reader, named) is not var (checkout, attempt)) return Refusal.NotFound;
        if (checkout is not { State: CheckoutState.Started, Disputed: false } || attempt.IsConfirmed)
            return Decision.AlreadySo;
        var refused = checkout with { Cloud = attempt.EndDoubt() with { Refused = why } };
        return ReaderRules.CancelCheckout(refused, Reason.RefusedByProvider, now) with { Kind = EventKind.Refused };
    }

    /// <summary>Takes that it is not known what the cloud did. An outcome or an older doubt stays as it is.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="doubt">Why it is not known.</param>
    /// <param name="now">The time.</param>
    public static Decision DoubtAttempt(Reader reader, Checkout? named, Doubt doubt, DateTimeOffset now)
    {
        if (FindAttempt(reader, named) is not var (checkout, attempt)) return Refusal.NotFound;
        if (checkout.State is not CheckoutState.Started || attempt.Doubt is not null) return Decision.AlreadySo;
        // A callback may have confirmed the checkout before its answer was given up.
        if (attempt.IsConfirmed && doubt is not Doubt.NoResult) return Decision.AlreadySo;
        return new ReaderEvent(
            EventKind.Doubted,
            checkout with { Cloud = attempt with { Doubt = doubt, DoubtSince = now }, UpdatedAt = now });
    }

    /// <summary>Takes the sorted answer to the attempt.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="answer">The answer, of which nothing has to be read any more.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeAnswer(Reader reader, Checkout? named, Sorted answer, DateTimeOffset now) =>
        answer switch
        {
            { Ids: { } ids } => ConfirmAttempt(reader, named, ids, now),
            { Refusal: { } why } => RefuseAttempt(reader, named, why, now),
            { Doubt: { } doubt } => DoubtAttempt(reader, named, doubt, now),
            _ => throw new ArgumentOutOfRangeException(nameof(answer), answer.Verdict, "It needs a status first."),
        };

    /// <summary>Takes what was read of the cloud: what it proves, or that it did not prove it in time.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="reads">What was read.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeReads(Reader reader, Checkout? named, CloudReads reads, DateTimeOffset now)
    {
        if (FindAttempt(reader, named) is not var (checkout, attempt)) return Refusal.NotFound;
        var evidence = EvidenceRules.Weigh(checkout, reads.Findings, reads.Status, now);
        var decision = TakeEvidence(reader, checkout, evidence, now);
        return decision.Events.IsEmpty && decision.Refusal is null && now - attempt.SentAt >= ReadPlan.RareFrom
            ? DoubtAttempt(reader, checkout, Doubt.NoResult, now)
            : decision;
    }

    /// <summary>
    /// What the till of a checkout is told: null when the checkout was taken, or else why not, or that it is not known.
    /// </summary>
    /// <param name="checkout">The checkout, as the ledger has it.</param>
    public static Refusal? AnswerTill(Checkout checkout) => checkout switch
    {
        { Cloud.Refused: { } why } => why,
        { Cloud: { IsConfirmed: false }, State: CheckoutState.Started } =>
            Refusal.OutcomeUnknown(ReaderRules.HolderOf(checkout)),
        _ => null,
    };

    /// <summary>
    /// Whether its till must wait for the cloud's answer, or for the attempt: it may still be refused.
    /// </summary>
    public static bool AwaitsAnswer(Checkout checkout) =>
        checkout is { State: CheckoutState.Accepted } or { State: CheckoutState.Started, Cloud.IsConfirmed: false };

    /// <summary>
    /// Ends a checkout that never started, after <see cref="EvidenceRules.Weigh"/> found that. If the cloud tells a
    /// charge later, that is a claim.
    /// </summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="now">The time.</param>
    public static Decision EndUnstarted(Reader reader, Checkout? named, DateTimeOffset now)
    {
        if (FindAttempt(reader, named) is not var (checkout, attempt)) return Refusal.NotFound;
        return checkout is { State: CheckoutState.Started, Disputed: false }
            && now - attempt.SentAt >= EvidenceRules.UnstartedAfter
                ? ReaderRules.CancelCheckout(checkout, Reason.NotStarted, now)
                : Decision.AlreadySo;
    }

    /// <summary>Takes what reads of the cloud proved.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout, as the ledger has it; null when there is none.</param>
    /// <param name="evidence">What was proved.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeEvidence(Reader reader, Checkout? named, Evidence evidence, DateTimeOffset now)
    {
        if (FindAttempt(reader, named) is not var (checkout, attempt)) return Refusal.NotFound;
        var ids = evidence.Ids ?? new();
        if (evidence.Kind is EvidenceKind.StillOpen) return ConfirmAttempt(reader, checkout, ids, now);
        if (evidence.Kind is EvidenceKind.NotStarted) return EndUnstarted(reader, checkout, now);
        if (evidence.Report is not { } report) return Decision.AlreadySo;
        var decision = evidence.Kind is EvidenceKind.Report
            ? ReaderRules.TakeReport(reader, checkout, report, now)
            : ClaimRules.KeepClaim(checkout, report, now);
        var known = attempt.LearnIds(ids);
        return decision with
        {
            Events =
            [
                .. decision.Events.Select(happened => happened with
                {
                    Checkout = happened.Checkout with { Cloud = happened.IsOutcome ? known.EndDoubt() : known },
                }),
            ],
        };
    }

    private static (Checkout Checkout, CloudAttempt Attempt)? FindAttempt(Reader reader, Checkout? named) =>
        named is { Cloud: { } attempt } && named.ReaderId == reader.Id ? (named, attempt) : null;
}

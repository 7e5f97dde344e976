using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Api.Rest;

/// <summary>Everything that happened to a checkout, in the order of the ledger.</summary>
public sealed record TimelineView(
    Guid CheckoutId, Guid ClientTransactionId, string ReaderId, string State, ReasonView? Reason, bool Disputed,
    IReadOnlyList<TimelineEventView> Events)
{
    internal static TimelineView FromCheckout(Checkout checkout, IReadOnlyList<LedgerEntry> entries) => new(
        checkout.Id,
        checkout.ClientTransactionId,
        checkout.ReaderId,
        checkout.State.ToWireName(),
        ReasonView.FromReason(checkout.Reason),
        checkout.Disputed,
        [.. entries.Select((entry, i) => TimelineEventView.FromEntry(
            entry,
            started: entries.Take(i).Any(before => before.Kind is EventKind.Started),
            checkout.Record,
            AmountOf(checkout, entries, i)))]);

    private static long? AmountOf(Checkout checkout, IReadOnlyList<LedgerEntry> entries, int at) =>
        entries[at].Kind switch
        {
            EventKind.Succeeded => checkout.TotalAmount(),
            EventKind.Refunded =>
                checkout.Refunds[entries.Take(at).Count(before => before.Kind is EventKind.Refunded)].Amount,
            EventKind.RefundBegun or EventKind.RefundDoubted => AmountOfRefund(checkout, entries, at),
            _ => null,
        };

    /// <summary>What SumUp was asked to give back; null when it did not, because the ledger forgets that.</summary>
    private static long? AmountOfRefund(Checkout checkout, IReadOnlyList<LedgerEntry> entries, int at)
    {
        while (at < entries.Count && entries[at].Kind is not (EventKind.Refunded or EventKind.RefundDropped)) at++;
        return at == entries.Count ? checkout.PendingRefund?.Amount : AmountOf(checkout, entries, at);
    }
}

/// <summary>One event.</summary>
/// <param name="Version">Its place in the reader's ledger.</param>
/// <param name="Kind">What happened, in the past tense.</param>
/// <param name="At">When, by the clock of the node that decided it. Sort by version and not by time.</param>
/// <param name="Actor"><c>till</c>, <c>device</c>, <c>fleet</c> or <c>operator</c>.</param>
/// <param name="Node">The node that decided it.</param>
/// <param name="Reason">Why the checkout ended without a charge, for the event that ended it.</param>
/// <param name="Claim">What the device claimed, for a claim that contradicts the record.</param>
/// <param name="Amount">What was charged, with the tip, or is given back, in minor units.</param>
/// <param name="Record">Who recorded the outcome and why, if it was an operator.</param>
public sealed record TimelineEventView(
    long Version, string Kind, DateTimeOffset At, string Actor, string Node, ReasonView? Reason, ClaimView? Claim,
    long? Amount, RecordView? Record)
{
    internal static TimelineEventView FromEntry(LedgerEntry entry, bool started, OutcomeRecord? record, long? amount)
    {
        var actor = Actors.DetermineActor(entry.Kind, entry.Reason, started, record is not null);
        return new(entry.Version, entry.Kind.ToWireName(), entry.At, actor.ToWireName(), entry.Node, WhyOf(entry),
            ClaimOf(entry),
            amount, actor is Core.Checkouts.Actor.Operator && record is { } by
                ? new(by.Reason, by.Reference, by.KeyId, by.KeyName)
                : null);
    }

    private static ReasonView? WhyOf(LedgerEntry entry) =>
        entry.Kind is EventKind.Failed or EventKind.Cancelled or EventKind.Refused
            ? ReasonView.FromReason(entry.Reason)
            : null;

    private static ClaimView? ClaimOf(LedgerEntry entry) => entry.Claim is { } claim
        ? new(claim.Outcome.ToWireName(), claim.Reason?.ToWireName(), claim.Amount, claim.Tip)
        : null;
}

/// <summary>Why nothing was charged: a code of a closed list, and what a clerk does about it.</summary>
public sealed record ReasonView(string Code, bool Retryable, string Sentence)
{
    internal static ReasonView? FromReason(Reason? reason) =>
        reason is { } why ? new(why.ToWireName(), why.IsRetryable(), why.ToAdvice()) : null;
}

/// <summary>What a device claimed; amounts in minor units.</summary>
public sealed record ClaimView(string Outcome, string? Reason, long Amount, long Tip);

/// <summary>How an operator knows the outcome, where it can be looked up, and whose key it was.</summary>
public sealed record RecordView(string Reason, string Reference, string KeyId, string KeyName);

/// <summary>A checkout in a stream.</summary>
/// <param name="ReaderId">Its reader.</param>
/// <param name="State">The state, with more detail than the status.</param>
/// <param name="Reason">Why nothing was charged.</param>
/// <param name="Tip">What was charged on top, in minor units.</param>
/// <param name="Refunded">What was given back, in minor units.</param>
/// <param name="Checkout">The checkout as <c>Get checkout</c> returns it.</param>
public sealed record CheckoutEventView(
    string ReaderId, string State, ReasonView? Reason, long Tip, long Refunded, CheckoutData Checkout)
{
    internal static CheckoutEventView FromCheckout(Checkout checkout) => new(
        checkout.ReaderId, checkout.State.ToWireName(), ReasonView.FromReason(checkout.Reason), checkout.Tip,
        checkout.RefundedAmount(),
        CheckoutView.FromCheckout(checkout).Data);
}

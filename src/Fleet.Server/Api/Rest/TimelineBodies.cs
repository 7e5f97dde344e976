using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Everything that happened to a checkout, in the order of the ledger, and what was said to SumUp's cloud about it: the
/// first 200 exchanges.
/// </summary>
/// <param name="CheckoutId">Its id.</param>
/// <param name="ClientTransactionId">The id of its transaction.</param>
/// <param name="ReaderId">Its reader.</param>
/// <param name="State">
/// <c>accepted</c>, <c>started</c>, <c>unknown</c>, <c>successful</c>, <c>failed</c> or <c>cancelled</c>.
/// </param>
/// <param name="Reason">Why nothing was charged on record.</param>
/// <param name="Disputed">Whether its device, or SumUp, claimed something that contradicts the record.</param>
/// <param name="Events">What happened.</param>
/// <param name="Exchanges">What was said to SumUp's cloud.</param>
/// <param name="Doubt">Why it is not known what SumUp did, while its state is <c>unknown</c>.</param>
/// <param name="Refused">Why SumUp did not take it.</param>
/// <param name="Cloud">Where it is found at SumUp, if it was sent there.</param>
/// <param name="Till">The name that the till gave itself.</param>
public sealed record TimelineView(
    Guid CheckoutId, string ClientTransactionId, string ReaderId, string State, ReasonView? Reason, bool Disputed,
    IReadOnlyList<TimelineEventView> Events, IReadOnlyList<TimelineExchangeView> Exchanges, DoubtView? Doubt = null,
    RefusedView? Refused = null, CloudView? Cloud = null, string? Till = null)
{
    /// <summary>Exchanges of a timeline: with long bodies, too, they fit into the 4 MB of gRPC's clients.</summary>
    internal const int MaxExchanges = 200;

    internal static TimelineView FromCheckout(
        Checkout checkout, IReadOnlyList<LedgerEntry> entries, IReadOnlyList<CloudExchange> exchanges) => new(
        checkout.Id,
        checkout.ClientId(),
        checkout.ReaderId,
        checkout.StateWord,
        ReasonView.FromCheckout(checkout),
        checkout.Disputed,
        [.. entries.Select((entry, i) => TimelineEventView.FromEntry(
            entry,
            started: entries.Take(i).Any(before => before.Kind is EventKind.Started),
            Actors.FindRecord(checkout, entry.Kind, entry.At),
            AmountOf(checkout, entries, i)))],
        [.. exchanges.Select(TimelineExchangeView.FromExchange)],
        DoubtView.FromCheckout(checkout),
        RefusedView.FromCheckout(checkout),
        CloudView.FromCheckout(checkout),
        checkout.Terms.Till);

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
/// <param name="Doubt">Why it was not known what SumUp did, for <c>doubted</c>.</param>
/// <param name="Refused">Why SumUp did not take the checkout, for <c>refused</c>.</param>
public sealed record TimelineEventView(
    long Version, string Kind, DateTimeOffset At, string Actor, string Node, ReasonView? Reason, ClaimView? Claim,
    long? Amount, RecordView? Record, DoubtView? Doubt = null, RefusedView? Refused = null)
{
    internal static TimelineEventView FromEntry(LedgerEntry entry, bool started, OutcomeRecord? record, long? amount)
    {
        var actor = Actors.DetermineActor(entry.Kind, entry.Reason, started, record is not null);
        return new(entry.Version, entry.Kind.ToWireName(), entry.At, actor.ToWireName(), entry.Node, WhyOf(entry),
            ClaimOf(entry),
            amount, actor is Core.Checkouts.Actor.Operator && record is { } by
                ? new(by.Reason, by.Reference, by.KeyId, by.KeyName)
                : null,
            entry is { Kind: EventKind.Doubted, Doubt: { } doubt } ? DoubtView.FromDoubt(doubt, entry.At) : null,
            entry.Kind is EventKind.Refused ? RefusedView.FromCheckout(entry.Checkout) : null);
    }

    private static ReasonView? WhyOf(LedgerEntry entry) =>
        entry.Kind is EventKind.Failed or EventKind.Cancelled or EventKind.Refused
            ? ReasonView.FromReason(entry.Reason)
            : null;

    private static ClaimView? ClaimOf(LedgerEntry entry) => entry.Claim is { } claim
        ? new(claim.Outcome.ToWireName(), claim.Reason?.ToWireName(), claim.Amount, claim.Tip)
        : null;
}

/// <summary>Why nothing was charged on record: a code of a closed list, and what a clerk does about it.</summary>
public sealed record ReasonView(string Code, bool Retryable, string Sentence)
{
    /// <summary>While it is disputed, no try is worth it: the card may have been charged.</summary>
    internal static ReasonView? FromCheckout(Checkout checkout) =>
        FromReason(checkout.Reason) is not { } why ? null
        : why with { Retryable = why.Retryable && !checkout.Disputed, Sentence = checkout.ToAdvice() ?? why.Sentence };

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
/// <param name="Reason">Why nothing was charged on record.</param>
/// <param name="Tip">What was charged on top, in minor units.</param>
/// <param name="Refunded">What was given back, in minor units.</param>
/// <param name="Checkout">The checkout as <c>Get checkout</c> returns it.</param>
/// <param name="Doubt">Why it is not known what SumUp did, while the state is <c>unknown</c>.</param>
/// <param name="Refused">Why SumUp did not take it.</param>
public sealed record CheckoutEventView(
    string ReaderId, string State, ReasonView? Reason, long Tip, long Refunded, CheckoutData Checkout,
    DoubtView? Doubt = null, RefusedView? Refused = null)
{
    internal static CheckoutEventView FromCheckout(Checkout checkout) => new(
        checkout.ReaderId, checkout.StateWord, ReasonView.FromCheckout(checkout), checkout.Tip,
        checkout.RefundedAmount(), CheckoutView.FromCheckout(checkout).Data,
        DoubtView.FromCheckout(checkout), RefusedView.FromCheckout(checkout));
}

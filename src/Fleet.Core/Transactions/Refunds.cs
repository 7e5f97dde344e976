using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Orleans;

namespace Fleet.Core.Transactions;

/// <summary>Money given back, in part or in full.</summary>
/// <param name="Id">Made before the first attempt: a repeat with this id means the same refund.</param>
/// <param name="EventId">Its number within the transaction: its time in microseconds since 1970, or the next.</param>
/// <param name="Amount">Minor units, at least 1.</param>
/// <param name="At">When it was recorded.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund")]
public sealed record Refund(
    [property: Id(0)] Guid Id, [property: Id(1)] long EventId, [property: Id(2)] long Amount,
    [property: Id(3)] DateTimeOffset At);

/// <summary>A request to give money back.</summary>
/// <param name="RefundId">Made before the first attempt.</param>
/// <param name="CheckoutId">The transaction.</param>
/// <param name="Amount">Minor units, at least 1; null for all that is left.</param>
/// <param name="Sandbox">Whether the merchant is a sandbox, where no money moves.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund-transaction")]
public sealed record RefundTransaction(
    [property: Id(0)] Guid RefundId, [property: Id(1)] Guid CheckoutId, [property: Id(2)] long? Amount,
    [property: Id(3)] bool Sandbox);

/// <summary>The rules of giving money back.</summary>
public static class RefundRules
{
    /// <summary>Refunds of one transaction, chosen by us: they are kept with it.</summary>
    public const int MaxRefunds = 100;

    /// <summary>Decides whether this much of the transaction may be refunded.</summary>
    /// <param name="paid">The transaction, as the ledger has it; null when there is none.</param>
    /// <param name="ask">How much, and under which id.</param>
    /// <param name="now">The time.</param>
    public static Decision RefundPayment(Checkout? paid, RefundTransaction ask, DateTimeOffset now)
    {
        if (paid is null) return Refusal.NotFound;
        if (paid.Refunds.Any(refund => refund.Id == ask.RefundId)) return Decision.AlreadySo;
        // Fleet moves no money itself. To record a refund of a real card would claim a refund that did not happen.
        if (paid.State is CheckoutState.Successful && (!ask.Sandbox || paid.Cloud is not null))
            return Refusal.RefundedElsewhere;
        var (amount, refusal) = CheckAmount(paid, ask, paid.RefundedAmount());
        return refusal is not null ? refusal : AddRefund(paid, ask.RefundId, amount, now);
    }

    /// <summary>How much a request would give back, or why it cannot.</summary>
    /// <param name="paid">The payment.</param>
    /// <param name="ask">The request.</param>
    /// <param name="refunded">What was given back before, in minor units.</param>
    internal static (long Amount, Refusal? Refusal) CheckAmount(Checkout paid, RefundTransaction ask, long refunded)
    {
        if (paid.State is not CheckoutState.Successful || paid.Refunds.Count >= MaxRefunds)
            return (0, Refusal.NotRefundable);
        var left = paid.TotalAmount() - refunded;
        var amount = ask.Amount ?? left;
        if (left <= 0 || amount == 0) return (0, Refusal.NotRefundable);
        return amount > left
            ? (0, Refusal.RefundTooLarge(paid.Terms.Amount with { Value = left }))
            : (amount, null);
    }

    /// <summary>The payment with one more refund, which was made.</summary>
    internal static ReaderEvent AddRefund(Checkout paid, Guid refundId, long amount, DateTimeOffset now)
    {
        var refund = new Refund(refundId, NextEventId(paid, now), amount, now);
        return new(EventKind.Refunded, paid with { Refunds = [.. paid.Refunds, refund], UpdatedAt = now });
    }

    private static long NextEventId(Checkout paid, DateTimeOffset now)
    {
        var microseconds = Microseconds.FromTime(now);
        return paid.Refunds is [.., var last] ? Math.Max(microseconds, last.EventId + 1) : microseconds;
    }
}

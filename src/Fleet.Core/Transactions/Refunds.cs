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
        if (paid.State is not CheckoutState.Successful) return Refusal.NotRefundable;
        if (paid.Refunds.Count >= MaxRefunds) return Refusal.NotRefundable;
        // Fleet moves no money itself. To record a refund of a real card would claim a refund that did not happen.
        if (!ask.Sandbox) return Refusal.RefundedElsewhere;
        var (left, amount) = (paid.RefundableAmount(), ask.Amount ?? paid.RefundableAmount());
        if (left == 0 || amount == 0) return Refusal.NotRefundable;
        if (amount > left) return Refusal.RefundTooLarge(paid.Terms.Amount with { Value = left });
        var refund = new Refund(ask.RefundId, NextEventId(paid, now), amount, now);
        return new ReaderEvent(EventKind.Refunded, paid with { Refunds = [.. paid.Refunds, refund], UpdatedAt = now });
    }

    private static long NextEventId(Checkout paid, DateTimeOffset now)
    {
        var microseconds = Microseconds.FromTime(now);
        return paid.Refunds is [.., var last] ? Math.Max(microseconds, last.EventId + 1) : microseconds;
    }
}

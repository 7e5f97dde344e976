using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Core.Transactions;

/// <summary>In which total something counts. Each payment that has an outcome counts in exactly one.</summary>
public enum TotalKind
{
    /// <summary>The card was charged.</summary>
    Successful,

    /// <summary>The payment did not go through.</summary>
    Failed,

    /// <summary>Ended before a payment.</summary>
    Cancelled,

    /// <summary>It has an outcome, and its device or SumUp contradicts it.</summary>
    Disputed,

    /// <summary>Money given back, in whole or in part; counts beside its payment.</summary>
    Refunded,
}

/// <summary>What a total is of.</summary>
/// <param name="MerchantCode">The merchant.</param>
/// <param name="Day">The day of UTC of the outcome, or of the refund.</param>
/// <param name="Store">The store in which the reader was at acceptance.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Kind">What is counted.</param>
public sealed record TotalKey(string MerchantCode, DateOnly Day, string Store, string Currency, TotalKind Kind);

/// <summary>A count, and sums in minor units.</summary>
/// <param name="Count">Payments, or refunds.</param>
/// <param name="Amount">What was asked for without a tip, or given back.</param>
/// <param name="Tips">Tips that were charged.</param>
public readonly record struct TotalSum(long Count, long Amount, long Tips)
{
    public static TotalSum operator +(TotalSum one, TotalSum other) =>
        new(one.Count + other.Count, one.Amount + other.Amount, one.Tips + other.Tips);

    public static TotalSum operator -(TotalSum one, TotalSum other) =>
        new(one.Count - other.Count, one.Amount - other.Amount, one.Tips - other.Tips);
}

/// <summary>
/// What events add to totals, and what checkouts count in them. The sum over all events of a checkout is always what
/// the checkout counts then, so totals can be compared with the ledger.
/// </summary>
public static class Totals
{
    /// <summary>What an event adds. What a dispute moves to another total is taken away there.</summary>
    public static IEnumerable<(TotalKey Key, TotalSum Sum)> FromEvent(ReaderEvent happened) => happened switch
    {
        { IsOutcome: true, Checkout: var ended } => CountPayment(ended),
        // The first dispute of what has an outcome; each further one adds a claim.
        { Kind: EventKind.Disputed, Checkout: { IsOpen: false, Claims.Count: 1 } ended } =>
        [
            .. CountPayment(ended with { Disputed = false }).Select(one => (one.Key, default(TotalSum) - one.Sum)),
            .. CountPayment(ended),
        ],
        { Kind: EventKind.Refunded, Checkout: { Refunds: [.., var refund] } paid } => [CountRefund(paid, refund)],
        _ => [],
    };

    /// <summary>
    /// What a payment counts: nothing before its outcome, and nothing when SumUp's cloud did not take it, which is no
    /// outcome.
    /// </summary>
    public static IEnumerable<(TotalKey Key, TotalSum Sum)> CountPayment(Checkout checkout) =>
        checkout.IsOpen || checkout.Cloud is { Refused: not null }
            ? []
            : [(KeyOf(checkout, checkout.OccurredAt(), KindOf(checkout)),
                new(1, checkout.Terms.Amount.Value, checkout.Tip))];

    /// <summary>What a refund counts.</summary>
    public static (TotalKey Key, TotalSum Sum) CountRefund(Checkout paid, Refund refund) =>
        (KeyOf(paid, refund.At, TotalKind.Refunded), new(1, refund.Amount, 0));

    private static TotalKey KeyOf(Checkout checkout, DateTimeOffset at, TotalKind kind) => new(
        checkout.MerchantCode, DateOnly.FromDateTime(at.UtcDateTime), checkout.Store, checkout.Terms.Amount.Currency,
        kind);

    private static TotalKind KindOf(Checkout checkout) => checkout switch
    {
        { Disputed: true } => TotalKind.Disputed,
        { State: CheckoutState.Successful } => TotalKind.Successful,
        { State: CheckoutState.Failed } => TotalKind.Failed,
        _ => TotalKind.Cancelled,
    };
}

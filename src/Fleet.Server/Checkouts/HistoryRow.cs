using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>What an entry of a merchant's history is.</summary>
internal enum HistoryKind
{
    Payment,
    Refund,
}

/// <summary>
/// An entry of a merchant's history, stored with the event it comes from: what a list is cut and filtered by. What it
/// shows is the checkout's.
/// </summary>
internal sealed record HistoryRow(
    string MerchantCode, Guid Ref, HistoryKind Kind, TransactionStatus Status, EntryMode? EntryMode, string Code,
    Guid CheckoutId)
{
    /// <summary>The entry that an event adds, or null.</summary>
    public static HistoryRow? FromEvent(ReaderEvent happened) => happened switch
    {
        { IsOutcome: true, Checkout: var ended } => FromCheckout(ended, HistoryKind.Payment, PaymentRef(ended)),
        { Kind: EventKind.Refunded, Checkout: { Refunds: [.., var refund] } paid } =>
            FromCheckout(paid, HistoryKind.Refund, HistoryKey.ForEvent(refund.At, refund.Id)),
        _ => null,
    };

    /// <summary>Where the payment itself is in the history.</summary>
    public static Guid PaymentRef(Checkout checkout) => HistoryKey.ForEvent(checkout.OccurredAt(), checkout.Id);

    /// <summary>
    /// What a checkout is found by under the integrator's own reference; a merchant's code has no slash in it.
    /// </summary>
    public static string? ReferenceOf(Checkout checkout) =>
        checkout.Terms.Affiliate is { } affiliate
            ? ReferenceOf(checkout.MerchantCode, affiliate.ForeignTransactionId)
            : null;

    /// <summary>The same for a reference that is looked for.</summary>
    public static string ReferenceOf(string merchantCode, string foreignId) => $"{merchantCode}/{foreignId}";

    private static HistoryRow FromCheckout(Checkout checkout, HistoryKind kind, Guid place) => new(
        checkout.MerchantCode, place, kind, checkout.GetStatus(), checkout.Card?.EntryMode, checkout.TransactionCode(),
        checkout.Id);
}

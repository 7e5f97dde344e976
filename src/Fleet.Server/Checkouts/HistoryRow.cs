using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>The kind of an entry of a merchant's history.</summary>
internal enum HistoryKind
{
    Payment,
    Refund,
}

/// <summary>
/// An entry of a merchant's history, saved with its event. It holds what lists are sorted and filtered by; the rest is
/// read from the checkout.
/// </summary>
internal sealed record HistoryRow(
    string MerchantCode, Guid Ref, HistoryKind Kind, TransactionStatus Status, EntryMode? EntryMode, string Code,
    Guid CheckoutId, string? Till)
{
    /// <summary>The entry for an event, or null when the event adds none.</summary>
    public static HistoryRow? FromEvent(ReaderEvent happened) => happened switch
    {
        { IsOutcome: true, Checkout: var ended } => FromCheckout(ended, HistoryKind.Payment, PaymentRef(ended)),
        { Kind: EventKind.Refunded, Checkout: { Refunds: [.., var refund] } paid } =>
            FromCheckout(paid, HistoryKind.Refund, HistoryKey.ForEvent(refund.At, refund.Id)),
        _ => null,
    };

    /// <summary>The place of the payment itself in the history.</summary>
    public static Guid PaymentRef(Checkout checkout) => HistoryKey.ForEvent(checkout.OccurredAt(), checkout.Id);

    /// <summary>
    /// The integrator's own reference with the merchant's code, as a checkout is found by it; a merchant's code has no
    /// slash in it.
    /// </summary>
    public static string? ReferenceOf(Checkout checkout) =>
        checkout.Terms.Affiliate is { } affiliate
            ? ReferenceOf(checkout.MerchantCode, affiliate.ForeignTransactionId)
            : null;

    /// <summary>The same for a reference that is searched.</summary>
    public static string ReferenceOf(string merchantCode, string foreignId) => $"{merchantCode}/{foreignId}";

    private static HistoryRow FromCheckout(Checkout checkout, HistoryKind kind, Guid place) => new(
        checkout.MerchantCode, place, kind, checkout.GetStatus(), checkout.Card?.EntryMode, checkout.TransactionCode(),
        checkout.Id, checkout.Terms.Till);
}

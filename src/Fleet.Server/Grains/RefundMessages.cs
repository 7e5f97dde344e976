using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;

namespace Fleet.Server.Grains;

/// <summary>A refund that SumUp's cloud is to make.</summary>
/// <param name="Caller">How far the caller's key reaches.</param>
/// <param name="Ask">The refund.</param>
/// <param name="Key">The till's own name for the request, or null.</param>
/// <param name="Note">The audit note, which is saved with the refund.</param>
/// <param name="Refunded">What the cloud has given back, in minor units; null when it does not tell it.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund-order")]
internal sealed record RefundOrder(
    [property: Id(0)] Reach Caller,
    [property: Id(1)] RefundTransaction Ask,
    [property: Id(2)] IdempotencyKey? Key,
    [property: Id(3)] AuditNote? Note,
    [property: Id(4)] long? Refunded = null);

/// <summary>What became known of a refund.</summary>
/// <param name="CheckoutId">The payment.</param>
/// <param name="RefundId">The refund.</param>
/// <param name="Answer">The sorted answer to the attempt; null when there is none, but reads.</param>
/// <param name="Reads">The last reads of the payment, in order.</param>
/// <param name="Record">What an operator records about it; null when it is not an operator who knows.</param>
/// <param name="Note">The audit note of a record, which is saved with it.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund-news")]
internal sealed record RefundNews(
    [property: Id(0)] Guid CheckoutId,
    [property: Id(1)] Guid RefundId,
    [property: Id(2)] Sorted? Answer,
    [property: Id(3)] IReadOnlyList<RefundRead> Reads,
    [property: Id(4)] RecordRefund? Record = null,
    [property: Id(5)] AuditNote? Note = null);

/// <summary>The payment of a refund after a report, and whether the refund may be sent.</summary>
/// <param name="Paid">The payment as it is saved; null when this reader has none of this id.</param>
/// <param name="MaySend">Whether the caller, and only this one, may send the refund.</param>
/// <param name="Refusal">Why it is refused.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund-reply")]
internal sealed record RefundReply(
    [property: Id(0)] Checkout? Paid, [property: Id(1)] bool MaySend = false,
    [property: Id(2)] Refusal? Refusal = null);

/// <summary>A payment that is refunded.</summary>
/// <param name="MerchantCode">Its merchant.</param>
/// <param name="ReaderId">The reader that took it.</param>
/// <param name="CheckoutId">Its id.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund-key")]
public sealed record RefundKey(
    [property: Id(0)] string MerchantCode, [property: Id(1)] string ReaderId, [property: Id(2)] Guid CheckoutId)
{
    /// <summary>The key of a payment.</summary>
    public static RefundKey FromCheckout(Checkout paid) => new(paid.MerchantCode, paid.ReaderId, paid.Id);

    /// <summary>The key of a grain.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RefundKey Parse(string text) => text.Split('/') is [var merchant, var reader, var id]
        ? new(merchant, reader, Guid.ParseExact(id, "N"))
        : throw new FormatException("It is not the key of a payment.");

    public override string ToString() => $"{MerchantCode}/{ReaderId}/{CheckoutId:N}";
}

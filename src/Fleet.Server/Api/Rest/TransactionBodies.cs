using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Api.Rest;

/// <summary>A transaction. Amounts are in major units and include the tip; what is not known is left out.</summary>
public sealed record TransactionView(
    Guid Id, string? TransactionCode, string ClientTransactionId, string? ForeignTransactionId, string MerchantCode,
    decimal Amount, decimal TipAmount, string Currency, DateTimeOffset Timestamp, string Status, string SimpleStatus,
    string PaymentType, string SimplePaymentType, int InstallmentsCount, string ProcessAs, string? EntryMode,
    string? AuthCode, CardView? Card, string? ProductSummary, string? FailureReason,
    IReadOnlyList<TransactionEventView> TransactionEvents, IReadOnlyList<EventView> Events,
    IReadOnlyList<LinkView> Links)
{
    internal static TransactionView FromCheckout(Checkout checkout, string origin)
    {
        var (money, status) = (checkout.Terms.Amount, checkout.GetStatus().ApiWord());
        return new(
            checkout.Id,
            checkout.IsOpen ? null : checkout.TransactionCode(),
            checkout.ClientId(),
            checkout.Terms.Affiliate?.ForeignTransactionId,
            checkout.MerchantCode,
            money.Major(checkout.TotalAmount()),
            money.Major(checkout.Tip),
            money.Currency,
            checkout.OccurredAt(),
            status,
            status,
            TransactionWords.PaymentType,
            "CARD",
            checkout.Terms.Installments ?? 1,
            TransactionWords.ProcessAs(checkout),
            checkout.Card?.EntryMode?.ApiWord(),
            checkout.Card?.AuthCode,
            CardView.FromCard(checkout.Card),
            checkout.Terms.Description,
            checkout.Reason?.ToWireName(),
            [.. checkout.Refunds.Select(refund => TransactionEventView.FromRefund(refund, money))],
            [.. checkout.Refunds.Select(refund => EventView.FromRefund(refund, checkout))],
            LinkView.ListLinks(checkout, origin));
    }
}

/// <summary>The card, as far as it may be shown.</summary>
public sealed record CardView(
    [property: JsonPropertyName("last_4_digits")] string Last4Digits, string Type)
{
    internal static CardView? FromCard(CardRead? card) => card is null ? null : new(card.Last4, card.Scheme);
}

/// <summary>A refund, as an event of its transaction.</summary>
public sealed record TransactionEventView(
    long Id, string EventType, string Status, decimal Amount, DateOnly Date, DateTimeOffset Timestamp)
{
    internal static TransactionEventView FromRefund(Refund refund, Money money) => new(
        refund.EventId, TransactionWords.Refund, TransactionWords.Refunded, money.Major(refund.Amount),
        DateOnly.FromDateTime(refund.At.UtcDateTime), refund.At);
}

/// <summary>A refund, in the shorter form.</summary>
public sealed record EventView(
    long Id, Guid TransactionId, string Type, string Status, decimal Amount, DateTimeOffset Timestamp)
{
    internal static EventView FromRefund(Refund refund, Checkout checkout) => new(
        refund.EventId, checkout.Id, TransactionWords.Refund, TransactionWords.Refunded,
        checkout.Terms.Amount.Major(refund.Amount), refund.At);
}

/// <summary>An action on a transaction, as an absolute URI at the address by which the caller reached Fleet.</summary>
public sealed record LinkView(
    string Rel, string Href, string Type, decimal? MinAmount = null, decimal? MaxAmount = null)
{
    internal static IReadOnlyList<LinkView> ListLinks(Checkout checkout, string origin)
    {
        if (checkout.IsOpen) return [];
        var (money, links) = (checkout.Terms.Amount, new List<LinkView>());
        links.Add(new(
            "receipt", $"{origin}/v1.1/receipts/{checkout.Id}?mid={checkout.MerchantCode}", "application/json"));
        if (checkout.RefundableAmount() is > 0 and var left)
            links.Add(new("refund", $"{origin}/v1.0/merchants/{checkout.MerchantCode}/payments/{checkout.Id}/refunds",
                "application/json", money.Major(1), money.Major(left)));
        return links;
    }
}

/// <summary>A page of a merchant's history; the last one has no links.</summary>
public sealed record HistoryView(IReadOnlyList<HistoryItemView> Items, IReadOnlyList<HistoryLinkView>? Links = null);

/// <summary>The link to the next page: a query string only, as SumUp writes it.</summary>
public sealed record HistoryLinkView(string Rel, string Href);

/// <summary>
/// A payment's outcome, or a refund. A refund has its own amount and time, and the ids of the payment.
/// </summary>
public sealed record HistoryItemView(
    Guid Id, Guid TransactionId, string ClientTransactionId, string TransactionCode, decimal Amount, string Currency,
    DateTimeOffset Timestamp, string Status, string PaymentType, int InstallmentsCount, string Type,
    decimal RefundedAmount, string? CardType, string? ProductSummary)
{
    internal static HistoryItemView FromEntry(HistoryEntry entry)
    {
        var (checkout, refund) = (entry.Checkout, entry.Refund);
        var money = checkout.Terms.Amount;
        return new(
            entry.Ref,
            checkout.Id,
            checkout.ClientId(),
            checkout.TransactionCode(),
            money.Major(refund?.Amount ?? checkout.TotalAmount()),
            money.Currency,
            refund?.At ?? checkout.OccurredAt(),
            checkout.GetStatus().ApiWord(),
            TransactionWords.PaymentType,
            checkout.Terms.Installments ?? 1,
            entry.Kind.ApiWord(),
            money.Major(refund is null ? checkout.RefundedAmount() : 0),
            checkout.Card?.Scheme,
            checkout.Terms.Description);
    }
}

/// <summary>What a till may send to refund.</summary>
/// <param name="Amount">Major units, for example 5.00; absent for all that is left.</param>
public sealed record RefundBody(decimal? Amount = null)
{
    /// <summary>
    /// Unknown members. Beside an amount they are ignored. Without an amount they are an error: one of them may be a
    /// misspelt amount, and the request must not refund everything.
    /// </summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>The words of the Transactions API, which are written in capitals.</summary>
internal static class TransactionWords
{
    /// <summary>Every payment here is made on a reader.</summary>
    public const string PaymentType = "POS";

    public const string Refund = "REFUND", Refunded = "REFUNDED";

    /// <summary>Credit, unless the till asked for debit.</summary>
    public static string ProcessAs(Checkout checkout) => (checkout.Terms.CardType ?? CardType.Credit).ApiWord();

    /// <summary>
    /// All words of SumUp's description, also those that Fleet never returns: a filter may name them.
    /// </summary>
    public static readonly IReadOnlyCollection<string>
        Types = ["PAYMENT", "REFUND", "CHARGE_BACK"],
        Statuses = ["SUCCESSFUL", "CANCELLED", "FAILED", "REFUNDED", "CHARGE_BACK", "PENDING"],
        PaymentTypes =
        [
            "CASH", "POS", "ECOM", "RECURRING", "BITCOIN", "BALANCE", "MOTO", "BOLETO", "DIRECT_DEBIT", "APM",
            "UNKNOWN",
        ],
        EntryModes =
        [
            "BOLETO", "SOFORT", "IDEAL", "BANCONTACT", "EPS", "MYBANK", "SATISPAY", "BLIK", "P24", "GIROPAY", "PIX",
            "QR_CODE_PIX", "APPLE_PAY", "GOOGLE_PAY", "PAYPAL", "TWINT", "NONE", "CHIP", "MANUAL_ENTRY",
            "CUSTOMER_ENTRY", "MAGSTRIPE_FALLBACK", "MAGSTRIPE", "DIRECT_DEBIT", "CONTACTLESS", "MOTO",
            "CONTACTLESS_MAGSTRIPE", "N/A",
        ];

    /// <summary>The word for an enum member: <c>CHIP</c>.</summary>
    public static string ApiWord<T>(this T member) where T : struct, Enum => member.ToWireName().ToUpperInvariant();
}

using System.Globalization;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Api.Rest;

/// <summary>What is printed about a transaction. Amounts are text here, in major units.</summary>
public sealed record ReceiptView(
    ReceiptTransactionView TransactionData, ReceiptMerchantView MerchantData, ReceiptAcquirerView AcquirerData)
{
    internal static ReceiptView FromCheckout(Checkout checkout, IEnumerable<Refund> refunds, bool sandbox) => new(
        ReceiptTransactionView.FromCheckout(checkout, refunds, sandbox),
        new(new(checkout.MerchantCode)),
        new(checkout.Card?.AuthCode));
}

/// <summary>The transaction on a receipt.</summary>
public sealed record ReceiptTransactionView(
    string TransactionCode, Guid TransactionId, string MerchantCode, string Amount, string TipAmount, string Currency,
    DateTimeOffset Timestamp, string Status, string PaymentType, string? EntryMode, ReceiptReaderView CardReader,
    CardView? Card, int InstallmentsCount, string ProcessAs, IReadOnlyList<ReceiptEventView> Events, string ReceiptNo)
{
    internal static ReceiptTransactionView FromCheckout(
        Checkout checkout, IEnumerable<Refund> refunds, bool sandbox) => new(
        checkout.TransactionCode(),
        checkout.Id,
        checkout.MerchantCode,
        FormatAmount(checkout, checkout.TotalAmount()),
        FormatAmount(checkout, checkout.Tip),
        checkout.Terms.Amount.Currency,
        checkout.OccurredAt(),
        checkout.GetStatus().ApiWord(),
        TransactionWords.PaymentType,
        checkout.Card?.EntryMode?.ApiWord(),
        new(checkout.Serial, sandbox ? Device.VirtualSolo : Device.Solo),
        CardView.FromCard(checkout.Card),
        checkout.Terms.Installments ?? 1,
        TransactionWords.ProcessAs(checkout),
        [.. refunds.Select(refund => ReceiptEventView.FromRefund(refund, checkout))],
        checkout.TransactionCode());

    /// <summary>An amount as it is printed, with all decimals of its currency.</summary>
    internal static string FormatAmount(Checkout checkout, long minor) =>
        checkout.Terms.Amount.Major(minor).ToString(CultureInfo.InvariantCulture);
}

/// <summary>A refund on a receipt.</summary>
public sealed record ReceiptEventView(
    long Id, Guid TransactionId, string Type, string Status, string Amount, DateTimeOffset Timestamp)
{
    internal static ReceiptEventView FromRefund(Refund refund, Checkout checkout) => new(
        refund.EventId, checkout.Id, TransactionWords.Refund, TransactionWords.Refunded,
        ReceiptTransactionView.FormatAmount(checkout, refund.Amount), refund.At);
}

/// <summary>The reader on a receipt.</summary>
public sealed record ReceiptReaderView(string Code, string Type);

/// <summary>The merchant on a receipt.</summary>
public sealed record ReceiptMerchantView(ReceiptProfileView MerchantProfile);

/// <summary>Who the merchant is; Fleet knows no more of it.</summary>
public sealed record ReceiptProfileView(string MerchantCode);

/// <summary>What the acquirer said.</summary>
public sealed record ReceiptAcquirerView(string? AuthorizationCode);

using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;

namespace Fleet.Server.Api.Rest;

/// <summary>The answer to a checkout that was accepted.</summary>
public sealed record CheckoutCreatedView(CheckoutCreatedData Data);

/// <summary>The ids of the checkout.</summary>
public sealed record CheckoutCreatedData(Guid CheckoutId, Guid ClientTransactionId);

/// <summary>
/// A checkout. Only the reason is null while there is none, as SumUp's description has it: some of the official SDKs
/// fail on the other nulls that the description allows.
/// </summary>
public sealed record CheckoutView(CheckoutData Data)
{
    /// <summary>
    /// The card type that is reported when the till named none, because strict clients require a value.
    /// </summary>
    private const CardType AssumedCardType = CardType.Credit;
    private const int AssumedInstallments = 1;

    internal static CheckoutView FromCheckout(Checkout checkout) => new(new CheckoutData(
        checkout.Id,
        checkout.ClientId(),
        checkout.Serial,
        checkout.Firmware,
        PaymentType: "card",
        (checkout.Terms.CardType ?? AssumedCardType).ToWireName(),
        checkout.Terms.Installments ?? AssumedInstallments,
        StatusOf(checkout),
        checkout.ValidUntil,
        checkout.AcceptedAt,
        checkout.UpdatedAt,
        StatusOf(checkout),
        new(checkout.Terms.Amount.Currency, checkout.Terms.Amount.MinorUnit, checkout.Terms.Amount.Value),
        checkout.Reason?.ToWireName(),
        checkout is { IsOpen: true, TerminateRequested: true } ? true : null,
        checkout.DeadlineAt));

    private static string StatusOf(Checkout checkout) => checkout.IsOpen ? "pending" : checkout.State.ToWireName();
}

/// <summary>The parts of a checkout, in SumUp's words, but for the last two, which are Fleet's.</summary>
public sealed record CheckoutData(
    Guid CheckoutId, string ClientTransactionId, string ReaderSerialNumber, string ReaderFirmwareVersion,
    string PaymentType, string CardType, int Installments, string PaymentStatus, DateTimeOffset ValidUntil,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Status, MoneyView TotalAmount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? PaymentFailureReason,
    bool? TerminateRequested = null, DateTimeOffset? Deadline = null);

/// <summary>The answer to a payment that was made.</summary>
public sealed record GoCheckoutView(GoCheckoutData Data)
{
    internal static GoCheckoutView FromCheckout(Checkout checkout) =>
        new(new GoCheckoutData(checkout.ClientId(), checkout.TransactionCode()));
}

/// <summary>The ids of the payment: the caller's own one, and the code on the receipt.</summary>
public sealed record GoCheckoutData(string ClientTransactionId, string TransactionCode);

/// <summary>An amount in minor units.</summary>
public sealed record MoneyView(string Currency, int MinorUnit, long Value);

using System.Text.Json.Serialization;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Console.Parts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Payments;

/// <summary>What is shown of a checkout. All of it may change while the page is open.</summary>
/// <param name="Timeline">The checkout and what happened.</param>
/// <param name="Facts">What only a key for transactions may see; null for others.</param>
/// <param name="Delivery">The webhook of its outcome; null when there is none, or the key may not see it.</param>
/// <param name="ShowsDelivery">Whether the key may see webhooks.</param>
/// <param name="Disputes">The webhooks of its disputes, which have ids of their own; none for the same reasons.</param>
public sealed record CheckoutView(
    Proto.CheckoutTimeline Timeline, PaymentFacts? Facts, Proto.WebhookDelivery? Delivery, bool ShowsDelivery,
    IReadOnlyList<Proto.WebhookDelivery> Disputes)
{
    /// <summary>Did it charge, and if not, why.</summary>
    public CheckoutAnswer Answer => CheckoutAnswer.FromTimeline(Timeline);

    [JsonIgnore]
    public Proto.Checkout Checkout => Timeline.Checkout;

    /// <summary>What the tab of its page is called.</summary>
    [JsonIgnore]
    public string Title => $"{Words.TextOf(Checkout.TotalAmount)} {Words.StateOf(Checkout.State).Text}";

    /// <summary>Its address in the console.</summary>
    [JsonIgnore]
    public string Self => $"m/{Checkout.MerchantCode}/checkouts/{Checkout.CheckoutId}";

    [JsonIgnore]
    public IReadOnlyList<TimelineRow> Rows => TimelineRow.ListRows(Timeline, Delivery);

    /// <summary>How long it took from the order to the outcome; null before that.</summary>
    [JsonIgnore]
    public TimeSpan? Took => Timeline.Events
        .FirstOrDefault(told => told.Kind is "succeeded" or "failed" or "cancelled")?.At is { } end
        ? (end - Checkout.AcceptedAt).ToTimeSpan()
        : null;

    /// <summary>Whether it has no outcome.</summary>
    [JsonIgnore]
    public bool IsOpen => Checkout.State is Proto.State.Accepted or Proto.State.Started or Proto.State.Unknown;

    /// <summary>Whether its till, or an operator, may ask its device to end it.</summary>
    [JsonIgnore]
    public bool CanTerminate => Checkout is
    { State: Proto.State.Accepted or Proto.State.Started, TerminateRequested: false };

    /// <summary>Whether an operator may record or release it.</summary>
    [JsonIgnore]
    public bool CanSettle => Checkout.State is Proto.State.Started or Proto.State.Unknown || HasOpenRefund;

    /// <summary>Whether SumUp has not shown what became of a refund.</summary>
    [JsonIgnore]
    public bool HasOpenRefund => Timeline.Events
        .LastOrDefault(told => told.Kind.StartsWith("refund", StringComparison.Ordinal))?.Kind
        is "refund_begun" or "refund_doubted";

    /// <summary>What can be given back, in minor units.</summary>
    [JsonIgnore]
    public long Refundable => RefundableOf(Checkout);

    public static long RefundableOf(Proto.Checkout checkout) => checkout.State is Proto.State.Successful
        ? checkout.TotalAmount.Value + checkout.Tip - checkout.Refunded
        : 0;
}

/// <summary>What the page shows.</summary>
/// <param name="Payment">The checkout.</param>
/// <param name="Reader">Its reader; null when it is unpaired, or the key may not see readers.</param>
public sealed record CheckoutPageView(CheckoutView Payment, Proto.Reader? Reader);

/// <summary>What is known of a payment beside its timeline.</summary>
/// <param name="Store">The store in which its reader was.</param>
/// <param name="Serial">The serial number of the device that took it.</param>
/// <param name="TransactionCode">The code on the receipt; null before the outcome.</param>
/// <param name="Card">The card as far as it may be shown; empty for none.</param>
/// <param name="AuthCode">The issuer's code; empty for none.</param>
/// <param name="TraceId">Its trace; empty when it was not traced.</param>
public sealed record PaymentFacts(
    string Store, string Serial, string? TransactionCode, string Card, string AuthCode, string TraceId)
{
    /// <summary>Where the trace id stands in W3C's <c>traceparent</c>, and its length.</summary>
    private const int TraceAt = 3, TraceLength = 32;

    internal static PaymentFacts FromCheckout(Checkout checkout) => new(
        checkout.Store,
        checkout.Serial,
        checkout.IsOpen ? null : checkout.TransactionCode(),
        Words.CardOf(checkout.Card),
        checkout.Card?.AuthCode ?? "",
        checkout.Trace is { Length: > TraceAt + TraceLength } trace ? trace.Substring(TraceAt, TraceLength) : "");
}

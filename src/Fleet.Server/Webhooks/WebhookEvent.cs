using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Server.Webhooks;

/// <summary>
/// One outcome in the form in which its till is told. It is made once and saved; every attempt sends the same bytes.
/// </summary>
/// <param name="Id">
/// The checkout's id. A checkout ends once, so retries and replays have the same id. Other events have an id of their
/// own. All begin with the time.
/// </param>
/// <param name="MerchantCode">The merchant whose secrets sign it, or <see cref="Operator"/>.</param>
/// <param name="Url">The checkout's <c>return_url</c>, or the URL of the test.</param>
/// <param name="Body">JSON, in SumUp's words.</param>
/// <param name="At">When it happened.</param>
/// <param name="Trace">The checkout's trace; null when it is not traced.</param>
internal sealed record WebhookEvent(
    Guid Id, string MerchantCode, string Url, string Body, DateTimeOffset At, string? Trace = null)
{
    /// <summary>Stands for the merchant in an event to the operator of Fleet, which no merchant can see.</summary>
    public const string Operator = "";

    /// <summary>
    /// The host. Events to one host wait for each other, but not for events to other hosts. Empty when there is no URL.
    /// </summary>
    public string Host => Uri.TryCreate(Url, UriKind.Absolute, out var url) ? url.Authority : "";

    /// <summary>
    /// Whether a checkout with a <c>return_url</c> ended with this event, or its device contradicts what an operator
    /// recorded.
    /// </summary>
    public static bool FollowsFrom(ReaderEvent happened) =>
        happened.Checkout.Terms.ReturnUrl is not null && (happened.IsOutcome || ContradictsOperator(happened));

    /// <summary>The webhook event for an event of the ledger, or null.</summary>
    public static WebhookEvent? FromEvent(ReaderEvent happened)
    {
        if (!FollowsFrom(happened) || happened.Checkout is not { Terms.ReturnUrl: { } url } checkout) return null;
        var (id, body) = happened.IsOutcome ? (checkout.Id, BodyOf(checkout)) : DisputeOf(happened);
        return new(id, checkout.MerchantCode, url, body, checkout.UpdatedAt, checkout.Trace);
    }

    /// <summary>An event without a payment, to test a receiver.</summary>
    public static WebhookEvent ForTest(string merchantCode, string url, DateTimeOffset now)
    {
        var body = new TestBody(Guid.CreateVersion7(now), "fleet.webhook.test", now, new(merchantCode));
        return new(body.Id, merchantCode, url, JsonSerializer.Serialize(body, WebhookJson.Default.TestBody), now);
    }

    private static bool ContradictsOperator(ReaderEvent happened) => happened is
    { Kind: EventKind.Disputed, Claim: not null, Checkout: { Record: not null, IsOpen: false } };

    /// <summary>It has an id and a type of its own, so that no receiver takes it for the outcome.</summary>
    private static (Guid Id, string Body) DisputeOf(ReaderEvent happened)
    {
        var (checkout, claim) = (happened.Checkout, happened.Claim);
        var body = new DisputeBody(
            Guid.CreateVersion7(checkout.UpdatedAt), "fleet.checkout.disputed", checkout.UpdatedAt, new(
                checkout.ClientTransactionId, checkout.MerchantCode, checkout.State.ToWireName(), checkout.Id,
                checkout.Reason?.ToWireName(), claim?.Outcome.ToWireName(), claim?.Amount, claim?.Tip));
        return (body.Id, JsonSerializer.Serialize(body, WebhookJson.Default.DisputeBody));
    }

    /// <summary>
    /// SumUp has two outcomes here: what was not charged on record has failed, also when an operator released it.
    /// </summary>
    private static string BodyOf(Checkout checkout)
    {
        var charged = checkout.State is CheckoutState.Successful;
        var body = new WebhookBody(checkout.Id, "solo.transaction.updated", checkout.UpdatedAt, new(
            checkout.ClientTransactionId, checkout.MerchantCode, charged ? "successful" : "failed", checkout.Id,
            charged ? null : checkout.Reason?.ToWireName()));
        return JsonSerializer.Serialize(body, WebhookJson.Default.WebhookBody);
    }
}

/// <summary>The body that a receiver gets.</summary>
internal sealed record WebhookBody(Guid Id, string EventType, DateTimeOffset Timestamp, WebhookPayload Payload);

/// <param name="ClientTransactionId">The id that Create checkout answered.</param>
/// <param name="MerchantCode">The merchant of the checkout.</param>
/// <param name="Status"><c>successful</c> or <c>failed</c>.</param>
/// <param name="TransactionId">The id of the transaction. SumUp sends null; some receivers require the member.</param>
/// <param name="FailureReason">Why nothing was charged; absent for a charge.</param>
internal sealed record WebhookPayload(
    Guid ClientTransactionId, string MerchantCode, string Status, Guid TransactionId, string? FailureReason);

/// <summary>The body of an event that tells of a claim against what an operator recorded.</summary>
internal sealed record DisputeBody(Guid Id, string EventType, DateTimeOffset Timestamp, DisputePayload Payload);

/// <param name="ClientTransactionId">The id that Create checkout answered.</param>
/// <param name="MerchantCode">The merchant of the checkout.</param>
/// <param name="Status">The outcome on record, which stays.</param>
/// <param name="TransactionId">The id of the transaction.</param>
/// <param name="FailureReason">Why nothing was charged, according to the record; absent for a charge.</param>
/// <param name="ClaimedStatus">The outcome that is claimed.</param>
/// <param name="ClaimedAmount">Minor units that the device claims to have charged, without the tip.</param>
/// <param name="ClaimedTip">Minor units of tip that it claims to have charged.</param>
internal sealed record DisputePayload(
    Guid ClientTransactionId, string MerchantCode, string Status, Guid TransactionId, string? FailureReason,
    string? ClaimedStatus, long? ClaimedAmount, long? ClaimedTip);

/// <summary>The body of a test event: it contains nothing that could be taken for a payment.</summary>
internal sealed record TestBody(Guid Id, string EventType, DateTimeOffset Timestamp, TestPayload Payload);

/// <param name="MerchantCode">The merchant that sent the test.</param>
internal sealed record TestPayload(string MerchantCode);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Rfc3339Json)])]
[JsonSerializable(typeof(WebhookBody))]
[JsonSerializable(typeof(DisputeBody))]
[JsonSerializable(typeof(TestBody))]
internal sealed partial class WebhookJson : JsonSerializerContext;

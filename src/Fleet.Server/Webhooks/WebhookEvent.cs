using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Server.Webhooks;

/// <summary>
/// One outcome, as its till is to be told. It is made once and stored; every attempt sends the same bytes.
/// </summary>
/// <param name="Id">
/// The checkout's id. A checkout ends once, so whatever is retried or replayed, its event never has a second id. That
/// of a test event is its own. Both begin with the time.
/// </param>
/// <param name="MerchantCode">Whose secrets sign it.</param>
/// <param name="Url">The checkout's <c>return_url</c>, or where the test goes.</param>
/// <param name="Body">JSON, in SumUp's words.</param>
/// <param name="At">When it happened.</param>
/// <param name="Trace">The checkout's trace; null when nobody records it.</param>
internal sealed record WebhookEvent(
    Guid Id, string MerchantCode, string Url, string Body, DateTimeOffset At, string? Trace = null)
{
    /// <summary>Where it goes: events to one host wait for each other, and for no other. Empty for nowhere.</summary>
    public string Host => Uri.TryCreate(Url, UriKind.Absolute, out var url) ? url.Authority : "";

    /// <summary>Whether a checkout has ended here, and somebody wants to know.</summary>
    public static bool FollowsFrom(ReaderEvent happened) =>
        happened is { IsOutcome: true, Checkout.Terms.ReturnUrl: not null };

    /// <summary>The event that follows this entry of the ledger, or null.</summary>
    public static WebhookEvent? FromEvent(ReaderEvent happened) =>
        FollowsFrom(happened) && happened.Checkout is { Terms.ReturnUrl: { } url } checkout
            ? new(checkout.Id, checkout.MerchantCode, url, BodyOf(checkout), checkout.UpdatedAt, checkout.Trace)
            : null;

    /// <summary>An event about no payment, for somebody who tries a receiver.</summary>
    public static WebhookEvent ForTest(string merchantCode, string url, DateTimeOffset now)
    {
        var body = new TestBody(Guid.CreateVersion7(now), "fleet.webhook.test", now, new(merchantCode));
        return new(body.Id, merchantCode, url, JsonSerializer.Serialize(body, WebhookJson.Default.TestBody), now);
    }

    /// <summary>SumUp knows two outcomes here: what was not charged has failed.</summary>
    private static string BodyOf(Checkout checkout)
    {
        var charged = checkout.State is CheckoutState.Successful;
        var body = new WebhookBody(checkout.Id, "solo.transaction.updated", checkout.UpdatedAt, new(
            checkout.ClientTransactionId, checkout.MerchantCode, charged ? "successful" : "failed", checkout.Id,
            charged ? null : checkout.Reason?.ToWireName()));
        return JsonSerializer.Serialize(body, WebhookJson.Default.WebhookBody);
    }
}

/// <summary>What a receiver gets.</summary>
internal sealed record WebhookBody(Guid Id, string EventType, DateTimeOffset Timestamp, WebhookPayload Payload);

/// <param name="ClientTransactionId">The id that Create checkout answered.</param>
/// <param name="MerchantCode">Whose checkout it was.</param>
/// <param name="Status"><c>successful</c> or <c>failed</c>.</param>
/// <param name="TransactionId">The id of the transaction. SumUp sends null; some receivers demand the key.</param>
/// <param name="FailureReason">Why nothing was charged; absent when it was.</param>
internal sealed record WebhookPayload(
    Guid ClientTransactionId, string MerchantCode, string Status, Guid TransactionId, string? FailureReason);

/// <summary>What a receiver gets when it is tried: nothing in it reads like a payment.</summary>
internal sealed record TestBody(Guid Id, string EventType, DateTimeOffset Timestamp, TestPayload Payload);

/// <param name="MerchantCode">Who tried it.</param>
internal sealed record TestPayload(string MerchantCode);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Rfc3339Json)])]
[JsonSerializable(typeof(WebhookBody))]
[JsonSerializable(typeof(TestBody))]
internal sealed partial class WebhookJson : JsonSerializerContext;

using Fleet.Core;
using Fleet.Server.Webhooks;


namespace Fleet.Server.Api.Rest;

/// <summary>Which of a merchant's events are to be sent again.</summary>
/// <param name="From">Those whose outcome is not older.</param>
/// <param name="To">And older than this.</param>
/// <param name="State"><c>dead</c>, which is meant when it is missing, or <c>delivered</c>.</param>
public sealed record ReplayBody(DateTimeOffset? From, DateTimeOffset? To, string? State = null);

/// <summary>How many events are to be sent again.</summary>
/// <param name="Replayed">Put back by this call.</param>
/// <param name="More">True when the range has more of them: call again.</param>
public sealed record ReplayedView(int Replayed, bool? More = null);

/// <summary>Where a test event is to be sent.</summary>
/// <param name="Url">By the rules of a checkout's <c>return_url</c>.</param>
public sealed record TestWebhookBody(string? Url);

/// <summary>An event and how far its delivery is.</summary>
/// <param name="Id">The event's, which is its checkout's.</param>
/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>dead</c>.</param>
/// <param name="Url">Where it goes. What may be secret in it is masked.</param>
/// <param name="Attempts">Begun so far, over all replays.</param>
/// <param name="Failures">Attempts that failed since the event is there, or since its last replay.</param>
/// <param name="CreatedAt">The time of the outcome.</param>
/// <param name="NextAttemptAt">For one that waits; while an attempt is under way, the time it has at most.</param>
/// <param name="Problem">Why the last attempt failed.</param>
/// <param name="Body">As it is sent, byte by byte; not in lists.</param>
public sealed record DeliveryView(
    Guid Id, string State, string Url, int Attempts, int Failures, DateTimeOffset CreatedAt,
    DateTimeOffset? NextAttemptAt = null, string? Problem = null, string? Body = null)
{
    private const string Masked = "***";

    internal static DeliveryView FromDelivery(Delivery delivery) => new(
        delivery.Event.Id,
        delivery.State.ToWireName(),
        MaskUrl(delivery.Event.Url),
        delivery.Attempts,
        delivery.Failures,
        delivery.Event.At,
        delivery.State is DeliveryState.Waiting ? delivery.NextAt : null,
        delivery.Problem);

    internal static DeliveryView WithBody(Delivery delivery) =>
        FromDelivery(delivery) with { Body = delivery.Event.Body };

    /// <summary>People put keys into queries and credentials; who may look after webhooks need not know them.</summary>
    private static string MaskUrl(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) return Masked;
        var user = uri.UserInfo.Length > 0 ? Masked + "@" : "";
        var query = uri.Query.Length > 0 ? "?" + Masked : "";
        return $"{uri.Scheme}://{user}{uri.Authority}{uri.AbsolutePath}{query}";
    }
}

/// <summary>A page of deliveries, newest first.</summary>
/// <param name="Items">The page.</param>
/// <param name="Next">What to give as <c>after</c> for the page behind it; absent on the last.</param>
public sealed record DeliveryListView(IReadOnlyList<DeliveryView> Items, string? Next = null);

using Fleet.Core;
using Fleet.Server.Webhooks;


namespace Fleet.Server.Api.Rest;

/// <summary>Which of a merchant's events are to be sent again.</summary>
/// <param name="From">Those whose outcome is not older.</param>
/// <param name="To">Those whose outcome is older than this.</param>
/// <param name="State"><c>dead</c>, the default, or <c>delivered</c>.</param>
public sealed record ReplayBody(DateTimeOffset? From, DateTimeOffset? To, string? State = null);

/// <summary>How many events are to be sent again.</summary>
/// <param name="Replayed">Events that this call sends again.</param>
/// <param name="More">True when the range has more of them: call again.</param>
public sealed record ReplayedView(int Replayed, bool? More = null);

/// <summary>Where a test event is to be sent.</summary>
/// <param name="Url">By the rules of a checkout's <c>return_url</c>.</param>
public sealed record TestWebhookBody(string? Url);

/// <summary>An event and how far its delivery is.</summary>
/// <param name="Id">The id of the event, which is that of its checkout.</param>
/// <param name="State"><c>waiting</c>, <c>delivered</c> or <c>dead</c>.</param>
/// <param name="Url">Where it is sent. Parts that may be secret are masked.</param>
/// <param name="Attempts">Attempts begun so far, over all replays.</param>
/// <param name="Failures">Attempts that failed since the event was created, or since its last replay.</param>
/// <param name="CreatedAt">The time of the outcome.</param>
/// <param name="NextAttemptAt">
/// When the next attempt is due, for a waiting event; while an attempt is running, when it is given up.
/// </param>
/// <param name="Problem">Why the last attempt failed.</param>
/// <param name="Body">The body as it is sent, byte by byte; not in lists.</param>
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

    /// <summary>
    /// Masks queries and credentials, because people put keys into them; a caller that manages webhooks need not know
    /// these.
    /// </summary>
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
/// <param name="Next">What to give as <c>after</c> for the next page; absent on the last.</param>
public sealed record DeliveryListView(IReadOnlyList<DeliveryView> Items, string? Next = null);

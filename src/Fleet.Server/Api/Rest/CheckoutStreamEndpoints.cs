using System.Net.ServerSentEvents;
using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>The events of checkouts, as a stream and as a timeline.</summary>
internal static class CheckoutStreamEndpoints
{
    private const string LastEventId = "Last-Event-ID";

    /// <summary>
    /// After how long a client opens a stream again that ended: not at once, because all clients would do so at the
    /// same time.
    /// </summary>
    private static readonly TimeSpan AsksAgainAfter = TimeSpan.FromSeconds(1);

    public static void MapCheckoutStreams(this IEndpointRouteBuilder api)
    {
        var fleet = api.MapGroup("/fleet/v1").WithTags("Fleet").RefusesUnknownParameters();
        fleet.MapGet("checkouts/{checkout_id}/timeline", GetTimeline).RequireScope(Scopes.CheckoutsRead, forChain: true)
            .DescribeRoute<TimelineView>("GetCheckoutTimeline", "All that happened to a checkout", 400, 401, 403, 404);
        fleet.MapGet("checkouts/{checkout_id}/events", WatchCheckout).RequireScope(Scopes.CheckoutsRead, forChain: true)
            .TakesHeader(LastEventId, "The id of the last event that was received: 204 when that was the outcome.")
            .DescribeStream("WatchCheckout", "A checkout as server-sent events, until its outcome",
                400, 401, 403, 404, 429);
        fleet.MapGet("events", WatchMerchant).RequireScope(Scopes.CheckoutsRead, wholeMerchant: true)
            .TakesHeader(LastEventId, "The id of the last event that was received: later events are sent again.")
            .DescribeStream("WatchMerchant", "All checkouts as server-sent events", 400, 401, 403, 429);
    }

    private static async Task<Results<JsonAnswer<TimelineView>, Problem>> GetTimeline(
        HttpContext http, string checkout_id, CheckoutQueries checkouts, ITransactions transactions,
        IExchanges exchanges, CancellationToken cancel)
    {
        if (!Ids.IsUuid(checkout_id, out var id)
            || await checkouts.ReachOf(http.GetCaller(), id, cancel) is not { } reach
            || await checkouts.FindCheckout(reach, id, cancel) is null
            || await transactions.ListEvents(id, cancel) is not [{ Checkout: var checkout }, ..] entries)
            return Problem.NotFound;
        var told = await exchanges.ListOfCheckout(id, TimelineView.MaxExchanges, cancel);
        return Answer.Json(TimelineView.FromCheckout(checkout, entries, told), ApiJson.Default.TimelineView);
    }

    private static async Task<Results<ServerSentEventsResult<string>, NoContent, Problem>> WatchCheckout(
        HttpContext http, string checkout_id, CheckoutQueries checkouts, CheckoutStream stream,
        CancellationToken cancel)
    {
        if (!Ids.IsUuid(checkout_id, out var id)
            || await checkouts.ReachOf(http.GetCaller(), id, cancel) is not { } reach
            || await checkouts.FindCheckout(reach, id, cancel) is not { } checkout) return Problem.NotFound;
        // A browser opens a stream again whenever it ends, unless the answer is 204.
        return TryReadPlace(http.Request, out var place) && CheckoutStream.IsOutcome(place, checkout)
            ? TypedResults.NoContent()
            : StreamEvents(http, stream.OfCheckout(reach, id, cancel));
    }

    private static Results<ServerSentEventsResult<string>, Problem> WatchMerchant(
        MerchantScope merchant, HttpContext http, CheckoutStream stream, CancellationToken cancel) =>
        TryReadPlace(http.Request, out var since)
            ? StreamEvents(http, stream.OfMerchant(merchant.Code, since, cancel))
            : Problem.BadRequest(new FieldError(LastEventId, "must be the id of an event of this stream"));

    /// <summary>The last event that was received; null for none, false when the header has something else.</summary>
    private static bool TryReadPlace(HttpRequest request, out Guid? place)
    {
        var last = request.Headers[LastEventId].ToString();
        place = Ids.IsUuid(last, out var id) && id.Version == HistoryKey.UuidVersion ? id : null;
        return last.Length == 0 || place is not null;
    }

    private static ServerSentEventsResult<string> StreamEvents(HttpContext http, IAsyncEnumerable<StreamEvent> news)
    {
        http.Response.Headers["X-Accel-Buffering"] = "no"; // or nginx keeps events until it has a page of them
        return TypedResults.ServerSentEvents(ToItems(news.WhileAdmitted(http)));
    }

    private static async IAsyncEnumerable<SseItem<string>> ToItems(IAsyncEnumerable<StreamEvent> stream)
    {
        TimeSpan? asksAgainAfter = AsksAgainAfter; // sent only with the first event
        await foreach (var (kind, checkout, place) in stream)
        {
            var data = checkout is null
                ? "{}"
                : JsonSerializer.Serialize(CheckoutEventView.FromCheckout(checkout), ApiJson.Default.CheckoutEventView);
            yield return new(data, kind) { EventId = place?.ToString(), ReconnectionInterval = asksAgainAfter };
            asksAgainAfter = null;
        }
    }
}

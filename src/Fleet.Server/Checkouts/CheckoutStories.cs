using System.Net.ServerSentEvents;
using System.Text.Json;
using Fleet.Core;
using Fleet.Server.Http;
using Fleet.Server.Merchants;
using Fleet.Server.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>How a checkout came to be what it is, told while it happens and afterwards.</summary>
internal static class CheckoutStories
{
    private const string LastEventId = "Last-Event-ID";

    public static void MapCheckoutStories(this IEndpointRouteBuilder api)
    {
        var fleet = api.MapGroup("/fleet/v1").WithTags("Fleet");
        fleet.MapGet("checkouts/{checkout_id}/timeline", GetTimeline).RequireScope(Scopes.CheckoutsRead)
            .Describe<TimelineView>("GetCheckoutTimeline", "Everything that happened to a checkout", 401, 403, 404);
        fleet.MapGet("checkouts/{checkout_id}/events", WatchCheckout).RequireScope(Scopes.CheckoutsRead)
            .DescribeStream("WatchCheckout", "A checkout as server-sent events, until its outcome", 401, 403, 404, 429);
        fleet.MapGet("events", WatchMerchant).RequireScope(Scopes.CheckoutsRead, wholeMerchant: true)
            .TakesHeader(LastEventId, "The id of the last event that was received: what came since is told again.")
            .DescribeStream("WatchMerchant", "All checkouts as server-sent events", 400, 401, 403, 429);
    }

    private static async Task<IResult> GetTimeline(
        MerchantScope merchant, string checkout_id, CheckoutRecords checkouts, ITransactions transactions,
        CancellationToken cancel)
    {
        if (!Ids.IsUuid(checkout_id, out var id)
            || await checkouts.Find(merchant.Reach, id, cancel) is not { } checkout) return Problem.NotFound;
        var timeline = TimelineView.Of(checkout, await transactions.Events(id, cancel));
        return Answer.Json(timeline, ApiJson.Default.TimelineView);
    }

    private static async Task<IResult> WatchCheckout(
        MerchantScope merchant, string checkout_id, CheckoutRecords checkouts, CheckoutStream stream,
        CancellationToken cancel) =>
        Ids.IsUuid(checkout_id, out var id) && await checkouts.Find(merchant.Reach, id, cancel) is not null
            ? TypedResults.ServerSentEvents(Items(stream.OfCheckout(merchant.Reach, id, cancel)))
            : Problem.NotFound;

    private static IResult WatchMerchant(
        MerchantScope merchant, HttpRequest request, CheckoutStream stream, CancellationToken cancel)
    {
        var last = request.Headers[LastEventId].ToString();
        Guid? since = Ids.IsUuid(last, out var place) ? place : null;
        return last.Length == 0 || since is not null
            ? TypedResults.ServerSentEvents(Items(stream.OfMerchant(merchant.Code, since, cancel)))
            : Problem.BadRequest(new FieldError(LastEventId, "must be the id of an event of this stream"));
    }

    private static async IAsyncEnumerable<SseItem<string>> Items(IAsyncEnumerable<News> stream)
    {
        await foreach (var (kind, checkout, place) in stream)
        {
            var data = checkout is null
                ? "{}"
                : JsonSerializer.Serialize(CheckoutEventView.Of(checkout), ApiJson.Default.CheckoutEventView);
            yield return new(data, kind) { EventId = place?.ToString() };
        }
    }
}

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
        fleet.MapGet("checkouts/{checkout_id}/timeline", GetTimeline).RequireScope(Scopes.ReadersRead)
            .Describe<TimelineView>("GetCheckoutTimeline", "Everything that happened to a checkout", 401, 403, 404);
        fleet.MapGet("checkouts/{checkout_id}/events", WatchCheckout).RequireScope(Scopes.ReadersRead)
            .DescribeStream("WatchCheckout", "A checkout as server-sent events, until its outcome", 401, 403, 404, 429);
        fleet.MapGet("events", WatchMerchant).RequireScope(Scopes.ReadersRead)
            .TakesHeader(LastEventId, "The id of the last event that was received: what came since is told again.")
            .DescribeStream("WatchMerchant", "All checkouts as server-sent events", 400, 401, 403, 429);
    }

    private static async Task<IResult> GetTimeline(
        MerchantScope merchant, string checkout_id, CheckoutRecords checkouts, ITransactions transactions,
        CancellationToken cancel)
    {
        if (!Ids.IsUuid(checkout_id, out var id)
            || await checkouts.Find(merchant.Code, id, cancel) is not { } checkout) return Problem.NotFound;
        var timeline = TimelineView.Of(checkout, await transactions.Events(id, cancel));
        return Answer.Json(timeline, ApiJson.Default.TimelineView);
    }

    private static async Task<IResult> WatchCheckout(
        MerchantScope merchant, string checkout_id, CheckoutRecords checkouts, CheckoutStream stream,
        CancellationToken cancel) =>
        Ids.IsUuid(checkout_id, out var id) && await checkouts.Find(merchant.Code, id, cancel) is not null
            ? TypedResults.ServerSentEvents(stream.OfCheckout(merchant.Code, id, cancel))
            : Problem.NotFound;

    private static IResult WatchMerchant(
        MerchantScope merchant, HttpRequest request, CheckoutStream stream, CancellationToken cancel)
    {
        var last = request.Headers[LastEventId].ToString();
        if (last.Length == 0) return TypedResults.ServerSentEvents(stream.OfMerchant(merchant.Code, null, cancel));
        return Ids.IsUuid(last, out var place)
            ? TypedResults.ServerSentEvents(stream.OfMerchant(merchant.Code, place, cancel))
            : Problem.BadRequest(new FieldError(LastEventId, "must be the id of an event of this stream"));
    }
}

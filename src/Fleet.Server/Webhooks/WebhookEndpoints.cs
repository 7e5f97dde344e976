using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Audit;
using Fleet.Server.Http;
using Fleet.Server.Merchants;
using Fleet.Server.Storage;

namespace Fleet.Server.Webhooks;

/// <summary>
/// A merchant's webhooks: look at them, send them again, try a receiver. An addition of Fleet's; the merchant is the
/// key's own.
/// </summary>
internal static class WebhookEndpoints
{
    /// <summary>Events that one call puts back, and those of one transaction: payments wait no longer.</summary>
    private const int MaxReplayed = 10_000, ReplayedAtOnce = 500;

    public static void MapWebhooks(this IEndpointRouteBuilder api)
    {
        var webhooks = api.MapGroup("/fleet/v1/webhooks").WithTags("Webhooks");
        webhooks.MapGet("", ListWebhooks).RequireScope(Scopes.WebhooksWrite, wholeMerchant: true)
            .TakesQuery(("state", "Those that are dead, waiting or delivered."),
                ("from", "Those whose outcome is not older than this time."),
                ("to", "Those whose outcome is older than this time."),
                ("limit", $"Items at most: 1 to {DeliveryQuery.MaxLimit}, default {DeliveryQuery.DefaultLimit}."),
                ("after", "The next of the page before."))
            .Describe<DeliveryListView>("ListWebhooks", "List deliveries of events, newest first", 400, 401, 403);
        webhooks.MapGet("{id}", GetWebhook).RequireScope(Scopes.WebhooksWrite, wholeMerchant: true)
            .Describe<DeliveryView>("GetWebhook", "Get the delivery of an event", 401, 403, 404);
        webhooks.MapPost("{id}/replay", ReplayWebhook)
            .RequireScope(Scopes.WebhooksWrite, action: AuditAction.WebhookReplay, wholeMerchant: true)
            .Describe<DeliveryView>("ReplayWebhook", "Send an event again, now", 202, 401, 403, 404);
        webhooks.MapPost("replay", ReplayWebhooks).Takes<ReplayBody>()
            .RequireScope(Scopes.WebhooksWrite, action: AuditAction.WebhookReplay, wholeMerchant: true)
            .Describe<ReplayedView>("ReplayWebhooks", "Send the events of a time again, now",
                202, 400, 401, 403, 413, 415);
        webhooks.MapPost("test", TestWebhook).Takes<TestWebhookBody>()
            .RequireScope(Scopes.WebhooksWrite, action: AuditAction.WebhookTest, wholeMerchant: true)
            .Describe<DeliveryView>("TestWebhook", "Send an event that is about no payment",
                202, 400, 401, 403, 413, 415);
    }

    private static async Task<IResult> ListWebhooks(
        MerchantScope merchant, HttpRequest request, IDeliveries deliveries, CancellationToken cancel)
    {
        var fields = new FieldCheck();
        var page = fields.ReadPage(request.Query);
        if (fields.Errors.Count > 0) return Problem.BadRequest(fields.Errors);
        var found = await deliveries.List(merchant.Code, page with { Limit = page.Limit + 1 }, cancel);
        var shown = found.Take(page.Limit).ToList();
        var next = found.Count > page.Limit ? shown[^1].Place.Text() : null;
        return Answer.Json(
            new DeliveryListView([.. shown.Select(DeliveryView.Of)], next), ApiJson.Default.DeliveryListView);
    }

    private static async Task<IResult> GetWebhook(
        MerchantScope merchant, string id, IDeliveries deliveries, CancellationToken cancel) =>
        Ids.IsUuid(id, out var known)
        && await deliveries.Find(merchant.Code, known, cancel) is { } delivery
            ? Answer.Json(DeliveryView.WithBody(delivery), ApiJson.Default.DeliveryView)
            : Problem.NotFound;

    private static async Task<IResult> ReplayWebhook(
        MerchantScope merchant, string id, IDeliveries deliveries, WebhookSender sender, AuditLog audit,
        TimeProvider time, CancellationToken cancel)
    {
        if (!Ids.IsUuid(id, out var known) || await deliveries.Find(merchant.Code, known, cancel) is null)
            return Problem.NotFound;
        await audit.Record(merchant.Caller, AuditAction.WebhookReplay, id);
        if (await deliveries.Replay(merchant.Code, known, time.Now()) is not { } delivery)
            return Problem.NotFound;
        sender.Wake();
        return Accepted(delivery);
    }

    private static async Task<IResult> ReplayWebhooks(
        MerchantScope merchant, HttpRequest request, IDeliveries deliveries, WebhookSender sender, AuditLog audit,
        TimeProvider time, CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.Read(request, ApiJson.Default.ReplayBody, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var fields = new FieldCheck();
        var page = PageOf(body, fields);
        if (fields.Errors.Count > 0) return Problem.BadRequest(fields.Errors);
        var range = $"{page.States[0].Word()} {Timestamp.Text(page.From)} {Timestamp.Text(page.Below.At)}";
        await audit.Record(merchant.Caller, AuditAction.WebhookReplay, subject: "", range);
        var replayed = await Replay(merchant.Code, page, deliveries, sender, time, cancel);
        return Answer.Json(replayed, ApiJson.Default.ReplayedView, StatusCodes.Status202Accepted);
    }

    private static DeliveryPage PageOf(ReplayBody body, FieldCheck fields)
    {
        var state = SnakeCase.Member<DeliveryState>(body.State ?? DeliveryState.Dead.Word());
        // Those that wait will be sent anyway, and a caller who goes on while there is more would never end.
        if (state is not (DeliveryState.Dead or DeliveryState.Delivered))
            fields.Add("state", "must be dead or delivered");
        if (body.From is null) fields.Add("from", "is required");
        if (body.To is null) fields.Add("to", "is required");
        if (body.From >= body.To) fields.Add("from", "must be earlier than to");
        return new([state ?? DeliveryState.Dead], body.From ?? default, DeliveryPlace.Before(body.To ?? default),
            ReplayedAtOnce);
    }

    /// <summary>From page to page: what is dead again by then, for its receiver is gone, is not met twice.</summary>
    private static async Task<ReplayedView> Replay(
        string merchantCode, DeliveryPage page, IDeliveries deliveries, WebhookSender sender, TimeProvider time,
        CancellationToken cancel)
    {
        var replayed = 0;
        while (replayed < MaxReplayed)
        {
            cancel.ThrowIfCancellationRequested();
            var places = await deliveries.Replay(merchantCode, page, time.Now());
            if (places.Count == 0) return new(replayed);
            sender.Wake();
            replayed += places.Count;
            page = page with { Below = places.MinBy(place => (place.At, place.Id)) };
        }
        var more = await deliveries.List(merchantCode, page with { Limit = 1 }, cancel);
        return new(replayed, more.Count > 0 ? true : null);
    }

    private static async Task<IResult> TestWebhook(
        MerchantScope merchant, HttpRequest request, IDeliveries deliveries, WebhookSender sender, AuditLog audit,
        TimeProvider time, CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.Read(request, ApiJson.Default.TestWebhookBody, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var fields = new FieldCheck();
        if (body.Url is null) fields.Add("url", "is required");
        var url = fields.CheckUrl("url", body.Url, merchant.Merchant.Rules.Sandbox);
        if (fields.Errors.Count > 0 || url is null) return Problem.BadRequest(fields.Errors);
        var told = WebhookEvent.Test(merchant.Code, url, time.Now());
        await audit.Record(merchant.Caller, AuditAction.WebhookTest, $"{told.Id}");
        await deliveries.Add(told);
        sender.Wake();
        return Accepted(new(told, DeliveryState.Waiting, Attempts: 0, Failures: 0, told.At, Problem: null));
    }

    private static JsonAnswer<DeliveryView> Accepted(Delivery delivery) =>
        Answer.Json(DeliveryView.Of(delivery), ApiJson.Default.DeliveryView, StatusCodes.Status202Accepted);
}

using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Lists a merchant's webhooks, sends them again, and tests a receiver. An addition of Fleet's; the merchant is that of
/// the key.
/// </summary>
internal static class WebhookEndpoints
{
    public static void MapWebhooks(this IEndpointRouteBuilder api)
    {
        var webhooks = api.MapGroup("/fleet/v1/webhooks").WithTags("Webhooks").RefusesUnknownParameters();
        webhooks.MapGet("", ListWebhooks).RequireScope(Scopes.WebhooksWrite, wholeMerchant: true)
            .TakesQuery(("state", "Those that are dead, waiting or delivered."),
                ("from", "Those whose outcome is not older than this time."),
                ("to", "Those whose outcome is older than this time."),
                ("limit", $"Items at most: 1 to {DeliveryQuery.MaxLimit}, default {DeliveryQuery.DefaultLimit}."),
                ("after", "The next of the page before."))
            .DescribeRoute<DeliveryListView>("ListWebhooks", "List deliveries of events, newest first", 400, 401, 403);
        webhooks.MapGet("{id}", GetWebhook).RequireScope(Scopes.WebhooksWrite, wholeMerchant: true)
            .DescribeRoute<DeliveryView>("GetWebhook", "Get the delivery of an event", 400, 401, 403, 404);
        webhooks.MapPost("{id}/replay", ReplayWebhook)
            .RequireScope(Scopes.WebhooksWrite, action: AuditAction.WebhookReplay, wholeMerchant: true)
            .DescribeRoute<DeliveryView>("ReplayWebhook", "Send an event again, now", 202, 400, 401, 403, 404);
        webhooks.MapPost("replay", ReplayWebhooks).TakesBody<ReplayBody>()
            .RequireScope(Scopes.WebhooksWrite, action: AuditAction.WebhookReplay, wholeMerchant: true)
            .DescribeRoute<ReplayedView>("ReplayWebhooks", "Send the events of a time range again, now",
                202, 400, 401, 403, 413, 415);
        webhooks.MapPost("test", TestWebhook).TakesBody<TestWebhookBody>()
            .RequireScope(Scopes.WebhooksWrite, action: AuditAction.WebhookTest, wholeMerchant: true)
            .DescribeRoute<DeliveryView>("TestWebhook", "Send an event that is about no payment",
                202, 400, 401, 403, 413, 415);
    }

    private static async Task<Results<JsonAnswer<DeliveryListView>, Problem>> ListWebhooks(
        MerchantScope merchant, HttpRequest request, WebhookCommands commands, CancellationToken cancel)
    {
        var fields = new FieldCheck();
        var page = fields.ReadPage(request.Query);
        if (fields.Errors.Count > 0) return Problem.BadRequest(fields.Errors);
        var (shown, next) = await commands.ListDeliveries(merchant, page, cancel);
        return Answer.Json(
            new DeliveryListView([.. shown.Select(DeliveryView.FromDelivery)], next?.Text()),
            ApiJson.Default.DeliveryListView);
    }

    private static async Task<Results<JsonAnswer<DeliveryView>, Problem>> GetWebhook(
        MerchantScope merchant, string id, WebhookCommands commands, CancellationToken cancel) =>
        await commands.FindDelivery(merchant, id, cancel) is { } delivery
            ? Answer.Json(DeliveryView.WithBody(delivery), ApiJson.Default.DeliveryView)
            : Problem.NotFound;

    private static async Task<Results<JsonAnswer<DeliveryView>, Problem>> ReplayWebhook(
        MerchantScope merchant, string id, HttpRequest request, WebhookCommands commands, CancellationToken cancel)
    {
        if (await UnknownNames.FindMember(request, cancel) is { } problem) return problem;
        return await commands.ReplayDelivery(merchant, id, cancel) is { } delivery
            ? AnswerAccepted(delivery)
            : Problem.NotFound;
    }

    private static async Task<Results<JsonAnswer<ReplayedView>, Problem>> ReplayWebhooks(
        MerchantScope merchant, HttpRequest request, WebhookCommands commands, CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadObject(request, ApiJson.Default.ReplayBody, cancel, strict: true);
        if (body is null) return problem ?? Problem.Internal;
        var fields = new FieldCheck();
        var page = WebhookCommands.ToReplay(body.State, body.From, body.To, fields);
        if (fields.Errors.Count > 0) return Problem.BadRequest(fields.Errors);
        var replayed = await commands.ReplayDeliveries(merchant.Caller, merchant.Code, page, cancel);
        return Answer.Json(replayed, ApiJson.Default.ReplayedView, StatusCodes.Status202Accepted);
    }

    private static async Task<Results<JsonAnswer<DeliveryView>, Problem>> TestWebhook(
        MerchantScope merchant, HttpRequest request, WebhookCommands commands, CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadObject(request, ApiJson.Default.TestWebhookBody, cancel, strict: true);
        if (body is null) return problem ?? Problem.Internal;
        var fields = new FieldCheck();
        request.HttpContext.AddWarning(merchant.Merchant.Rules.Egress.WarningOf("url", body.Url));
        return await commands.SendTest(merchant, body.Url, fields) is { } delivery
            ? AnswerAccepted(delivery)
            : Problem.BadRequest(fields.Errors);
    }

    private static JsonAnswer<DeliveryView> AnswerAccepted(Delivery delivery) =>
        Answer.Json(DeliveryView.FromDelivery(delivery), ApiJson.Default.DeliveryView, StatusCodes.Status202Accepted);
}

using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>A merchant's webhooks over gRPC.</summary>
internal sealed class WebhooksRpc(WebhookCommands commands) : Proto.Webhooks.WebhooksBase
{
    [RequiredScope(Scopes.WebhooksWrite, WholeMerchant = true)]
    public override async Task<Proto.ListWebhooksReply> List(
        Proto.ListWebhooksRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var page = fields.ReadPage(request);
        RpcErrors.ThrowIfAny(fields);
        var (shown, next) = await commands.ListDeliveries(context.GetMerchant(), page, context.CancellationToken);
        var reply = new Proto.ListWebhooksReply { NextPageToken = next?.Text() ?? "" };
        reply.Deliveries.AddRange(shown.Select(DeliveryView.FromDelivery).Select(ToMessage));
        return reply;
    }

    [RequiredScope(Scopes.WebhooksWrite, WholeMerchant = true)]
    public override async Task<Proto.WebhookDelivery> Get(Proto.GetWebhookRequest request, ServerCallContext context) =>
        await commands.FindDelivery(context.GetMerchant(), request.EventId, context.CancellationToken) is { } delivery
            ? ToMessage(DeliveryView.WithBody(delivery))
            : throw RpcErrors.ToException(Refusal.NotFound);

    [RequiredScope(Scopes.WebhooksWrite, WholeMerchant = true, Action = AuditAction.WebhookReplay)]
    public override async Task<Proto.WebhookDelivery> Replay(
        Proto.ReplayWebhookRequest request, ServerCallContext context) =>
        await commands.ReplayDelivery(context.GetMerchant(), request.EventId, context.CancellationToken) is { } delivery
            ? ToMessage(DeliveryView.FromDelivery(delivery))
            : throw RpcErrors.ToException(Refusal.NotFound);

    [RequiredScope(Scopes.WebhooksWrite, WholeMerchant = true, Action = AuditAction.WebhookReplay)]
    public override Task<Proto.ReplayWebhooksReply> ReplayMany(
        Proto.ReplayWebhooksRequest request, ServerCallContext context) => commands.ReplayDeliveries(
        context.GetCaller(), context.GetMerchant().Code, request, context.CancellationToken);

    [RequiredScope(Scopes.WebhooksWrite, WholeMerchant = true, Action = AuditAction.WebhookTest)]
    public override async Task<Proto.WebhookDelivery> Test(Proto.TestWebhookRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var delivery = await commands.SendTest(context.GetMerchant(), NullIfEmpty(request.Url), fields);
        RpcErrors.ThrowIfAny(fields);
        return delivery is null
            ? throw RpcErrors.ToException(Refusal.NotFound)
            : ToMessage(DeliveryView.FromDelivery(delivery));
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;

    public static Proto.WebhookDelivery ToMessage(DeliveryView delivery) => new()
    {
        EventId = delivery.Id.ToString(),
        State = delivery.State,
        Url = delivery.Url,
        Attempts = delivery.Attempts,
        Failures = delivery.Failures,
        CreatedAt = delivery.CreatedAt.ToTimestamp(),
        NextAttemptAt = delivery.NextAttemptAt?.ToTimestamp(),
        Problem = delivery.Problem ?? "",
        Body = delivery.Body ?? "",
    };
}

using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Fleet.Server.Webhooks;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>What a merchant may do with its webhooks, over REST and gRPC.</summary>
internal sealed class WebhookCommands(
    IDeliveries deliveries, WebhookSender sender, AuditLog audit, TimeProvider time)
{
    /// <summary>
    /// Events that one call sends again, and those of one transaction: so few that payments do not wait long for it.
    /// </summary>
    private const int MaxReplayed = 10_000, ReplayedAtOnce = 500;

    /// <summary>A page, newest first, and where the next one begins; null after the last page.</summary>
    public async Task<(IReadOnlyList<Delivery> Shown, DeliveryPlace? Next)> ListDeliveries(
        MerchantScope merchant, DeliveryPage page, CancellationToken cancel)
    {
        var found = await deliveries.ListDeliveries(merchant.Code, page with { Limit = page.Limit + 1 }, cancel);
        var shown = found.Take(page.Limit).ToList();
        return (shown, found.Count > page.Limit ? shown[^1].Place : null);
    }

    /// <summary>One delivery, or null.</summary>
    public async Task<Delivery?> FindDelivery(MerchantScope merchant, string id, CancellationToken cancel) =>
        Ids.IsUuid(id, out var known) ? await deliveries.FindDelivery(merchant.Code, known, cancel) : null;

    /// <summary>Sends one event again, now; null when there is none.</summary>
    public async Task<Delivery?> ReplayDelivery(MerchantScope merchant, string id, CancellationToken cancel)
    {
        if (await FindDelivery(merchant, id, cancel) is not { } known) return null;
        await audit.RecordCall(merchant.Caller, AuditAction.WebhookReplay, id);
        var delivery = await deliveries.ReplayDelivery(merchant.Code, known.Event.Id, time.Now());
        if (delivery is not null) sender.Wake();
        return delivery;
    }

    /// <summary>Which events are to be sent again; errors are added to the check.</summary>
    public static DeliveryPage ToReplay(string? word, DateTimeOffset? from, DateTimeOffset? to, FieldCheck fields)
    {
        var state = SnakeCase.FindMember<DeliveryState>(word ?? DeliveryState.Dead.ToWireName());
        // Waiting events are sent anyway. If they were included, a caller that repeats the call until there are no more
        // would never end.
        if (state is not (DeliveryState.Dead or DeliveryState.Delivered))
            fields.AddError("state", "must be dead or delivered");
        if (from is null) fields.AddError("from", "is required");
        if (to is null) fields.AddError("to", "is required");
        if (from >= to) fields.AddError("from", "must be earlier than to");
        return new([state ?? DeliveryState.Dead], from ?? default, DeliveryPlace.BeforeTime(to ?? default),
            ReplayedAtOnce);
    }

    /// <summary>Sends the events of a time range again, now.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="merchantCode">Whose events; <see cref="WebhookEvent.Operator"/> for those about incidents.</param>
    /// <param name="ask">Which of them.</param>
    /// <param name="cancel">Ends it between two transactions.</param>
    public async Task<Proto.ReplayWebhooksReply> ReplayDeliveries(
        Caller caller, string merchantCode, Proto.ReplayWebhooksRequest ask, CancellationToken cancel)
    {
        var fields = new FieldCheck();
        var page = ToReplay(ask.State.Length > 0 ? ask.State : null, ask.From.Time("from", fields),
            ask.To.Time("to", fields), fields);
        RpcErrors.ThrowIfAny(fields);
        var (replayed, more) = await ReplayDeliveries(caller, merchantCode, page, cancel);
        return new() { Replayed = replayed, More = more is true };
    }

    /// <summary>Sends the events of a page again, now.</summary>
    public async Task<ReplayedView> ReplayDeliveries(
        Caller caller, string merchantCode, DeliveryPage page, CancellationToken cancel)
    {
        var range = $"{page.States[0].ToWireName()} {Rfc3339.TextOf(page.From)} {Rfc3339.TextOf(page.Below.At)}";
        await audit.RecordCall(caller, AuditAction.WebhookReplay, subject: "", range);
        return await ReplayPages(merchantCode, page, cancel);
    }

    /// <summary>Sends a test event; null when its URL is not allowed, which is added to the check.</summary>
    public async Task<Delivery?> SendTest(MerchantScope merchant, string? asked, FieldCheck fields)
    {
        if (asked is null) fields.AddError("url", "is required");
        var url = fields.CheckUrl("url", asked, merchant.Merchant.Rules);
        if (fields.Errors.Count > 0 || url is null) return null;
        var told = WebhookEvent.ForTest(merchant.Code, url, time.Now());
        await audit.RecordCall(merchant.Caller, AuditAction.WebhookTest, $"{told.Id}");
        await deliveries.AddEvent(told);
        sender.Wake();
        return new(told, DeliveryState.Waiting, Attempts: 0, Failures: 0, told.At,
            merchant.Merchant.Rules.Egress.WarningOf("url", url));
    }

    /// <summary>Goes from page to page, so that an event that is dead again meanwhile is not sent twice.</summary>
    private async Task<ReplayedView> ReplayPages(string merchantCode, DeliveryPage page, CancellationToken cancel)
    {
        var replayed = 0;
        while (replayed < MaxReplayed)
        {
            cancel.ThrowIfCancellationRequested();
            var places = await deliveries.ReplayDeliveries(merchantCode, page, time.Now());
            if (places.Count == 0) return new(replayed);
            sender.Wake();
            replayed += places.Count;
            page = page with { Below = places.MinBy(place => (place.At, place.Id)) };
        }
        var more = await deliveries.ListDeliveries(merchantCode, page with { Limit = 1 }, cancel);
        return new(replayed, more.Count > 0 ? true : null);
    }
}

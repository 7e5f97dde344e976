using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Checkouts over gRPC. Requests are translated and then handled like those of the Cloud API.</summary>
internal sealed class CheckoutsRpc(
    CheckoutCommands commands, CheckoutQueries checkouts, ITransactions transactions, CheckoutWait waits,
    CheckoutStream stream, IExchanges exchanges, RateLimits limits, FleetMeter meter) : Proto.Checkouts.CheckoutsBase
{
    /// <summary>Checkouts of a reader that are listed when the caller does not say how many, and at most.</summary>
    private const int Listed = 10, MaxListed = 100;

    [RequiredScope(Scopes.CheckoutsWrite, Action = AuditAction.CheckoutStart)]
    public override async Task<Proto.StartReply> Start(Proto.StartRequest request, ServerCallContext context)
    {
        var reply = await StartCheckout(request, context.GetMerchant(), context.CancellationToken);
        var egress = context.GetMerchant().Merchant.Rules.Egress;
        if (reply.Refusal is null)
            context.GetHttpContext().AddWarning(egress.WarningOf("return_url", request.ReturnUrl));
        return reply.Refusal is { } refusal
            ? throw RpcErrors.ToException(refusal)
            : await ToStartReply(reply, context.GetMerchant(), context.CancellationToken);
    }

    /// <summary>
    /// Each item counts as a request of its own: its key must be valid, and the rate limit applies to it.
    /// </summary>
    [RequiredScope(Scopes.CheckoutsWrite, Action = AuditAction.CheckoutStart)]
    public override async Task StartMany(
        IAsyncStreamReader<Proto.StartManyRequest> requestStream,
        IServerStreamWriter<Proto.StartManyReply> responseStream, ServerCallContext context)
    {
        var (merchant, cancel) = (context.GetMerchant(), context.CancellationToken);
        await using var replies = new ManyReplies(responseStream, cancel);
        await foreach (var ask in requestStream.ReadAllAsync(cancel))
        {
            if (!await ScopeCheck.Holds(context.GetHttpContext()))
                throw RpcErrors.ToException(AccessErrors.Unauthorized);
            await limits.WaitForRequest(merchant.Caller.Key, cancel);
            await replies.AddItem(tell => ServeItem(ask, merchant, tell, cancel));
        }
        await replies.WaitForAll();
    }

    [RequiredScope(Scopes.CheckoutsRead, ForChain = true)]
    public override async Task<Proto.Checkout> Get(Proto.GetRequest request, ServerCallContext context) =>
        (await Find(request.CheckoutId, context)).ToMessage();

    [RequiredScope(Scopes.CheckoutsRead)]
    public override async Task<Proto.ListCheckoutsReply> List(
        Proto.ListCheckoutsRequest request, ServerCallContext context)
    {
        if (request.Limit is < 0 or > MaxListed)
            throw RpcErrors.InvalidField("limit", $"must be from 0 to {MaxListed}");
        var found = await checkouts.ListOfReader(context.GetMerchant().Reach, request.ReaderId,
            request.Limit == 0 ? Listed : request.Limit, context.CancellationToken)
            ?? throw RpcErrors.ToException(Refusal.NotFound);
        var reply = new Proto.ListCheckoutsReply();
        reply.Checkouts.AddRange(found.Select(CheckoutMapping.ToMessage));
        return reply;
    }

    [RequiredScope(Scopes.CheckoutsRead, ForChain = true)]
    public override async Task Watch(
        Proto.WatchRequest request, IServerStreamWriter<Proto.CheckoutEvent> responseStream, ServerCallContext context)
    {
        var id = IdOf(request.CheckoutId);
        var told = false;
        var news = stream.OfCheckout(await ReachOf(id, context), id, context.CancellationToken);
        await foreach (var one in news.WhileAdmitted(context.GetHttpContext()))
        {
            told = true;
            if (one.Checkout is not { } checkout) continue; // a keep-alive of the stream; HTTP/2 has its own
            await responseStream.WriteAsync(new() { Kind = one.Kind, Checkout = checkout.ToMessage() });
        }
        if (!told) throw RpcErrors.ToException(Refusal.NotFound);
    }

    [RequiredScope(Scopes.CheckoutsRead, ForChain = true), MayWait]
    public override async Task<Proto.Checkout> Wait(Proto.WaitRequest request, ServerCallContext context)
    {
        var longest = (int)CheckoutWait.Longest.TotalSeconds;
        if (request.Seconds < 0 || request.Seconds > longest)
            throw RpcErrors.InvalidField("seconds", $"must be from 0 to {longest}");
        var id = IdOf(request.CheckoutId);
        return await waits.ForOutcome(await ReachOf(id, context), id,
            TimeSpan.FromSeconds(request.Seconds), context.CancellationToken) is { } found
            ? found.ToMessage()
            : throw RpcErrors.ToException(Refusal.NotFound);
    }

    [RequiredScope(Scopes.CheckoutsRead, ForChain = true)]
    public override async Task<Proto.CheckoutTimeline> Timeline(
        Proto.TimelineRequest request, ServerCallContext context)
    {
        var (id, cancel) = (IdOf(request.CheckoutId), context.CancellationToken);
        await Find(request.CheckoutId, context);
        return await transactions.ListEvents(id, cancel) is [{ Checkout: var checkout }, ..] entries
            ? checkout.ToTimeline(entries, await exchanges.ListOfCheckout(id, TimelineView.MaxExchanges, cancel))
            : throw RpcErrors.ToException(Refusal.NotFound);
    }

    [RequiredScope(Scopes.CheckoutsWrite, Action = AuditAction.CheckoutTerminate)]
    public override async Task<Proto.TerminateReply> Terminate(
        Proto.TerminateRequest request, ServerCallContext context)
    {
        Guid? expected = null;
        if (request.ExpectedCheckoutId.Length > 0)
        {
            expected = Ids.IsUuid(request.ExpectedCheckoutId, out var id)
                ? id
                : throw RpcErrors.InvalidField("expected_checkout_id", "must be a UUID");
        }
        var refusal = Ids.IsReader(request.ReaderId)
            ? await commands.TerminateCheckout(context.GetMerchant(), request.ReaderId, expected,
                context.CancellationToken)
            : Refusal.NotFound;
        return refusal is null ? new() : throw RpcErrors.ToException(refusal);
    }

    [RequiredScope(Scopes.OutcomesWrite, Action = AuditAction.OutcomeRecord)]
    public override async Task<Proto.Checkout> RecordOutcome(
        Proto.RecordOutcomeRequest request, ServerCallContext context)
    {
        var (merchant, id, cancel) = (context.GetMerchant(), IdOf(request.CheckoutId), context.CancellationToken);
        var fields = new FieldCheck();
        var order = request.ToOrder(id, merchant.Caller, fields);
        if (await checkouts.FindCheckout(merchant.Reach, id, cancel) is not { } checkout)
            throw RpcErrors.ToException(Refusal.NotFound);
        if (order is null) throw RpcErrors.ToException(Refusal.InvalidFields(fields.Errors));
        if (await commands.RecordOutcome(merchant, checkout, order, cancel) is { } refusal)
            throw RpcErrors.ToException(refusal);
        return (await checkouts.FindCheckout(merchant.Reach, id, cancel) ?? checkout).ToMessage();
    }

    [RequiredScope(Scopes.OutcomesWrite, Action = AuditAction.CheckoutRelease)]
    public override async Task<Proto.Checkout> Release(Proto.ReleaseRequest request, ServerCallContext context)
    {
        var (merchant, fields) = (context.GetMerchant(), new FieldCheck());
        var reason = fields.RequireText("reason", request.Reason, OutcomeRules.MaxReason);
        var checkout = await Find(request.CheckoutId, context);
        RpcErrors.ThrowIfAny(fields);
        var ask = new RecordOutcome(checkout.Id, CheckoutState.Cancelled, 0, reason, "", merchant.Caller.KeyId,
            merchant.Caller.KeyName, Release: true);
        if (await commands.RecordOutcome(merchant, checkout, ask, context.CancellationToken) is { } refusal)
            throw RpcErrors.ToException(refusal);
        return (await Find(request.CheckoutId, context)).ToMessage();
    }

    [RequiredScope(Scopes.OutcomesWrite, Action = AuditAction.RefundRecord)]
    public override async Task<Proto.Checkout> RecordRefund(
        Proto.RecordRefundRequest request, ServerCallContext context)
    {
        var (merchant, fields) = (context.GetMerchant(), new FieldCheck());
        var reason = fields.RequireText("reason", request.Reason, OutcomeRules.MaxReason);
        if (request.Outcome is not ("made" or "not_made")) fields.AddError("outcome", "must be made or not_made");
        var paid = await Find(request.CheckoutId, context);
        RpcErrors.ThrowIfAny(fields);
        var ask = new RecordRefund(
            paid.Id, request.Outcome == "made", reason, merchant.Caller.KeyId, merchant.Caller.KeyName);
        if (await commands.RecordRefund(merchant, paid, ask, context.CancellationToken) is { } refusal)
            throw RpcErrors.ToException(refusal);
        return (await Find(request.CheckoutId, context)).ToMessage();
    }

    private async Task<Checkout> Find(string text, ServerCallContext context)
    {
        var id = IdOf(text);
        return await checkouts.FindCheckout(await ReachOf(id, context), id, context.CancellationToken)
            ?? throw RpcErrors.ToException(Refusal.NotFound);
    }

    private async Task<Reach> ReachOf(Guid id, ServerCallContext context) =>
        await checkouts.ReachOf(context.GetCaller(), id, context.CancellationToken)
            ?? throw RpcErrors.ToException(Refusal.NotFound);

    /// <summary>Serves one item of many: reports whether it was accepted, and then how it ended.</summary>
    private async Task ServeItem(
        Proto.StartManyRequest ask, MerchantScope merchant, Func<Proto.StartManyReply, Task> tell,
        CancellationToken cancel)
    {
        var reply = await meter.CountItem(StartCheckout(ask.Start ?? new(), merchant, cancel), cancel);
        if (reply.Refusal is { } refusal)
        {
            await tell(new() { Item = ask.Item, Refused = RpcErrors.ToMessage(refusal) });
            return;
        }
        await tell(new() { Item = ask.Item, Accepted = await ToStartReply(reply, merchant, cancel) });
        while (await waits.ForOutcome(merchant.Reach, reply.CheckoutId, CheckoutWait.Longest, cancel) is { } checkout)
        {
            if (checkout.IsOpen) continue; // the checkout is not over yet
            await tell(new() { Item = ask.Item, Outcome = checkout.ToMessage() });
            return;
        }
    }

    private async Task<StartReply> StartCheckout(
        Proto.StartRequest ask, MerchantScope merchant, CancellationToken cancel)
    {
        if (ask.ReaderId.Length > 0 && !Ids.IsReader(ask.ReaderId)) return StartReply.ForRefusal(Refusal.NotFound);
        var fields = new FieldCheck();
        var route = ask.Route?.ToOrder(fields);
        if (ask.ReaderId.Length > 0 == route is not null)
            fields.AddError("reader_id", "or route must be given, one of them");
        var errors = ask.ToRequest().CheckFields(merchant.Merchant.Rules, out var terms);
        foreach (var error in errors) fields.AddError(error.Field, error.Message);
        if (terms is null || fields.Errors.Count > 0)
            return StartReply.ForRefusal(Refusal.InvalidFields(fields.Errors));
        terms = terms with { Till = terms.Till ?? route?.Wish.Origin };
        IdempotencyKey? key = null;
        if (ask.IdempotencyKey.Length > 0)
        {
            var asked = CheckoutCommands.MakeFingerprint(route?.Target ?? ask.ReaderId, terms);
            key = IdempotencyHeader.KeyOf(merchant.Code, ask.IdempotencyKey, asked);
            if (key is null) return StartReply.ForRefusal(
                Refusal.InvalidFields([new FieldError("idempotency_key", IdempotencyHeader.Rule)]));
        }
        return route is null
            ? await commands.StartOnReader(merchant, ask.ReaderId, terms, key, cancel)
            : await commands.StartInStore(merchant, route, terms, key, cancel);
    }

    /// <summary>The id in a text. A text that is not an id gives an id that no checkout has.</summary>
    private static Guid IdOf(string text) =>
        Ids.IsUuid(text, out var id) ? id : throw RpcErrors.ToException(Refusal.NotFound);

    /// <summary>
    /// The reply to a start. A repeat does not choose a reader again: it names the reader of the first start.
    /// </summary>
    private async Task<Proto.StartReply> ToStartReply(
        StartReply reply, MerchantScope merchant, CancellationToken cancel) =>
        new()
        {
            CheckoutId = reply.CheckoutId.ToString(),
            ClientTransactionId = reply.ClientTransactionId.ToString(),
            ReaderId = reply.Chosen?.ReaderId
                ?? (await checkouts.FindCheckout(merchant.Reach, reply.CheckoutId, cancel))?.ReaderId ?? "",
            Rule = reply.Chosen?.Rule.ToMessage() ?? Proto.RouteRule.Unspecified,
            Tag = reply.Chosen?.Tag ?? "",
        };
}

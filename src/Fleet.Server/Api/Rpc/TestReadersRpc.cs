using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Stores;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Stores;
using Fleet.Server.Webhooks;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Test readers over gRPC: virtual readers of sandbox merchants, made and moved by tests.</summary>
internal sealed class TestReadersRpc(
    TestReaderCommands commands, TestReaderHost host, StoreDirectory stores, IGrainFactory grains, AuditLog audit,
    NodeLeaving node, TestReaderWatch watch, SandboxReaders sandbox) : Proto.TestReaders.TestReadersBase
{
    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override async Task<Proto.CreateTestReadersReply> Create(
        Proto.CreateTestReadersRequest request, ServerCallContext context)
    {
        var (merchant, fields) = (context.GetMerchant(), new FieldCheck());
        if (!merchant.Merchant.Rules.Sandbox) throw RpcErrors.ToException(Refusal.NotFound);
        var (count, plan) = (fields.CheckCount(request.Count), fields.CheckPlan(request));
        var orders = fields.CheckReaders(request, count, merchant);
        RpcErrors.ThrowIfAny(fields);
        if (stores.FindStore(merchant.Reach, request.Store) is not { } store || await store.CountReaders() is null)
            throw RpcErrors.ToException(StoreRules.NoSuchStore);
        await audit.RecordCall(merchant.Caller, AuditAction.Test, merchant.Code, "create");
        RpcErrors.ThrowIfAny(host.TakePlaces(count));
        var reply = new Proto.CreateTestReadersReply();
        await foreach (var made in host.MakeReaders(store, orders, plan, context.CancellationToken))
        {
            if (made.Reader is not { } reader) throw RpcErrors.ToException(made.Refusal ?? Refusal.NotFound);
            var (tested, refusal) = await commands.WatchReader(
                merchant, reader, null, TimeSpan.Zero, context.CancellationToken);
            RpcErrors.ThrowIfAny(refusal);
            if (tested is not null) reply.Readers.Add(tested.ToMessage());
        }
        return reply;
    }

    [RequiredScope(Scopes.TestsWrite)]
    public override Task<Proto.TestReader> GetState(Proto.GetStateRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, new()
        {
            Do = Wishes.Show,
            WaitMs = TestReaderMapping.ReadWait(request.WaitSeconds),
            Since = request.HasSince ? request.Since : null,
        }, context);

    [RequiredScope(Scopes.TestsWrite)]
    public override async Task Watch(
        Proto.WatchTestReaderRequest request, IServerStreamWriter<Proto.TestReader> responseStream,
        ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        await node.UntilItLeaves(async over =>
        {
            var news = watch.ReadReader(context.GetMerchant(), request.ReaderId, context.GetHttpContext(), over);
            await foreach (var (tested, refusal) in news)
            {
                RpcErrors.ThrowIfAny(refusal);
                if (tested is not null) await responseStream.WriteAsync(tested.ToMessage(), cancel);
            }
        }, cancel);
    }

    [RequiredScope(Scopes.TestsWrite)]
    public override Task<Proto.SandboxCode> GetSandboxCode(
        Proto.GetSandboxCodeRequest request, ServerCallContext context)
    {
        if (!context.GetMerchant().Merchant.Rules.Sandbox) throw RpcErrors.ToException(Refusal.NotFound);
        var (serial, code, refusal) = sandbox.FindCode(request.Number);
        RpcErrors.ThrowIfAny(refusal);
        return Task.FromResult(new Proto.SandboxCode { Serial = serial, PairingCode = code });
    }

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Present(Proto.PresentRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, request.ToWish(), context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> RemoveCard(Proto.RemoveCardRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, ToWish(Wishes.RemoveCard, request.WaitSeconds), context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Press(Proto.PressRequest request, ServerCallContext context) =>
        DeviceKeys.All.Contains(request.Key)
            ? AskReader(request.ReaderId, ToWish(Wishes.Press, request.WaitSeconds) with { Key = request.Key }, context)
            : throw RpcErrors.InvalidField("key", "must be cancel, ok or back");

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> ChooseTip(Proto.ChooseTipRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, ToWish(Wishes.ChooseTip, request.WaitSeconds) with
        {
            TipRate = TestReaderChecks.CheckRate(request.TipRate),
        }, context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Power(Proto.PowerRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, ToWish(Wishes.Power, request.WaitSeconds) with { OffMs = request.OffMs }, context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Link(Proto.LinkFaultsRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, request.ToWish(), context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Set(Proto.SetTestReaderRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, request.ToWish(), context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Script(Proto.ScriptRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, request.ToWish(), context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Scenario(Proto.ScenarioRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, request.ToWish(), context);

    [RequiredScope(Scopes.TestsWrite, Action = AuditAction.Test)]
    public override Task<Proto.TestReader> Reset(Proto.ResetTestReaderRequest request, ServerCallContext context) =>
        AskReader(request.ReaderId, ToWish(Wishes.Reset, request.WaitSeconds), context);

    [RequiredScope(Scopes.TestsWrite, WholeMerchant = true, Action = AuditAction.Test)]
    public override async Task<Proto.WebhookFaults> SetWebhookFaults(
        Proto.WebhookFaults request, ServerCallContext context)
    {
        var (merchant, fields) = (context.GetMerchant(), new FieldCheck());
        if (!merchant.Merchant.Rules.Sandbox) throw RpcErrors.ToException(Refusal.NotFound);
        var faults = fields.CheckFaults(request);
        RpcErrors.ThrowIfAny(fields);
        await audit.RecordCall(merchant.Caller, AuditAction.Test, merchant.Code, "webhooks");
        await Failover.CallWithRetry(
            () => grains.GetGrain<IWebhookFaultsGrain>(merchant.Code).SetFaults(faults), context.CancellationToken);
        return request;
    }

    private static DeviceWish ToWish(string what, int waitSeconds) =>
        new() { Do = what, WaitMs = TestReaderMapping.ReadWait(waitSeconds) };

    private async Task<Proto.TestReader> AskReader(string readerId, DeviceWish wish, ServerCallContext context)
    {
        var (tested, refusal) = await commands.AskReader(
            context.GetMerchant(), readerId, wish, context.CancellationToken);
        return tested?.ToMessage() ?? throw RpcErrors.ToException(refusal ?? Refusal.NotFound);
    }
}

using Fleet.Core.Stores;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Readers over gRPC: one at a time here, many at once by <see cref="BulkChanges"/>.</summary>
internal sealed class ReadersRpc(
    ReaderGrainFactory readers, ReaderQueries queries, StoreDirectory stores, BulkChanges bulk, AuditLog audit,
    NodeLeaving node, TimeProvider time) : Proto.Readers.ReadersBase
{
    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderPair)]
    public override async Task<Proto.Reader> Pair(Proto.PairRequest request, ServerCallContext context)
    {
        var merchant = context.GetMerchant();
        var order = BulkChanges.CheckPair(request, merchant, out var errors);
        if (order is null) throw RpcErrors.ToException(Refusal.InvalidFields(errors));
        if (stores.FindStore(merchant.Reach, request.Store) is not { } store)
            throw RpcErrors.ToException(StoreRules.NoSuchStore);
        bulk.ThrowIfGuessing(merchant.Caller);
        await audit.RecordCall(merchant.Caller, AuditAction.ReaderPair, order.ReaderId);
        var reply = await store.PairReader(order);
        bulk.CountAttempt(merchant.Caller, reply);
        if (reply.Reader is null) throw RpcErrors.ToException(reply.Refusal ?? Refusal.NotFound);
        return await GetReader(order.ReaderId, merchant.Reach, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderPair)]
    public override Task PairMany(
        Proto.PairManyRequest request, IServerStreamWriter<Proto.ChangeResult> responseStream,
        ServerCallContext context) =>
        bulk.PairMany(request, context.GetMerchant(), responseStream, context.CancellationToken);

    [RequiredScope(Scopes.ReadersRead)]
    public override Task<Proto.Reader> Get(Proto.GetReaderRequest request, ServerCallContext context) =>
        GetReader(request.ReaderId, context.GetMerchant().Reach, context.CancellationToken);

    [RequiredScope(Scopes.ReadersRead)]
    public override async Task<Proto.ListReadersReply> List(
        Proto.ListReadersRequest request, ServerCallContext context)
    {
        var reach = context.GetMerchant().Reach;
        var (lines, missing) = await queries.ListLines(reach, request.Store, context.CancellationToken);
        var now = time.GetUtcNow();
        var page = Page.Of(lines.Where(ReaderQueries.BuildFilter(request, now)), ReaderQueries.KeyOf, request.PageSize,
            request.PageToken, "readers");
        var reply = new Proto.ListReadersReply { NextPageToken = page.Next };
        reply.Readers.AddRange(page.Items.Select(line => line.ToMessage(now)));
        reply.Missing.AddRange(missing);
        return reply;
    }

    [RequiredScope(Scopes.ReadersRead)]
    public override async Task Watch(
        Proto.GetReaderRequest request, IServerStreamWriter<Proto.Reader> responseStream, ServerCallContext context)
    {
        var (caller, cancel) = (context.GetMerchant().Reach, context.CancellationToken);
        var line = await FindLine(request.ReaderId, caller, cancel) ?? throw RpcErrors.ToException(Refusal.NotFound);
        await node.UntilItLeaves(async over =>
        {
            while (line is not null && await KeyRecheck.IsAdmitted(context.GetHttpContext()))
            {
                await responseStream.WriteAsync(line.ToMessage(time.GetUtcNow()), cancel);
                line = await AwaitChange(line, caller, over);
            }
        }, cancel);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderUpdate)]
    public override async Task<Proto.Reader> Rename(Proto.RenameRequest request, ServerCallContext context)
    {
        var (reader, change) = await PrepareChange(new() { Rename = request }, context);
        var caller = context.GetMerchant().Reach;
        if (await Failover.CallWithRetry(() => reader.UpdateProfile(caller, change.Name, null),
            context.CancellationToken) is null)
            throw RpcErrors.ToException(Refusal.NotFound);
        return await GetReader(request.ReaderId, caller, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderMove)]
    public override async Task<Proto.Reader> Move(Proto.MoveRequest request, ServerCallContext context)
    {
        var (reader, change) = await PrepareChange(new() { Move = request }, context);
        var caller = context.GetMerchant().Reach;
        if (await Failover.CallWithRetry(() => reader.MoveReader(caller, change.Store, change.Tags),
            context.CancellationToken)
            is { } refusal) throw RpcErrors.ToException(refusal);
        return await GetReader(request.ReaderId, caller, context.CancellationToken);
    }

    /// <summary>Not made again by itself: after a first call that worked, the second would find nothing.</summary>
    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderDelete)]
    public override async Task<Proto.UnpairReply> Unpair(Proto.UnpairRequest request, ServerCallContext context)
    {
        var (reader, _) = await PrepareChange(new() { Unpair = request }, context);
        return await reader.RemoveReader(context.GetMerchant().Reach)
            ? new()
            : throw RpcErrors.ToException(Refusal.NotFound);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderUpdate)]
    public override Task ChangeMany(
        Proto.ChangeManyRequest request, IServerStreamWriter<Proto.ChangeResult> responseStream,
        ServerCallContext context) =>
        bulk.ChangeMany(request, context.GetMerchant(), responseStream, context.CancellationToken);

    /// <summary>Checks one change, and tells the audit of it.</summary>
    private async Task<(IReaderGrain Reader, ReaderChange Change)> PrepareChange(
        Proto.ReaderChange ask, ServerCallContext context)
    {
        var (merchant, cancel) = (context.GetMerchant(), context.CancellationToken);
        var change = BulkChanges.CheckChange(ask, out var errors);
        if (change is null) throw RpcErrors.ToException(Refusal.InvalidFields(errors));
        if (await FindLine(change.ReaderId, merchant.Reach, cancel) is null)
            throw RpcErrors.ToException(Refusal.NotFound);
        await bulk.RecordChange(merchant, change);
        return (readers[change.ReaderId], change);
    }

    private static string IdOf(string text) =>
        Ids.IsReader(text) ? text : throw RpcErrors.ToException(Refusal.NotFound);

    private async Task<Proto.Reader> GetReader(string readerId, Reach caller, CancellationToken cancel) =>
        (await FindLine(readerId, caller, cancel))?.ToMessage(time.GetUtcNow())
        ?? throw RpcErrors.ToException(Refusal.NotFound);

    private async Task<BoardLine?> FindLine(string readerId, Reach caller, CancellationToken cancel)
    {
        var reader = readers[IdOf(readerId)];
        var line = await Failover.CallWithRetry(reader.GetBoardLine, cancel);
        return line is not null && caller.CoversReader(line.Pairing) ? line : null;
    }

    /// <summary>The reader after it has changed, on whichever board it is then; null when it is no more.</summary>
    private async Task<BoardLine?> AwaitChange(BoardLine line, Reach caller, CancellationToken cancel)
    {
        if (stores.FindStore(caller, line.Pairing.Store) is not { } store) return null;
        BoardPlace? place = null;
        while (true)
        {
            var board = await Failover.CallWithRetry(() => store.GetBoard(place).WaitAsync(cancel), cancel);
            var now = board?.Lines.FirstOrDefault(other => other.ReaderId == line.ReaderId);
            if (now is not null && now.State != line.State) return now;
            if (now is not null && now.Pairing.UpdatedAt != line.Pairing.UpdatedAt) return now;
            if (now is null && board is null or { Whole: true }) return await FindLine(line.ReaderId, caller, cancel);
            place = board?.Place;
        }
    }
}

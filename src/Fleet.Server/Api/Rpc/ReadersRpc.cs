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
    ReaderGrains readers, ReaderLists lists, StoreDirectory stores, BulkChanges bulk, AuditLog audit,
    NodeLeaving node, TimeProvider time) : Proto.Readers.ReadersBase
{
    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderPair)]
    public override async Task<Proto.Reader> Pair(Proto.PairRequest request, ServerCallContext context)
    {
        var merchant = context.Merchant();
        var order = BulkChanges.Check(request, merchant, out var errors);
        if (order is null) throw RpcErrors.Exception(Refusal.Invalid(errors));
        if (stores.Find(merchant.Reach, request.Store) is not { } store)
            throw RpcErrors.Exception(StoreRules.NoSuchStore);
        bulk.ThrowIfGuessing(merchant.Caller);
        await audit.Record(merchant.Caller, AuditAction.ReaderPair, order.ReaderId);
        var reply = await store.Pair(order);
        bulk.Count(merchant.Caller, reply);
        if (reply.Reader is null) throw RpcErrors.Exception(reply.Refusal ?? Refusal.NotFound);
        return await Look(order.ReaderId, merchant.Reach, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderPair)]
    public override Task PairMany(
        Proto.PairManyRequest request, IServerStreamWriter<Proto.ChangeResult> responseStream,
        ServerCallContext context) =>
        bulk.Pair(request, context.Merchant(), responseStream, context.CancellationToken);

    [RequiredScope(Scopes.ReadersRead)]
    public override Task<Proto.Reader> Get(Proto.GetReaderRequest request, ServerCallContext context) =>
        Look(request.ReaderId, context.Merchant().Reach, context.CancellationToken);

    [RequiredScope(Scopes.ReadersRead)]
    public override async Task<Proto.ListReadersReply> List(
        Proto.ListReadersRequest request, ServerCallContext context)
    {
        var reach = context.Merchant().Reach;
        var (lines, missing) = await lists.Of(reach, request.Store, context.CancellationToken);
        var now = time.GetUtcNow();
        var page = Page.Of(lines.Where(ReaderLists.Filter(request, now)), ReaderLists.KeyOf, request.PageSize,
            request.PageToken);
        var reply = new Proto.ListReadersReply { NextPageToken = page.Next };
        reply.Readers.AddRange(page.Items.Select(line => line.ToMessage(now)));
        reply.Missing.AddRange(missing);
        return reply;
    }

    [RequiredScope(Scopes.ReadersRead)]
    public override async Task Watch(
        Proto.GetReaderRequest request, IServerStreamWriter<Proto.Reader> responseStream, ServerCallContext context)
    {
        var (caller, cancel) = (context.Merchant().Reach, context.CancellationToken);
        var line = await Line(request.ReaderId, caller, cancel) ?? throw RpcErrors.Exception(Refusal.NotFound);
        await node.UntilItLeaves(async over =>
        {
            while (line is not null && await KeyRecheck.IsAdmitted(context.GetHttpContext()))
            {
                await responseStream.WriteAsync(line.ToMessage(time.GetUtcNow()), cancel);
                line = await Next(line, caller, over);
            }
        }, cancel);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderUpdate)]
    public override async Task<Proto.Reader> Rename(Proto.RenameRequest request, ServerCallContext context)
    {
        var (reader, change) = await Prepare(new() { Rename = request }, context);
        var caller = context.Merchant().Reach;
        if (await Failover.Call(() => reader.Update(caller, change.Name, null), context.CancellationToken) is null)
            throw RpcErrors.Exception(Refusal.NotFound);
        return await Look(request.ReaderId, caller, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderMove)]
    public override async Task<Proto.Reader> Move(Proto.MoveRequest request, ServerCallContext context)
    {
        var (reader, change) = await Prepare(new() { Move = request }, context);
        var caller = context.Merchant().Reach;
        if (await Failover.Call(() => reader.Move(caller, change.Store, change.Tags), context.CancellationToken)
            is { } refusal) throw RpcErrors.Exception(refusal);
        return await Look(request.ReaderId, caller, context.CancellationToken);
    }

    /// <summary>Not made again by itself: after a first call that worked, the second would find nothing.</summary>
    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderDelete)]
    public override async Task<Proto.UnpairReply> Unpair(Proto.UnpairRequest request, ServerCallContext context)
    {
        var (reader, _) = await Prepare(new() { Unpair = request }, context);
        return await reader.Remove(context.Merchant().Reach) ? new() : throw RpcErrors.Exception(Refusal.NotFound);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderUpdate)]
    public override Task ChangeMany(
        Proto.ChangeManyRequest request, IServerStreamWriter<Proto.ChangeResult> responseStream,
        ServerCallContext context) =>
        bulk.Change(request, context.Merchant(), responseStream, context.CancellationToken);

    /// <summary>Checks one change, and tells the audit of it.</summary>
    private async Task<(IReaderGrain Reader, ReaderChange Change)> Prepare(
        Proto.ReaderChange ask, ServerCallContext context)
    {
        var (merchant, cancel) = (context.Merchant(), context.CancellationToken);
        var change = BulkChanges.Check(ask, out var errors);
        if (change is null) throw RpcErrors.Exception(Refusal.Invalid(errors));
        if (await Line(change.ReaderId, merchant.Reach, cancel) is null) throw RpcErrors.Exception(Refusal.NotFound);
        await bulk.Record(merchant, change);
        return (readers[change.ReaderId], change);
    }

    private static string IdOf(string text) =>
        Ids.IsReader(text) ? text : throw RpcErrors.Exception(Refusal.NotFound);

    private async Task<Proto.Reader> Look(string readerId, Reach caller, CancellationToken cancel) =>
        (await Line(readerId, caller, cancel))?.ToMessage(time.GetUtcNow())
        ?? throw RpcErrors.Exception(Refusal.NotFound);

    private async Task<BoardLine?> Line(string readerId, Reach caller, CancellationToken cancel)
    {
        var reader = readers[IdOf(readerId)];
        var line = await Failover.Call(reader.Line, cancel);
        return line is not null && caller.Covers(line.Pairing) ? line : null;
    }

    /// <summary>The reader after it has changed, on whichever board it is then; null when it is no more.</summary>
    private async Task<BoardLine?> Next(BoardLine line, Reach caller, CancellationToken cancel)
    {
        if (stores.Find(caller, line.Pairing.Store) is not { } store) return null;
        BoardPlace? place = null;
        while (true)
        {
            var board = await Failover.Call(() => store.Board(place).WaitAsync(cancel), cancel);
            var now = board?.Lines.FirstOrDefault(other => other.ReaderId == line.ReaderId);
            if (now is not null && now.State != line.State) return now;
            if (now is not null && now.Pairing.UpdatedAt != line.Pairing.UpdatedAt) return now;
            if (now is null && board is null or { Whole: true }) return await Line(line.ReaderId, caller, cancel);
            place = board?.Place;
        }
    }
}

using Fleet.Core.Stores;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Readers over gRPC: one at a time here, many at once by <see cref="BulkChanges"/>.</summary>
internal sealed class ReadersRpc(
    ReaderGrainFactory readers, ReaderQueries queries, ReaderCommands commands, StoreDirectory stores,
    BulkChanges bulk, CloudAdoption adoption, PresenceRefresh presence, NodeLeaving node, TimeProvider time)
    : Proto.Readers.ReadersBase
{
    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderPair)]
    public override async Task<Proto.Reader> Pair(Proto.PairRequest request, ServerCallContext context)
    {
        var merchant = context.GetMerchant();
        var order = ReaderChecks.CheckPair(request, merchant, out var errors);
        if (order is null) throw RpcErrors.ToException(Refusal.InvalidFields(errors));
        if (stores.FindStore(merchant.Reach, request.Store) is not { } store)
            throw RpcErrors.ToException(StoreRules.NoSuchStore);
        var (reply, locked) = await commands.PairReader(merchant, store, order);
        RpcErrors.ThrowIfLocked(locked);
        if (reply?.Reader is null) throw RpcErrors.ToException(reply?.Refusal ?? Refusal.NotFound);
        return await GetReader(reply.Reader.Id, merchant.Reach, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderPair)]
    public override async Task PairMany(
        Proto.PairManyRequest request, IServerStreamWriter<Proto.ChangeResult> responseStream,
        ServerCallContext context)
    {
        RpcErrors.ThrowIfAny(BulkChanges.CheckCount("readers", request.Readers.Count));
        var (merchant, cancel) = (context.GetMerchant(), context.CancellationToken);
        var orders = request.Readers.Select(ask => ReaderChecks.CheckPair(ask, merchant, stores));
        await WriteResults(bulk.PairMany(merchant, orders, request.DryRun, cancel), responseStream, cancel);
    }

    [RequiredScope(Scopes.ReadersRead)]
    public override async Task<Proto.Reader> Get(Proto.GetReaderRequest request, ServerCallContext context)
    {
        var (caller, cancel) = (context.GetMerchant().Reach, context.CancellationToken);
        var line = await FindLine(request.ReaderId, caller, cancel) ?? throw RpcErrors.ToException(Refusal.NotFound);
        return (await presence.FindFresh(line, cancel)).ToMessage(time.GetUtcNow());
    }

    [RequiredScope(Scopes.ReadersRead)]
    public override async Task<Proto.ListReadersReply> List(
        Proto.ListReadersRequest request, ServerCallContext context)
    {
        var reach = context.GetMerchant().Reach;
        var (lines, missing, refusal) = await queries.ListLines(reach, request.Store, context.CancellationToken);
        RpcErrors.ThrowIfAny(refusal);
        var (now, fields) = (time.GetUtcNow(), new FieldCheck());
        var filter = fields.BuildFilter(request, now);
        RpcErrors.ThrowIfAny(fields);
        var page = Page.Of(
            lines.Where(filter), ReaderQueries.KeyOf, request.PageSize, request.PageToken, list: "readers");
        var reply = new Proto.ListReadersReply { NextPageToken = page.Next };
        reply.Readers.AddRange(page.Items.Select(line => line.ToMessage(now)));
        presence.NoteShown(page.Items);
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
        var (merchant, fields) = (context.GetMerchant(), new FieldCheck());
        var change = fields.CheckRename(request);
        RpcErrors.ThrowIfAny(fields);
        var (_, refusal) = await commands.UpdateReader(
            merchant, change.ReaderId, new(change.Name), context.CancellationToken);
        RpcErrors.ThrowIfAny(refusal);
        return await GetReader(request.ReaderId, merchant.Reach, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderMove)]
    public override async Task<Proto.Reader> Move(Proto.MoveRequest request, ServerCallContext context)
    {
        var (merchant, fields) = (context.GetMerchant(), new FieldCheck());
        var change = fields.CheckMove(request);
        RpcErrors.ThrowIfAny(fields);
        RpcErrors.ThrowIfAny(await commands.MoveReader(
            merchant, change.ReaderId, change.Store, change.Tags, context.CancellationToken));
        return await GetReader(request.ReaderId, merchant.Reach, context.CancellationToken);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderDelete)]
    public override async Task<Proto.UnpairReply> Unpair(Proto.UnpairRequest request, ServerCallContext context)
    {
        RpcErrors.ThrowIfAny(await commands.RemoveReader(
            context.GetMerchant(), request.ReaderId, context.CancellationToken));
        return new();
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderUpdate)]
    public override async Task ChangeMany(
        Proto.ChangeManyRequest request, IServerStreamWriter<Proto.ChangeResult> responseStream,
        ServerCallContext context)
    {
        RpcErrors.ThrowIfAny(BulkChanges.CheckCount("changes", request.Changes.Count));
        var (merchant, cancel) = (context.GetMerchant(), context.CancellationToken);
        var changes = request.Changes.Select(ReaderChecks.CheckChange);
        await WriteResults(bulk.ChangeMany(merchant, changes, request.DryRun, cancel), responseStream, cancel);
    }

    [RequiredScope(Scopes.ReadersWrite, WholeMerchant = true, Action = AuditAction.ReaderAdopt)]
    public override async Task Adopt(
        Proto.AdoptRequest request, IServerStreamWriter<Proto.AdoptResult> responseStream, ServerCallContext context)
    {
        RpcErrors.ThrowIfAny(BulkChanges.CheckCount("cloud_reader_ids", request.CloudReaderIds.Count));
        var (merchant, cancel, fields) = (context.GetMerchant(), context.CancellationToken, new FieldCheck());
        var order = fields.CheckAdopt(request);
        RpcErrors.ThrowIfAny(fields);
        var (listed, refusal) = await adoption.ListReaders(merchant);
        RpcErrors.ThrowIfAny(refusal);
        foreach (var missing in request.FindMissing(listed)) await responseStream.WriteAsync(missing, cancel);
        var chosen = request.SelectReaders(listed);
        await foreach (var result in adoption.AdoptAll(merchant, chosen, order, request.DryRun, cancel))
            await responseStream.WriteAsync(result.ToMessage(), cancel);
    }

    private static async Task WriteResults(
        IAsyncEnumerable<BulkResult> results, IServerStreamWriter<Proto.ChangeResult> stream, CancellationToken cancel)
    {
        var finished = 0;
        await foreach (var result in results)
        {
            RpcErrors.ThrowIfLocked(result.Locked ?? TimeSpan.Zero);
            await stream.WriteAsync(result.ToMessage(++finished), cancel);
        }
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

    /// <summary>The reader after a change, from the board on which it is then; null when it was deleted.</summary>
    private async Task<BoardLine?> AwaitChange(BoardLine line, Reach caller, CancellationToken cancel)
    {
        if (stores.FindStore(caller, line.Pairing.Store) is not { } store) return null;
        BoardPlace? place = null;
        var wasUnknown = line.IsUnknownAt(time.GetUtcNow());
        while (true)
        {
            presence.NoteShown([line]);
            if (!wasUnknown && line.IsUnknownAt(time.GetUtcNow())) return line;
            var board = await Failover.CallWithRetry(() => store.GetBoard(place).WaitAsync(cancel), cancel);
            var now = board?.Lines.FirstOrDefault(other => other.ReaderId == line.ReaderId);
            if (now is not null && now.State != line.State) return now;
            if (now is not null && now.Pairing.UpdatedAt != line.Pairing.UpdatedAt) return now;
            if (now is null && board is null or { Whole: true }) return await FindLine(line.ReaderId, caller, cancel);
            place = board?.Place;
        }
    }
}

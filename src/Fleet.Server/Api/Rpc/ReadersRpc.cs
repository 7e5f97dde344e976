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
    ReaderQueries queries, ReaderCommands commands, StoreDirectory stores, BulkChanges bulk, CloudAdoption adoption,
    PresenceRefresh presence, BoardWatch watch, NodeLeaving node, TimeProvider time)
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
        var line = await FindLine(request.ReaderId, caller, cancel);
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
        var line = await FindLine(request.ReaderId, caller, cancel);
        await node.UntilItLeaves(async over =>
        {
            await foreach (var reader in watch.FollowReader(line, caller, over))
            {
                if (!await KeyRecheck.IsAdmitted(context.GetHttpContext())) return;
                await responseStream.WriteAsync(reader, cancel);
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
        RpcErrors.ThrowIfAny(BulkChanges.CheckCount("cloud_reader_ids", request.CloudReaderIds.Count, required: false));
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

    private async Task<Proto.Reader> GetReader(string readerId, Reach caller, CancellationToken cancel) =>
        (await FindLine(readerId, caller, cancel)).ToMessage(time.GetUtcNow());

    private async Task<BoardLine> FindLine(string readerId, Reach caller, CancellationToken cancel) =>
        await watch.FindLine(readerId, caller, cancel) ?? throw RpcErrors.ToException(Refusal.NotFound);
}

using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Stores;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Stores over gRPC.</summary>
internal sealed class StoresRpc(
    StoreDirectory stores, AuditLog audit, PresenceRefresh presence, BoardWatch watch, NodeLeaving node,
    TimeProvider time)
    : Proto.Stores.StoresBase
{
    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.StoreCreate)]
    public override async Task<Proto.Store> Create(Proto.CreateStoreRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var store = fields.CheckStore("store", request.Store);
        var name = fields.RequireName("name", request.Name.Length > 0 ? request.Name : store, StoreFields.MaxName);
        RpcErrors.ThrowIfAny(fields);
        await audit.RecordCall(context.GetCaller(), AuditAction.StoreCreate, store);
        return ToStore(await GetMerchant(context).CreateStore(store, name));
    }

    [RequiredScope(Scopes.FleetRead)]
    public override async Task<Proto.Store> Get(Proto.GetStoreRequest request, ServerCallContext context) =>
        (await GetStore(request.Store, context)).ToMessage();

    [RequiredScope(Scopes.FleetRead)]
    public override async Task<Proto.ListStoresReply> List(Proto.ListStoresRequest request, ServerCallContext context)
    {
        var reach = context.GetMerchant().Reach;
        var all = request.Retired
            ? await stores.ListAll(reach, context.CancellationToken)
            : await stores.ListOpen(reach, context.CancellationToken);
        var page = Page.Of(all, store => store.Id, request.PageSize, request.PageToken, "stores");
        var reply = new Proto.ListStoresReply { NextPageToken = page.Next };
        reply.Stores.AddRange(page.Items.Select(StoreMapping.ToMessage));
        return reply;
    }

    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.StoreRename)]
    public override async Task<Proto.Store> Rename(Proto.RenameStoreRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var name = fields.RequireName("name", request.Name, StoreFields.MaxName);
        RpcErrors.ThrowIfAny(fields);
        await GetStore(request.Store, context);
        await audit.RecordCall(context.GetCaller(), AuditAction.StoreRename, request.Store);
        return ToStore(await GetMerchant(context).RenameStore(request.Store, name));
    }

    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.StoreRetire)]
    public override async Task<Proto.Store> Retire(Proto.RetireStoreRequest request, ServerCallContext context)
    {
        await GetStore(request.Store, context);
        await audit.RecordCall(context.GetCaller(), AuditAction.StoreRetire, request.Store);
        return ToStore(await GetMerchant(context).RetireStore(request.Store));
    }

    [RequiredScope(Scopes.FleetRead)]
    public override async Task<Proto.StoreBoard> Board(Proto.BoardRequest request, ServerCallContext context)
    {
        var store = FindStore(request, context);
        var board = await Failover.CallWithRetry(() => store.GetBoard(null), context.CancellationToken)
            ?? throw RpcErrors.ToException(Refusal.NotFound);
        presence.NoteShown(board.Lines);
        return board.ToMessage(time.GetUtcNow());
    }

    [RequiredScope(Scopes.FleetRead)]
    public override async Task WatchBoard(
        Proto.BoardRequest request, IServerStreamWriter<Proto.StoreBoard> responseStream, ServerCallContext context)
    {
        var (store, cancel) = (FindStore(request, context), context.CancellationToken);
        await node.UntilItLeaves(async over =>
        {
            await foreach (var board in watch.FollowBoard(store, over))
            {
                if (!await KeyRecheck.IsAdmitted(context.GetHttpContext())) return;
                if (board is not null) await responseStream.WriteAsync(board, cancel);
            }
            throw RpcErrors.ToException(Refusal.NotFound); // it was closed
        }, cancel);
    }

    private async Task<StoreInfo> GetStore(string id, ServerCallContext context)
    {
        var all = await stores.ListAll(context.GetMerchant().Reach, context.CancellationToken);
        return all.FirstOrDefault(store => store.Id == id) ?? throw RpcErrors.ToException(Refusal.NotFound);
    }

    private IMerchantGrain GetMerchant(ServerCallContext context) => stores.GetMerchant(context.GetMerchant().Code);

    private IStoreGrain FindStore(Proto.BoardRequest request, ServerCallContext context) =>
        StoreFields.IsId(request.Store) && stores.FindStore(context.GetMerchant().Reach, request.Store) is { } store
            ? store
            : throw RpcErrors.ToException(Refusal.NotFound);

    private static Proto.Store ToStore(StoreReply reply) =>
        reply.Store?.ToMessage() ?? throw RpcErrors.ToException(reply.Refusal ?? Refusal.NotFound);
}

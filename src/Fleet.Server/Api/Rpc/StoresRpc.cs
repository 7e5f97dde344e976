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
    StoreDirectory stores, AuditLog audit, NodeLeaving node, TimeProvider time) : Proto.Stores.StoresBase
{
    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.StoreCreate)]
    public override async Task<Proto.Store> Create(Proto.CreateStoreRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var store = fields.CheckStore("store", request.Store);
        var name = fields.Name("name", request.Name.Length > 0 ? request.Name : store, StoreFields.MaxName);
        RpcErrors.ThrowIfAny(fields);
        await audit.Record(context.Caller(), AuditAction.StoreCreate, store);
        return Told(await Merchant(context).CreateStore(store, name));
    }

    [RequiredScope(Scopes.FleetRead)]
    public override async Task<Proto.Store> Get(Proto.GetStoreRequest request, ServerCallContext context) =>
        (await Look(request.Store, context)).ToMessage();

    [RequiredScope(Scopes.FleetRead)]
    public override async Task<Proto.ListStoresReply> List(Proto.ListStoresRequest request, ServerCallContext context)
    {
        var reach = context.Merchant().Reach;
        var all = request.Retired
            ? await stores.All(reach, context.CancellationToken)
            : await stores.Of(reach, context.CancellationToken);
        var page = Page.Of(all, store => store.Id, request.PageSize, request.PageToken);
        var reply = new Proto.ListStoresReply { NextPageToken = page.Next };
        reply.Stores.AddRange(page.Items.Select(StoreMessages.ToMessage));
        return reply;
    }

    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.StoreRename)]
    public override async Task<Proto.Store> Rename(Proto.RenameStoreRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var name = fields.Name("name", request.Name, StoreFields.MaxName);
        RpcErrors.ThrowIfAny(fields);
        await Look(request.Store, context);
        await audit.Record(context.Caller(), AuditAction.StoreRename, request.Store);
        return Told(await Merchant(context).RenameStore(request.Store, name));
    }

    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.StoreRetire)]
    public override async Task<Proto.Store> Retire(Proto.RetireStoreRequest request, ServerCallContext context)
    {
        await Look(request.Store, context);
        await audit.Record(context.Caller(), AuditAction.StoreRetire, request.Store);
        return Told(await Merchant(context).RetireStore(request.Store));
    }

    [RequiredScope(Scopes.FleetRead)]
    public override async Task<Proto.StoreBoard> Board(Proto.BoardRequest request, ServerCallContext context)
    {
        var store = Find(request, context);
        return await Failover.Call(() => store.Board(null), context.CancellationToken) is { } board
            ? board.ToMessage(time.GetUtcNow())
            : throw RpcErrors.Exception(Refusal.NotFound);
    }

    [RequiredScope(Scopes.FleetRead)]
    public override async Task WatchBoard(
        Proto.BoardRequest request, IServerStreamWriter<Proto.StoreBoard> responseStream, ServerCallContext context)
    {
        var (store, cancel) = (Find(request, context), context.CancellationToken);
        BoardPlace? place = null;
        await node.UntilItLeaves(async over =>
        {
            while (await KeyRecheck.IsAdmitted(context.GetHttpContext()))
            {
                var board = await Failover.Call(() => store.Board(place).WaitAsync(over), over)
                    ?? throw RpcErrors.Exception(Refusal.NotFound);
                if (board.Place != place) await responseStream.WriteAsync(board.ToMessage(time.GetUtcNow()), cancel);
                place = board.Place;
            }
        }, cancel);
    }

    private async Task<StoreInfo> Look(string id, ServerCallContext context)
    {
        var all = await stores.All(context.Merchant().Reach, context.CancellationToken);
        return all.FirstOrDefault(store => store.Id == id) ?? throw RpcErrors.Exception(Refusal.NotFound);
    }

    private IMerchantGrain Merchant(ServerCallContext context) => stores.Merchant(context.Merchant().Code);

    private IStoreGrain Find(Proto.BoardRequest request, ServerCallContext context) =>
        StoreFields.IsId(request.Store) && stores.Find(context.Merchant().Reach, request.Store) is { } store
            ? store
            : throw RpcErrors.Exception(Refusal.NotFound);

    private static Proto.Store Told(StoreReply reply) =>
        reply.Store?.ToMessage() ?? throw RpcErrors.Exception(reply.Refusal ?? Refusal.NotFound);
}

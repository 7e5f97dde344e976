using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;
using Orleans.Concurrency;

namespace Fleet.Server.Stores;

/// <summary>Reentrant: no call waits for a till that has no reader yet, or for a reader that does not answer.</summary>
[Reentrant]
internal sealed class StoreGrain(
    [PersistentState("store")] IPersistentState<StoreRecord> record, LocalStores node, ReaderPairing pairing,
    IClusterMembershipService cluster, FleetMeter meter, TimeProvider time) : Grain, IStoreGrain
{
    private readonly StoreBoard _board = new();
    private readonly StoreQueue _queue = new();

    private string Key => this.GetPrimaryKeyString();

    private LocalStore Self => field ??= new(Key, _board, _queue);

    private StoreRoster Roster => field ??= new(record, StoreKey.SplitKey(Key).Store);

    private BoardRefresh Refresh => field ??= new(_board, Roster, GrainFactory, Key, time);

    private ReaderAssignment Tills => field ??= new(_board, _queue, meter, time);

    private StoreSettings Menus => field ??= new(Roster, GrainFactory, Key);

    private BoardUpkeep Upkeep => field ??= new(Self, Roster, Refresh, Tills, Menus, node, cluster, DelayDeactivation);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Upkeep.BeginRecovery();
        this.RegisterGrainTimer(_ => Upkeep.MaintainBoard(), BoardUpkeep.Timing);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        node.RemoveStore(Self);
        return Task.CompletedTask;
    }

    // Only nodes of version 1.0 call these two, while a cluster is upgraded from it; they go with version 2.0. Their
    // pairing calls this store back while it waits, which is safe because the store is reentrant.

    public Task<PairReply> PairReader(PairReader ask) => pairing.PairReader(this.AsReference<IStoreGrain>(), ask);

    public Task<Refusal?> TryPair(PairReader ask) => pairing.TryPair(this.AsReference<IStoreGrain>(), ask);

    public async Task<Board?> GetBoard(BoardPlace? since)
    {
        if (!Roster.IsOpen) return null;
        await Upkeep.AwaitRecovery();
        if (since is not null) await _board.AwaitNews(since);
        return _board.ReadSince(since, _queue.Waiting);
    }

    public async Task<StoreCounts?> CountReaders()
    {
        if (!Roster.IsOpen) return null;
        await Upkeep.AwaitRecovery();
        return Self.CountReaders(time.Now());
    }

    public async Task<RouteReply> ChooseReader(RouteRequest ask)
    {
        if (!Roster.IsOpen) return RouteReply.ForRefusal(Refusal.NotFound);
        await Upkeep.AwaitRecovery();
        if (ask.Refused is { } refused) await Refresh.RecheckReader(refused);
        return await Tills.ChooseReader(ask);
    }

    public Task<StoreLock?> GetMenuLock() => Task.FromResult(Menus.Show());

    public Task<Refusal?> ChangeMenuLock(MenuLock? change) => Menus.Change(change);

    public Task LeaveQueue(Guid checkoutId)
    {
        Tills.LeaveQueue(checkoutId);
        return Task.CompletedTask;
    }

    public async Task OpenStore()
    {
        await Roster.OpenStore();
        node.AddStore(Self);
    }

    public async Task<Refusal?> CloseStore()
    {
        await Upkeep.AwaitRecovery();
        if (await Roster.CloseStore() is { } refusal) return refusal;
        node.RemoveStore(Self);
        return null;
    }

    public async Task<bool> AdmitReader(string readerId)
    {
        if (await Roster.AdmitReader(readerId) is not null) return false;
        _board.AddReader(readerId);
        return true;
    }

    public async Task PutLine(BoardLine line)
    {
        if (!_board.PutLine(line)) await Roster.AddReader(line.ReaderId);
        Tills.ServeQueue();
    }

    public async Task PutState(string readerId, LineState state)
    {
        if (!_board.PutState(readerId, state)) await Refresh.AskReader(readerId);
        Tills.ServeQueue();
    }

    public Task ForgetReader(string readerId) => Refresh.ForgetReader(readerId);
}

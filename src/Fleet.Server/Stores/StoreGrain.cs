using Fleet.Core;
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
    /// <summary>How long a call waits for changes of the board, well below the time-out of a call.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long a store that has moved waits for its readers, before they count as silent.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the store checks, in memory, whether a node has left or a till does not ask any more.
    /// </summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>How long a store with readers stays active after each check.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromHours(3);

    private readonly StoreBoard _board = new();
    private readonly StoreQueue _queue = new();
    private Task _healing = Task.CompletedTask;
    private MembershipVersion _seen;

    private string Key => this.GetPrimaryKeyString();

    private LocalStore Self => field ??= new(Key, _board, _queue);

    private StoreRoster Roster => field ??= new(record, StoreKey.SplitKey(Key).Store);

    private BoardRefresh Refresh => field ??= new(_board, Roster, GrainFactory, Key, time);

    private ReaderAssignment Tills => field ??= new(_board, _queue, meter, time);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _seen = cluster.CurrentSnapshot.Version;
        foreach (var id in Roster.Readers) _board.AddReader(id);
        _healing = RefreshBoard();
        this.RegisterGrainTimer(MaintainStore, new() { DueTime = Period, Period = Period, Interleave = true });
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
        await AwaitRecovery();
        if (since is not null && !_board.IsNews(since)) await Task.WhenAny(_board.NextChange(), RealTime(Patience));
        return _board.ReadSince(since, _queue.Waiting);
    }

    public async Task<StoreCounts?> CountReaders()
    {
        if (!Roster.IsOpen) return null;
        await AwaitRecovery();
        return Self.CountReaders(time.Now());
    }

    public async Task<RouteReply> ChooseReader(RouteRequest ask)
    {
        if (!Roster.IsOpen) return RouteReply.ForRefusal(Refusal.NotFound);
        await AwaitRecovery();
        if (ask.Refused is { } refused) await Refresh.RecheckReader(refused);
        return await Tills.ChooseReader(ask);
    }

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
        await AwaitRecovery();
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

    /// <summary>Asks all readers after the store has moved, because its board is empty then.</summary>
    private Task AwaitRecovery() =>
        _healing.IsCompleted ? Task.CompletedTask : Task.WhenAny(_healing, RealTime(Recovery));

    // the real clock, as for the time-out of a call
    private static Task RealTime(TimeSpan wait) => Task.Delay(wait, TimeProvider.System);

    private async Task MaintainStore(CancellationToken cancel)
    {
        if (Roster.Readers.Count > 0) DelayDeactivation(Stay); // operators watch stores that no till calls
        var snapshot = cluster.CurrentSnapshot;
        if (snapshot.Version != _seen)
        {
            _seen = snapshot.Version;
            _board.DoubtReaders(silo => snapshot.GetSiloStatus(silo) is SiloStatus.Dead or SiloStatus.None);
        }
        Tills.ForgetSilentTills();
        if (_healing.IsCompleted) _healing = RefreshBoard();
        await _healing;
    }

    private async Task RefreshBoard()
    {
        await Refresh.AskSilentReaders();
        if (Roster.IsOpen) node.AddStore(Self);
        Tills.ServeQueue();
    }
}

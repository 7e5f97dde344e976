using Fleet.Core.Stores;
using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;
using Orleans.Concurrency;

namespace Fleet.Server.Stores;

/// <summary>What is kept of a store.</summary>
public sealed record StoreRecord
{
    /// <summary>Ids of its readers, in the order they came.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];

    /// <summary>Whether somebody made it. The default store needs nobody.</summary>
    public bool Opened { get; init; }
}

/// <summary>Reentrant: a till that waits for a reader, or a reader that does not answer, is in nobody's way.</summary>
[Reentrant]
internal sealed class StoreGrain(
    [PersistentState("store")] IPersistentState<StoreRecord> record, LocalStores node,
    IClusterMembershipService cluster, FleetMeter meter, TimeProvider time) : Grain, IStoreGrain
{
    /// <summary>Readers asked at the same time.</summary>
    private const int MaxAsked = 64;

    /// <summary>How long a call waits for news, well below the time-out of a call.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), QueuePatience = TimeSpan.FromSeconds(2);

    /// <summary>How long the readers are waited for after the store has moved, before they count as silent.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(2);

    /// <summary>How often the store looks, in memory, whether a node has left and a till is gone.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>How long a store with readers stays at least, from each look on.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromHours(3);

    private readonly StoreBoard _board = new();
    private readonly StoreQueue _queue = new();
    private List<Func<StoreRecord, StoreRecord>> _changes = [];
    private Task _writing = Task.CompletedTask;
    private Task? _nextWrite;
    private Task _healing = Task.CompletedTask;
    private MembershipVersion _seen;

    private (string MerchantCode, string Store) Key => StoreKey.SplitKey(this.GetPrimaryKeyString());

    private LocalStore Self => field ??= new(this.GetPrimaryKeyString(), _board, _queue);

    private bool IsOpen => IsOpenIn(record.State);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _seen = cluster.CurrentSnapshot.Version;
        foreach (var id in record.State.Readers) _board.AddReader(id);
        _healing = RefreshSilentReaders();
        this.RegisterGrainTimer(MaintainStore, new() { DueTime = Period, Period = Period, Interleave = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        node.RemoveStore(Self);
        return Task.CompletedTask;
    }

    /// <summary>
    /// The reader first, then the roster, then the device: a crash in between leaves a reader that waits in vain and
    /// expires, never a device that believes in a reader that is not there.
    /// </summary>
    public async Task<PairReply> PairReader(PairReader ask)
    {
        if (!IsOpen) return new(null, StoreRules.NoSuchStore);
        var code = GrainFactory.GetGrain<IPairingGrain>(ask.Code);
        var (replaces, refusal) = await FreeDevice(await code.ShowOffer(ask.Sandbox), ask.Caller, dryRun: false);
        if (refusal is not null) return new(null, refusal);
        var claim = await code.ClaimOffer(ask.Sandbox);
        if (claim.Device is not { } device) return new(null, claim.Refusal);
        var now = time.Now();
        var snapshot = await GetReader(ask.ReaderId).CreateReader(new()
        {
            MerchantCode = ask.MerchantCode,
            Store = Key.Store,
            Name = ask.Name,
            Metadata = ask.Metadata,
            Tags = ask.Tags,
            Device = device,
            Status = PairingStatus.Processing,
            CreatedAt = now,
            UpdatedAt = now,
        });
        await AddToRoster(ask.ReaderId);
        var bound = await GrainFactory.GetGrain<IDeviceGrain>(device.Serial)
            .TryPairWithReader(new(ask.ReaderId, ask.Name, ask.MerchantCode, ask.Code), replaces);
        if (bound) return new(snapshot);
        await GetReader(ask.ReaderId).RemoveReader(ask.Caller); // another code of the same device was quicker
        return new(null, Refusal.PairingCodeUsed);
    }

    public async Task<Refusal?> TryPair(PairReader ask)
    {
        if (!IsOpen) return StoreRules.NoSuchStore;
        var offer = await GrainFactory.GetGrain<IPairingGrain>(ask.Code).ShowOffer(ask.Sandbox);
        return (await FreeDevice(offer, ask.Caller, dryRun: true)).Refusal;
    }

    /// <summary>Has the reader that the device is now give it up; the reader, or why that may not be.</summary>
    private async Task<(string? Replaces, Refusal? Refusal)> FreeDevice(PairingClaim offer, Reach caller, bool dryRun)
    {
        if (offer.Refusal is not null || offer.Device is not { } device) return (null, offer.Refusal);
        if (await GrainFactory.GetGrain<IDeviceGrain>(device.Serial).PairedAs() is not { } current) return (null, null);
        var reader = GetReader(current); // nothing is claimed yet, so it may be asked again
        return (current,
            await Failover.CallWithRetry(() => reader.GiveUpDevice(caller, dryRun), CancellationToken.None));
    }

    public async Task<Board?> GetBoard(BoardPlace? since)
    {
        if (!IsOpen) return null;
        await AwaitRecovery();
        if (since is not null && !_board.IsNews(since)) await Task.WhenAny(_board.NextChange(), RealTime(Patience));
        return _board.ReadSince(since, _queue.Waiting);
    }

    public async Task<StoreCounts?> CountReaders()
    {
        if (!IsOpen) return null;
        await AwaitRecovery();
        return Self.CountReaders(time.Now());
    }

    public async Task<RouteReply> ChooseReader(RouteRequest ask)
    {
        if (!IsOpen) return RouteReply.ForRefusal(Refusal.NotFound);
        await AwaitRecovery();
        if (ask.Refused is { } refused) await RecheckReader(refused);
        ServeQueue(); // a reader that was held in vain is free by now, for whoever waits
        if (!_queue.HasPlace(ask.CheckoutId))
        {
            var (chosen, counts) = _board.ChooseReader(ask.Wish, ask.CheckoutId, time.Now());
            if (chosen is not null) return new(chosen);
            if (ask.Until is null || counts.NoneFits) return RouteReply.ForRefusal(Refusal.NotRouted(counts));
            if (!_queue.TryEnter(ask, time.Now())) return RouteReply.ForRefusal(Refusal.QueueFull);
            _board.MarkChanged();
        }
        var next = await _queue.AwaitReader(ask.CheckoutId, QueuePatience, time);
        if (next is null) return RouteReply.StillWaiting;
        meter.MeasureWait(QueueEnd.Served, time.Now() - ask.Since);
        return new(next);
    }

    public Task LeaveQueue(Guid checkoutId)
    {
        _board.ReleaseReader(checkoutId);
        if (_queue.RemovePlace(checkoutId) is { } ask)
        {
            _board.MarkChanged();
            MeasureWait(ask);
        }
        ServeQueue();
        return Task.CompletedTask;
    }

    public async Task OpenStore()
    {
        await SaveChange(state => state with { Opened = true });
        node.AddStore(Self);
    }

    public async Task<Refusal?> CloseStore()
    {
        await AwaitRecovery();
        var closed = false;
        await SaveChange(state => (closed = state.Readers.Count == 0) ? state with { Opened = false } : state);
        if (!closed) return Refusal.StoreNotEmpty;
        node.RemoveStore(Self);
        return null;
    }

    public async Task<bool> AdmitReader(string readerId)
    {
        var admitted = false;
        // it may just be closing
        await SaveChange(state => (admitted = IsOpenIn(state)) ? WithReader(state, readerId) : state);
        if (admitted) _board.AddReader(readerId);
        return admitted;
    }

    public async Task PutLine(BoardLine line)
    {
        if (!_board.PutLine(line) && !record.State.Readers.Contains(line.ReaderId)) await AddToRoster(line.ReaderId);
        ServeQueue();
    }

    public async Task PutState(string readerId, LineState state)
    {
        if (!_board.PutState(readerId, state)) await AskReader(readerId);
        ServeQueue();
    }

    public async Task ForgetReader(string readerId)
    {
        _board.RemoveReader(readerId);
        await SaveChange(state => state with { Readers = [.. state.Readers.Where(id => id != readerId)] });
    }

    private bool IsOpenIn(StoreRecord state) => state.Opened || Key.Store == ReaderProfile.DefaultStore;

    private IReaderGrain GetReader(string readerId) => GrainFactory.GetGrain<IReaderGrain>(readerId);

    private async Task AddToRoster(string readerId)
    {
        _board.AddReader(readerId);
        await SaveChange(state => WithReader(state, readerId));
    }

    private static StoreRecord WithReader(StoreRecord state, string readerId) => state.Readers.Contains(readerId)
        ? state
        : state with { Readers = [.. state.Readers, readerId] };

    /// <summary>
    /// One write after the other, and what comes while one is under way makes up the next: a store that a thousand
    /// readers enter at once is not written a thousand times.
    /// </summary>
    private Task SaveChange(Func<StoreRecord, StoreRecord> change)
    {
        _changes.Add(change);
        return _nextWrite ??= After(_writing);

        async Task After(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing
                | ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.ForceYielding);
            var changes = _changes;
            (_changes, _writing, _nextWrite) = ([], _nextWrite ?? Task.CompletedTask, null);
            var next = changes.Aggregate(record.State, (state, one) => one(state));
            if (!ReferenceEquals(next, record.State)) await record.SaveState(next);
        }
    }

    /// <summary>After it has moved a store knows nothing of its readers until they have answered.</summary>
    private Task AwaitRecovery() =>
        _healing.IsCompleted ? Task.CompletedTask : Task.WhenAny(_healing, RealTime(Recovery));

    private static Task RealTime(TimeSpan wait) => Task.Delay(wait, TimeProvider.System); // as the time-out of a call

    private async Task MaintainStore(CancellationToken cancel)
    {
        if (record.State.Readers.Count > 0) DelayDeactivation(Stay); // who runs Fleet watches stores nobody calls
        var snapshot = cluster.CurrentSnapshot;
        if (snapshot.Version != _seen)
        {
            _seen = snapshot.Version;
            _board.DoubtReaders(silo => snapshot.GetSiloStatus(silo) is SiloStatus.Dead or SiloStatus.None);
        }
        foreach (var gone in _queue.ForgetSilent(time.Now()))
        {
            _board.ReleaseReader(gone.CheckoutId);
            MeasureWait(gone);
        }
        ServeQueue();
        if (_healing.IsCompleted) _healing = RefreshSilentReaders();
        await _healing;
    }

    /// <summary>Asks the readers that have not said how they are, or may have said it too long ago.</summary>
    private async Task RefreshSilentReaders()
    {
        foreach (var some in _board.Silent.Concat(_board.TakeOverdue(time.Now())).Chunk(MaxAsked))
            await Task.WhenAll(some.Select(AskReader));
        if (IsOpen) node.AddStore(Self);
        ServeQueue();
    }

    private async Task RecheckReader(string readerId)
    {
        _board.DoubtReader(readerId);
        await AskReader(readerId);
    }

    private async Task AskReader(string readerId)
    {
        try
        {
            var line = await GetReader(readerId).GetBoardLine();
            if (line?.Pairing.Store == Key.Store && line.Pairing.MerchantCode == Key.MerchantCode) _board.PutLine(line);
            else await ForgetReader(readerId);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // It stays silent, and is asked again.
        }
    }

    private void MeasureWait(RouteRequest gone) => meter.MeasureWait(
        time.Now() < gone.Until ? QueueEnd.Left : QueueEnd.Timeout, time.Now() - gone.Since);

    private void ServeQueue() =>
        _queue.ServeTills(ask => _board.ChooseReader(ask.Wish, ask.CheckoutId, time.Now()).Chosen);
}

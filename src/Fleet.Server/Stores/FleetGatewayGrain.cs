using Fleet.Core.Stores;
using System.Diagnostics;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Grains;
using Orleans.Concurrency;

namespace Fleet.Server.Stores;

/// <summary>Its calls wait for others nearly all of the time, so one activation serves many.</summary>
[StatelessWorker(MaxActivations), Reentrant]
internal sealed class FleetGatewayGrain(ReaderGrains readers, StoreCounterClient nodes) : Grain, IFleetGatewayGrain
{
    /// <summary>On one node; a call that waits takes none of them.</summary>
    private const int MaxActivations = 16;

    public async Task<IReadOnlyList<Outcome<Board?>>> Boards(IReadOnlyList<string> stores, TimeSpan deadline) =>
        await FanOut.Run(stores, deadline, store => Store(store).Board(null));

    public async Task<IReadOnlyList<Outcome<StoreCounts?>>> Counts(IReadOnlyList<string> stores, TimeSpan deadline)
    {
        var start = Stopwatch.GetTimestamp();
        var outcomes = (await nodes.Count(stores, deadline / 2)).Select(counts => new Outcome<StoreCounts?>(counts))
            .ToArray();
        var asleep = Enumerable.Range(0, stores.Count).Where(i => outcomes[i].Result is null).ToList();
        if (asleep.Count == 0) return outcomes;
        var woken = await FanOut.Run(asleep, FanOut.Left(deadline, start), i => Store(stores[i]).Count());
        foreach (var (i, outcome) in asleep.Zip(woken)) outcomes[i] = outcome;
        return outcomes;
    }

    public async Task<IReadOnlyList<Outcome<PairReply>>> Pair(
        IReadOnlyList<PairOrder> orders, bool dryRun, TimeSpan deadline) =>
        await FanOut.Run(orders, deadline, order => dryRun ? Try(order) : Store(order.StoreKey).Pair(order.Reader));

    public async Task<IReadOnlyList<Outcome<Refusal?>>> Change(
        Reach caller, AuditNote note, IReadOnlyList<ReaderChange> changes, bool dryRun, TimeSpan deadline) =>
        await FanOut.Run(changes, deadline, change => dryRun ? Try(caller, change) : Do(caller, note, change));

    private IStoreGrain Store(string key) => GrainFactory.GetGrain<IStoreGrain>(key);

    private async Task<Refusal?> Do(Reach caller, AuditNote note, ReaderChange change)
    {
        var reader = readers[change.ReaderId];
        return change.Kind switch
        {
            ChangeKind.Rename => await reader.Update(caller, change.Name, null) is null ? Refusal.NotFound : null,
            ChangeKind.Move => await reader.Move(caller, change.Store, change.Tags),
            ChangeKind.Unpair => await reader.Remove(caller) ? null : Refusal.NotFound,
            _ => await reader.Terminate(caller, change.ExpectedCheckoutId, note with { Detail = change.ReaderId }),
        };
    }

    /// <summary>What would happen if it happened now.</summary>
    private async Task<Refusal?> Try(Reach caller, ReaderChange change)
    {
        var line = await readers[change.ReaderId].Line();
        if (line is null || !caller.Covers(line.Pairing)) return Refusal.NotFound;
        if (change is { Kind: ChangeKind.Move, Store: { } store } && store != line.Pairing.Store)
        {
            if (!caller.Covers(line.Pairing with { Store = store })) return StoreRules.NoSuchStore;
            var target = Store(StoreKey.Of(caller.MerchantCode, store));
            return caller.Covers(line.Pairing with { Store = store }) && await target.Count() is not null
                ? null
                : StoreRules.NoSuchStore;
        }
        if (change.Kind is not ChangeKind.Terminate) return null;
        if (line.State is { Open: null, Status.Online: false }) return Refusal.ReaderOffline;
        return change.ExpectedCheckoutId is { } expected && line.State.Open?.Id != expected
            ? Refusal.CheckoutNotOpen
            : null;
    }

    private async Task<PairReply> Try(PairOrder order) =>
        new(null, await Store(order.StoreKey).TryPair(order.Reader));
}

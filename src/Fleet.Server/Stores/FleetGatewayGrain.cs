using System.Diagnostics;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;
using Orleans.Concurrency;

namespace Fleet.Server.Stores;

/// <summary>Its calls mostly wait for other grains, so one activation serves many of them.</summary>
[StatelessWorker(MaxActivations), Reentrant]
internal sealed class FleetGatewayGrain(
    ReaderGrainFactory readers, ReaderPairing pairing, ReaderAdoption adoption, StoreCounterClient nodes)
    : Grain, IFleetGatewayGrain
{
    /// <summary>Activations on one node; a waiting call occupies none.</summary>
    private const int MaxActivations = 16;

    public async Task<IReadOnlyList<CallOutcome<Board?>>> GetBoards(IReadOnlyList<string> stores, TimeSpan deadline) =>
        await FanOut.CallAll(stores, deadline, store => GetStore(store).GetBoard(null));

    public async Task<IReadOnlyList<CallOutcome<StoreCounts?>>> CountReaders(
        IReadOnlyList<string> stores, TimeSpan deadline)
    {
        var start = Stopwatch.GetTimestamp();
        var outcomes = (await nodes.CountStores(stores, deadline / 2)).Select(
            counts => new CallOutcome<StoreCounts?>(counts))
            .ToArray();
        var asleep = Enumerable.Range(0, stores.Count).Where(i => outcomes[i].Result is null).ToList();
        if (asleep.Count == 0) return outcomes;
        var woken =
            await FanOut.CallAll(asleep, FanOut.TimeLeft(deadline, start), i => GetStore(stores[i]).CountReaders());
        foreach (var (i, outcome) in asleep.Zip(woken)) outcomes[i] = outcome;
        return outcomes;
    }

    public async Task<IReadOnlyList<CallOutcome<PairReply>>> PairReaders(
        IReadOnlyList<PairReaderInStore> orders, bool dryRun, TimeSpan deadline) =>
        await FanOut.CallAll(orders, deadline,
            ask => dryRun ? TryPair(ask) : pairing.PairReader(GetStore(ask.StoreKey), ask.Reader));

    public async Task<IReadOnlyList<CallOutcome<Refusal?>>> ChangeReaders(
        Reach caller, AuditNote note, IReadOnlyList<ReaderChange> changes, bool dryRun, TimeSpan deadline) =>
        await FanOut.CallAll(changes, deadline,
            change => dryRun ? TryChange(caller, change) : ApplyChange(caller, note, change));

    public async Task<IReadOnlyList<CallOutcome<AdoptReply>>> AdoptReaders(
        IReadOnlyList<AdoptReader> orders, bool dryRun, TimeSpan deadline) =>
        await FanOut.CallAll(orders, deadline, ask => adoption.AdoptReader(ask, dryRun));

    private IStoreGrain GetStore(string key) => GrainFactory.GetGrain<IStoreGrain>(key);

    private async Task<Refusal?> ApplyChange(Reach caller, AuditNote note, ReaderChange change)
    {
        var reader = readers[change.ReaderId];
        return change.Kind switch
        {
            ChangeKind.Rename =>
                await reader.UpdateProfile(caller, change.Name, null) is null ? Refusal.NotFound : null,
            ChangeKind.Move => await reader.MoveReader(caller, change.Store, change.Tags),
            ChangeKind.Unpair => await pairing.UnpairReader(caller, change.ReaderId),
            _ => await reader.TerminateCheckout(caller, change.ExpectedCheckoutId,
                note with { Detail = change.ReaderId }),
        };
    }

    /// <summary>Checks a change without making it.</summary>
    private async Task<Refusal?> TryChange(Reach caller, ReaderChange change)
    {
        var line = await readers[change.ReaderId].GetBoardLine();
        if (line is null || !caller.CoversReader(line.Pairing)) return Refusal.NotFound;
        return change.Kind switch
        {
            ChangeKind.Move => await TryMove(caller, line.Pairing, change),
            ChangeKind.Terminate => ReaderRules.CheckTerminate(
                line.State.Open?.Id, line.State.Terminated, line.State.Status.Online, change.ExpectedCheckoutId),
            _ => null,
        };
    }

    private async Task<Refusal?> TryMove(Reach caller, ReaderProfile profile, ReaderChange change)
    {
        var (next, refusal) = ReaderProfileRules.Move(caller, profile, change.Store, change.Tags);
        if (refusal is not null || next.Store == profile.Store) return refusal;
        var target = GetStore(StoreKey.ForStore(caller.MerchantCode, next.Store));
        return await target.CountReaders() is null ? StoreRules.NoSuchStore : null;
    }

    private async Task<PairReply> TryPair(PairReaderInStore ask) =>
        new(null, await pairing.TryPair(GetStore(ask.StoreKey), ask.Reader));
}

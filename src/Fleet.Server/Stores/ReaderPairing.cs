using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// Pairs a device that shows a code, one grain after the other. It is no grain, so that none of them waits for a call
/// that comes back to it.
/// </summary>
internal sealed class ReaderPairing(IGrainFactory grains, ReaderGrainFactory readers, TimeProvider time)
{
    /// <summary>
    /// The roster first, then the claim, the reader and the device. A crash in between leaves a roster entry without a
    /// reader, which the store forgets when it asks, or a reader that waits in vain and expires; never a device that
    /// believes in a reader that is not there. What refuses before the claim leaves the code on offer.
    /// </summary>
    public async Task<PairReply> PairReader(IStoreGrain store, PairReader ask)
    {
        var (replaces, refusal) = await FreeDevice(store, ask, dryRun: false);
        if (refusal is not null) return new(null, refusal);
        if (!await store.AdmitReader(ask.ReaderId)) return new(null, StoreRules.NoSuchStore); // it closed just now
        var claim = await GetCode(ask).ClaimOffer(ask.Sandbox);
        if (claim.Device is not { } device)
        {
            await store.ForgetReader(ask.ReaderId);
            return new(null, claim.Refusal);
        }
        var reader = readers[ask.ReaderId];
        var snapshot = await reader.CreateReader(MakeProfile(store, ask, device));
        var bound = await GetDevice(device)
            .TryPairWithReader(new(ask.ReaderId, ask.Name, ask.MerchantCode, ask.Code), replaces);
        if (bound) return new(snapshot);
        await reader.RemoveReader(ask.Caller); // another code of the same device was quicker
        return new(null, Refusal.PairingCodeUsed);
    }

    /// <summary>Why the device could not be paired now, or null; changes nothing.</summary>
    public async Task<Refusal?> TryPair(IStoreGrain store, PairReader ask) =>
        (await FreeDevice(store, ask, dryRun: true)).Refusal;

    /// <summary>
    /// Has the reader that the device is now give it up. Nothing is claimed yet, so that this may be called again.
    /// </summary>
    /// <returns>The reader that gave up the device, or why there can be no pairing.</returns>
    private async Task<(string? Replaces, Refusal? Refusal)> FreeDevice(IStoreGrain store, PairReader ask, bool dryRun)
    {
        if (await store.CountReaders() is null) return (null, StoreRules.NoSuchStore);
        var offer = await GetCode(ask).ShowOffer(ask.Sandbox);
        if (offer.Refusal is not null || offer.Device is not { } device) return (null, offer.Refusal);
        if (await GetDevice(device).PairedAs() is not { } current) return (null, null);
        return (current, await Failover.CallWithRetry(
            () => readers[current].GiveUpDevice(ask.Caller, dryRun), CancellationToken.None));
    }

    private ReaderProfile MakeProfile(IStoreGrain store, PairReader ask, Device device)
    {
        var now = time.Now();
        return new()
        {
            MerchantCode = ask.MerchantCode,
            Store = StoreKey.SplitKey(store.GetPrimaryKeyString()).Store,
            Name = ask.Name,
            Metadata = ask.Metadata,
            Tags = ask.Tags,
            Device = device,
            Status = PairingStatus.Processing,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private IPairingGrain GetCode(PairReader ask) => grains.GetGrain<IPairingGrain>(ask.Code);

    private IDeviceGrain GetDevice(Device device) => grains.GetGrain<IDeviceGrain>(device.Serial);
}

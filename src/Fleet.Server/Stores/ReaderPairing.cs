using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// Pairs a device that shows a code, by calls to one grain after the other. It is not a grain itself, so that no grain
/// waits for a call that comes back to it.
/// </summary>
internal sealed class ReaderPairing(
    IGrainFactory grains, ReaderGrainFactory readers, ReaderAdoption adoption, TimeProvider time)
{
    /// <summary>
    /// Pairs in this order: the store's list, the code, the reader, the device. A crash in between leaves an entry
    /// without a reader, which the store removes when it asks, or a reader that is never confirmed and expires; but
    /// never a device with a credential for a reader that does not exist. A refusal before the code is used leaves the
    /// code valid.
    /// </summary>
    public async Task<PairReply> PairReader(IStoreGrain store, PairReader ask)
    {
        var account = grains.GetGrain<ICloudAccountGrain>(ask.MerchantCode);
        if (await account.IsLinked()) return await PairByCloud(store, ask, account);
        var (replaces, refusal) = await FreeDevice(store, ask, dryRun: false);
        if (refusal is not null) return new(null, refusal);
        // it was closed a moment ago
        if (!await store.AdmitReader(ask.ReaderId)) return new(null, StoreRules.NoSuchStore);
        var claim = await GetCode(ask).ClaimOffer(ask.Sandbox);
        if (claim.Device is not { } device)
        {
            await store.ForgetReader(ask.ReaderId);
            return new(null, claim.Refusal);
        }
        var reader = readers[ask.ReaderId];
        var snapshot = await reader.CreateReader(MakeProfile(store, ask, device));
        var bound = await GetDevice(device)
            .TryPairWithReader(
                new(ask.ReaderId, ask.Name, ask.MerchantCode, ask.Code, snapshot.Pairing.Store), replaces);
        if (bound) return new(snapshot);
        await reader.RemoveReader(ask.Caller); // another code of the same device was used first
        return new(null, Refusal.PairingCodeUsed);
    }

    /// <summary>
    /// Passes the code to SumUp's cloud, to which the device is connected; only its answer tells which device that is.
    /// After a crash or a refusal behind that, the reader is in the cloud and can be adopted.
    /// </summary>
    private async Task<PairReply> PairByCloud(IStoreGrain store, PairReader ask, ICloudAccountGrain account)
    {
        if (!await store.AdmitReader(ask.ReaderId)) return new(null, StoreRules.NoSuchStore);
        var paired = await account.PairReader(ask.Code, ask.Name);
        if (paired.Reader is not { } listed)
        {
            await store.ForgetReader(ask.ReaderId);
            return new(null, paired.Refusal);
        }
        var profile = MakeProfile(store, ask, listed.Device);
        var wanted = profile with { Status = listed.Status, CloudReaderId = listed.Id };
        var adopted = await adoption.AdoptReader(new(ask.ReaderId, ask.Caller, wanted), dryRun: false);
        if (adopted.Reader?.Id != ask.ReaderId) await store.ForgetReader(ask.ReaderId);
        if (adopted is not { Refusal: null, Reader: { } reader }) return new(null, adopted.Refusal);
        return new(adopted.Kind is Adoption.New ? reader : await NameAnew(ask, reader));
    }

    /// <summary>A reader that goes on with a new pairing keeps its store, and gets the name that is given.</summary>
    private async Task<ReaderSnapshot> NameAnew(PairReader ask, ReaderSnapshot reader)
    {
        var grain = readers[reader.Id];
        if (ask.Tags.Count > 0) await grain.MoveReader(ask.Caller, null, ask.Tags);
        return await grain.UpdateProfile(ask.Caller, ask.Name, ask.Metadata) ?? reader;
    }

    /// <summary>
    /// Ends a pairing. In SumUp's cloud it is ended first: otherwise the reader would be deleted here, and still be
    /// paired there.
    /// </summary>
    /// <returns>Null when it is over; otherwise why not.</returns>
    public async Task<Refusal?> UnpairReader(Reach caller, string readerId)
    {
        var reader = readers[readerId];
        if (await reader.GetReader(caller) is not { } known) return Refusal.NotFound;
        if (known.Pairing.CloudReaderId is { } id && await grains
            .GetGrain<ICloudAccountGrain>(caller.MerchantCode).DeleteReader(id) is { } refusal) return refusal;
        return await reader.RemoveReader(caller) ? null : Refusal.NotFound;
    }

    /// <summary>Why the device could not be paired now, or null; changes nothing.</summary>
    public async Task<Refusal?> TryPair(IStoreGrain store, PairReader ask)
    {
        if (!await grains.GetGrain<ICloudAccountGrain>(ask.MerchantCode).IsLinked())
            return (await FreeDevice(store, ask, dryRun: true)).Refusal;
        return await store.CountReaders() is null ? StoreRules.NoSuchStore : null; // only SumUp knows the code
    }

    /// <summary>
    /// Makes the reader as which the device is paired now give it up. The code is not used yet, so this may be
    /// repeated.
    /// </summary>
    /// <returns>The reader that gave up the device, or why it cannot be paired.</returns>
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

using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// Makes a reader of SumUp's cloud a reader of Fleet, by calls to one grain after the other; it is not a grain itself.
/// The device, which its serial number names, knows as which reader it is paired. So one device is one reader, also
/// when it is paired anew and the cloud gives it another id.
/// </summary>
internal sealed class ReaderAdoption(IGrainFactory grains, ReaderGrainFactory readers)
{
    /// <summary>How often it is tried when another call for the same device is quicker.</summary>
    private const int MaxTries = 3;

    /// <summary>
    /// Adopts in this order: the store's list, the device, the reader. Of two calls for one device the second one finds
    /// the reader that the first one has chosen, and either of them makes it. So a repeat goes on where a crash ended
    /// the first call, and changes nothing when all is done.
    /// </summary>
    public async Task<AdoptReply> AdoptReader(AdoptReader ask, bool dryRun)
    {
        if (ask.Wanted.Status is not (PairingStatus.Paired or PairingStatus.Processing))
            return new(Adoption.NotPaired);
        var store = grains.GetGrain<IStoreGrain>(StoreKey.ForStore(ask.Wanted.MerchantCode, ask.Wanted.Store));
        if (await store.CountReaders() is null) return new(Adoption.New, Refusal: StoreRules.NoSuchStore);
        var device = grains.GetGrain<IDeviceGrain>(ask.Wanted.Device.Serial);
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            var current = await device.PairedAs();
            if (current is not null && await Bind(current, ask, dryRun) is { Kind: not Adoption.Over } bound)
            {
                if (!dryRun && bound.Reader?.Pairing.Store is { } its) await ListAgain(its, current, ask);
                return bound;
            }
            if (dryRun) return new(Adoption.New);
            if (!await store.AdmitReader(ask.ReaderId)) return new(Adoption.New, Refusal: StoreRules.NoSuchStore);
            if (await device.TryPairWithReader(
                new(ask.ReaderId, ask.Wanted.Name, ask.Wanted.MerchantCode, Code: "", ask.Wanted.Store),
                replaces: current))
                return await Bind(ask.ReaderId, ask, dryRun);
            await store.ForgetReader(ask.ReaderId);
        }
        throw new TimeoutException("The device was paired by other calls at the same time.");
    }

    /// <summary>A store that has lost a reader from its list has it again after this.</summary>
    private Task<bool> ListAgain(string store, string readerId, AdoptReader ask) => grains
        .GetGrain<IStoreGrain>(StoreKey.ForStore(ask.Wanted.MerchantCode, store)).AdmitReader(readerId);

    private async Task<AdoptReply> Bind(string readerId, AdoptReader ask, bool dryRun)
    {
        var reply = await Failover.CallWithRetry(
            () => readers[readerId].BindToCloud(ask.Caller, ask.Wanted, dryRun), CancellationToken.None);
        if (!dryRun && reply is { Refusal: null, Reader.Status: PairingStatus.Processing } && IsNew(reply.Kind)
            && ask.Wanted.CloudReaderId is { } id)
            grains.GetGrain<ICloudAccountGrain>(ask.Wanted.MerchantCode).WatchPairing(new(readerId, id)).Ignore();
        return new(reply.Kind, reply.Reader, reply.Refusal);
    }

    private static bool IsNew(Adoption kind) => kind is Adoption.New or Adoption.PairedAnew;
}

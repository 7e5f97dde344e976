using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// The changes of a reader's pairing: it is made, renamed, moved, deleted, and given up for another one.
/// </summary>
internal sealed class ReaderRegistration(
    ReaderMemory memory, ReaderConnection connection, ReaderJournal journal, StoreNotifier stores,
    IGrainFactory grains, TimeProvider time)
{
    /// <summary>Makes the reader: a pairing that waits for its device to confirm.</summary>
    public async Task<ReaderSnapshot> Create(ReaderProfile profile)
    {
        await memory.SaveAsIs(profile);
        memory.Begin(profile, new(0, null));
        await memory.ShowLine();
        return memory.ToSnapshot(profile);
    }

    /// <summary>Renames the reader or replaces its metadata; null when it is not there.</summary>
    public async Task<ReaderSnapshot?> Update(Reach caller, string? name, string? metadata)
    {
        if (memory.FindProfile(caller) is not { } profile) return null;
        var next = await memory.SaveProfile(ReaderProfileRules.Rename(profile, name, metadata));
        await memory.ShowLine();
        return memory.ToSnapshot(next);
    }

    /// <summary>
    /// Moves the reader. First the new store is told of the reader, then the reader of its store, and then the old
    /// store removes it. If a step fails, the reader is on one board too many; that store asks the reader and learns
    /// that it has moved.
    /// </summary>
    public async Task<Refusal?> Move(Reach caller, string? store, IReadOnlyList<string>? tags)
    {
        if (memory.Profile is not { } profile) return Refusal.NotFound;
        var (next, refusal) = ReaderProfileRules.Move(caller, profile, store, tags);
        if (refusal is not null) return refusal;
        var moves = next.Store != profile.Store;
        if (moves && !await stores.StoreOf(next).AdmitReader(memory.Id)) return StoreRules.NoSuchStore;
        await memory.SaveProfile(next);
        await memory.ShowLine();
        if (moves) await stores.LeaveStore(profile);
        return null;
    }

    /// <summary>Deletes the reader; false when it is not there.</summary>
    public async Task<bool> Remove(Reach caller)
    {
        if (memory.FindProfile(caller) is not { } profile) return false;
        await End(ReaderProfileRules.Unpair(profile));
        await stores.LeaveStore(profile);
        await grains.GetGrain<IDeviceGrain>(profile.Device.Serial).ReleaseReader(memory.Id);
        connection.TellUnpaired();
        connection.Lose();
        return true;
    }

    /// <summary>
    /// Gives the device up, or returns why not. The decision is made from memory, and an activation that was frozen
    /// would give up the device during a payment that it does not know. So the ledger is asked first, and the rule
    /// last.
    /// </summary>
    public async Task<Refusal?> GiveUpDevice(Reach caller, bool dryRun)
    {
        await journal.ExpireCheckout();
        if (memory.Listed is null || memory.Reader is null) return null;
        await journal.ConfirmMemory();
        if (memory.Listed is not { } profile || connection.CheckReader() is not { } reader) return null;
        var refusal = PairingRules.GiveUpDevice(profile, reader, connection.GoneSince, caller, time.Now());
        if (refusal is null && !dryRun) await LoseDevice();
        return refusal;
    }

    /// <summary>Takes a connection as the device's newest; null when the pairing is over.</summary>
    public async Task<AttachReply?> Attach(Attachment link, Device device)
    {
        var now = time.Now();
        if (memory.Profile is not { } profile || memory.Reader is not { } reader) return null;
        if (profile.StatusAt(now) is PairingStatus.Expired or PairingStatus.Removed) return null;
        if (link.Epoch < connection.Epoch) return new(profile.Name, null, Superseded: true);
        connection.Replace(link);
        if (profile.Status is PairingStatus.Processing || profile.Device != device)
            profile = await memory.SaveProfile(profile with { Status = PairingStatus.Paired, Device = device });
        await journal.Commit(ReaderRules.ExpireCheckout(reader, now));
        connection.Use(link);
        memory.NoteDevice(device);
        journal.Note(memory.NoteConnection());
        _ = memory.ShowLine(); // the reader may be new on the board, too
        return new(profile.Name, memory.Reader?.Open, MerchantCode: profile.MerchantCode);
    }

    /// <summary>The device was paired anew: this pairing is over.</summary>
    public async Task LoseDevice()
    {
        if (memory.Listed is not { } profile) return;
        await End(ReaderProfileRules.LoseDevice(profile));
        connection.Lose();
        await memory.ShowLine();
    }

    private async Task End(ReaderProfile ended)
    {
        await memory.SaveProfile(ended);
        grains.GetGrain<IReaderSettingsGrain>(memory.Id).ForgetSettings().Ignore();
        if (memory.Reader is not { } reader) return;
        await journal.Commit(ReaderRules.EndPairing(reader, time.Now()));
        if (reader.Open is { } open) connection.EndCheckout(open.Id);
    }
}

using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>The saved settings of a reader: what it should have, and what its device has. Nothing is unsaved.</summary>
internal sealed class SettingsMemory(IPersistentState<SettingsRecord> record, PasscodeSeal passcodes)
{
    public SettingsRecord Saved => record.State;

    /// <summary>What a reader should have; null for nothing.</summary>
    public MenuLock? WantedIn(BoardLine line) => SettingsRules.FindWanted(Saved, line.Pairing.Store).Wanted;

    /// <summary>Whether its device is to be told.</summary>
    public bool IsPending(BoardLine line) => StateIn(line) is SettingsState.Pending;

    public SettingsReply Show(BoardLine line)
    {
        var (wanted, source) = SettingsRules.FindWanted(Saved, line.Pairing.Store);
        return new(new(
            line.Pairing.MerchantCode, wanted, source, StateIn(line), Saved.OnDevice, line.Cloud is not null));
    }

    /// <summary>Sets what a reader should have, or says why not. SumUp's cloud decides about its readers.</summary>
    public async Task<Refusal?> Want(BoardLine line, MenuLock change)
    {
        var wanted = WantedIn(line);
        var (next, refusal) = line.Cloud is not null
            ? (change.Over(wanted), null)
            : SettingsRules.ChangeLock(change, wanted is null ? Saved.OnDevice : wanted.Over(Saved.OnDevice));
        if (next is not null) await Save(line, Saved with { Own = next, Refused = false });
        return refusal;
    }

    /// <summary>The reader has what its store says.</summary>
    public Task Inherit(BoardLine line) => Save(line, Saved with { Own = null, Refused = false });

    /// <summary>Takes what a store says.</summary>
    public Task TakeStoreLock(BoardLine line, StoreMenuLock its) =>
        Save(line, Saved with { OfStore = its, Refused = false });

    /// <summary>Keeps what the device has, if that is new.</summary>
    public Task Keep(BoardLine line, MenuLock onDevice) =>
        Saved.OnDevice is { } known && known.Fields == onDevice.Fields
        && passcodes.Fits(line.Pairing.MerchantCode, onDevice, known)
            ? Task.CompletedTask
            : Save(line, Saved with { OnDevice = onDevice });

    /// <summary>Notes whether the device refused what it should have.</summary>
    public Task NoteRefused(bool refused) =>
        Saved.Refused == refused ? Task.CompletedTask : record.SaveState(Saved with { Refused = refused });

    /// <summary>What the reader should have is again as it was before.</summary>
    public Task Restore(SettingsRecord before) => record.SaveState(before with { OnDevice = Saved.OnDevice });

    /// <summary>Forgets all.</summary>
    public Task Forget() => Saved == new SettingsRecord() ? Task.CompletedTask : record.SaveState(new());

    private Task Save(BoardLine line, SettingsRecord next) =>
        record.SaveState(next with { MerchantCode = line.Pairing.MerchantCode });

    private SettingsState StateIn(BoardLine line)
    {
        var wanted = WantedIn(line);
        var fits = wanted is not null && passcodes.Fits(line.Pairing.MerchantCode, wanted, Saved.OnDevice);
        return SettingsRules.StateOf(wanted, fits, Saved.Refused);
    }
}

using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>The settings of one reader: asks the rule, saves, and then tells the device.</summary>
internal sealed class ReaderSettingsGrain(
    [PersistentState("reader-settings")] IPersistentState<SettingsRecord> record, SettingsTeller teller,
    PasscodeSeal passcodes) : Grain, IReaderSettingsGrain
{
    private IGrainTimer? _again;
    private long _epoch;
    private long? _toldAt;

    private SettingsMemory Memory => field ??= new(record, passcodes);

    private IReaderGrain Reader => GrainFactory.GetGrain<IReaderGrain>(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (Memory.Saved.MerchantCode is not null) TellSoon(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public async Task<SettingsReply> ShowSettings(Reach caller) =>
        await FindLine(caller) is { } line ? Memory.Show(line) : SettingsReply.ForRefusal(Refusal.NotFound);

    public async Task<SettingsReply> ReadSettings(Reach caller)
    {
        if (await FindLine(caller) is not { } line) return SettingsReply.ForRefusal(Refusal.NotFound);
        if (await teller.ReadCloud(line) is not { } read) return Memory.Show(line);
        if (read.MenuLock is { } told) await Memory.Keep(line, told);
        var isKnown = Memory.Saved.OnDevice is not null && read.Refusal is { Code: RefusalCode.ProviderUnavailable };
        return read.Refusal is { } refusal && !isKnown ? SettingsReply.ForRefusal(refusal) : Memory.Show(line);
    }

    public async Task<SettingsReply> ApplySettings(Reach caller, MenuLock change)
    {
        if (await FindLine(caller) is not { } line) return SettingsReply.ForRefusal(Refusal.NotFound);
        var before = Memory.Saved;
        if (SettingsTeller.CheckReader(line) is { } early) return SettingsReply.ForRefusal(early);
        if (await Memory.Want(line, change) is { } wrong) return SettingsReply.ForRefusal(wrong);
        // a reader of the cloud is sent what was asked for and no more: its passcode may be another one by now
        if (await Tell(line, line.Cloud is null ? null : change) is not { } refusal) return Memory.Show(line);
        if (refusal.Code is RefusalCode.SettingsUnknown) TellSoon(SettingsTeller.AgainAfter);
        else await Memory.Restore(before);
        return SettingsReply.ForRefusal(refusal);
    }

    public async Task<SettingsReply> WantSettings(Reach caller, MenuLock? change)
    {
        if (await FindLine(caller) is not { } line) return SettingsReply.ForRefusal(Refusal.NotFound);
        if (change is null) await Memory.Inherit(line);
        else if (await Memory.Want(line, change) is { } refusal) return SettingsReply.ForRefusal(refusal);
        if (Memory.IsPending(line)) await Tell(line);
        if (Memory.IsPending(line)) TellSoon(SettingsTeller.AgainAfter);
        return Memory.Show(line);
    }

    public async Task<bool> TakeStoreLock(string store, MenuLock? menuLock)
    {
        if (await FindLine(null) is not { } line) return false;
        await Memory.TakeStoreLock(line, new(store, menuLock));
        TellSoon(TimeSpan.Zero);
        return true;
    }

    public async Task ReportSettings(Attachment link, MenuLock onDevice)
    {
        if (link.Epoch < _epoch || await FindLine(null) is not { } line) return;
        if (link.Epoch > _epoch) // its firmware may be another one now
        {
            await Memory.NoteRefused(false);
            (_epoch, _toldAt) = (link.Epoch, null);
        }
        await Memory.Keep(line, onDevice);
        if (Memory.IsPending(line)) TellSoon(teller.PauseAfter(_toldAt));
    }

    public Task ForgetSettings() => Memory.Forget();

    /// <summary>Tells the device what it should have, or a part of that; null when it applied it.</summary>
    private async Task<Refusal?> Tell(BoardLine line, MenuLock? part = null)
    {
        if ((part ?? Memory.WantedIn(line)) is not { } wanted) return null;
        var refusal = await teller.Tell(line, wanted);
        _toldAt = teller.Timestamp;
        if (refusal is null) await Memory.Keep(line, wanted.Over(Memory.Saved.OnDevice));
        else if (SettingsRules.IsFinal(refusal)) await Memory.NoteRefused(true);
        return refusal;
    }

    /// <summary>Tells the device in a turn of its own, and again while it is connected and lacks settings.</summary>
    private void TellSoon(TimeSpan due)
    {
        StopTelling();
        _again = this.RegisterGrainTimer(_ => TellAgain(), SettingsTeller.TimingFrom(due));
    }

    private async Task TellAgain()
    {
        if (await FindLine(null) is { } line && Memory.IsPending(line) && SettingsTeller.MayWait(line))
        {
            if (teller.IsReady(line)) await Tell(line);
            if (Memory.IsPending(line)) return;
        }
        StopTelling();
    }

    private void StopTelling()
    {
        _again?.Dispose();
        _again = null;
    }

    private async Task<BoardLine?> FindLine(Reach? caller) => await Reader.GetBoardLine() is { } line
        && (caller is null || caller.CoversReader(line.Pairing)) ? line : null;
}

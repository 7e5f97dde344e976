using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Api;

/// <summary>
/// What a merchant may do with the settings of its readers and stores, over whatever channel. The reader or store is
/// looked for, the audit is told which fields change, then it is done. Passcodes are sealed here, before any grain is
/// called, and opened here for those who may read them.
/// </summary>
internal sealed class SettingsCommands(
    ReaderCommands readers, IGrainFactory grains, PasscodeSeal passcodes, AuditLog audit)
{
    /// <summary>What an audit row says instead of fields when settings are given up.</summary>
    private const string Cleared = "cleared";

    /// <summary>The settings of a reader; those of a reader of SumUp's cloud are read there.</summary>
    public async Task<SettingsReply> GetSettings(MerchantScope merchant, string readerId, CancellationToken cancel)
    {
        var known = await ShowSettings(merchant, readerId, cancel);
        return known.Settings is { IsOfCloud: true }
            ? await Read(readerId, reader => reader.ReadSettings(merchant.Reach), cancel)
            : known;
    }

    /// <summary>What is known of them, without asking SumUp's cloud.</summary>
    public Task<SettingsReply> ShowSettings(MerchantScope merchant, string readerId, CancellationToken cancel) =>
        Read(readerId, reader => reader.ShowSettings(merchant.Reach), cancel);

    /// <summary>
    /// Changes the settings of the device now. Not made again by itself: after a call whose answer was lost it is not
    /// known whether the device has applied them.
    /// </summary>
    public Task<SettingsReply> ApplySettings(
        MerchantScope merchant, string readerId, bool? enabled, string? passcode, CancellationToken cancel)
    {
        var change = passcodes.SealLock(merchant.Code, enabled, passcode);
        return Change(merchant, readerId, change, reader => reader.ApplySettings(merchant.Reach, change), cancel);
    }

    /// <summary>Sets what a reader should have.</summary>
    public Task<SettingsReply> WantSettings(
        MerchantScope merchant, string readerId, bool? enabled, string? passcode, CancellationToken cancel)
    {
        var change = passcodes.SealLock(merchant.Code, enabled, passcode);
        return Change(merchant, readerId, change, reader => reader.WantSettings(merchant.Reach, change), cancel);
    }

    /// <summary>The reader is to have what its store says.</summary>
    public Task<SettingsReply> ClearSettings(MerchantScope merchant, string readerId, CancellationToken cancel) =>
        Change(merchant, readerId, null, reader => reader.WantSettings(merchant.Reach, null), cancel);

    /// <summary>Sets what a store says of the menus of its readers.</summary>
    public Task<Refusal?> ChangeStore(
        MerchantScope merchant, IStoreGrain store, string name, bool? enabled, string? passcode) =>
        ChangeStore(merchant, store, name, passcodes.SealLock(merchant.Code, enabled, passcode));

    /// <summary>A store is to say nothing of the menus of its readers.</summary>
    public Task<Refusal?> ClearStore(MerchantScope merchant, IStoreGrain store, string name) =>
        ChangeStore(merchant, store, name, null);

    /// <summary>The passcode of a menu lock of a merchant; null when there is none.</summary>
    public string? OpenPasscode(string merchantCode, MenuLock menuLock) =>
        passcodes.OpenPasscode(merchantCode, menuLock);

    private Task<SettingsReply> Read(
        string readerId, Func<IReaderSettingsGrain, Task<SettingsReply>> read, CancellationToken cancel)
    {
        if (!Ids.IsReader(readerId)) return Task.FromResult(SettingsReply.ForRefusal(Refusal.NotFound));
        var reader = grains.GetGrain<IReaderSettingsGrain>(readerId);
        return Failover.CallWithRetry(() => read(reader), cancel);
    }

    private async Task<SettingsReply> Change(
        MerchantScope merchant, string readerId, MenuLock? change,
        Func<IReaderSettingsGrain, Task<SettingsReply>> apply, CancellationToken cancel)
    {
        if (await readers.FindReader(merchant, readerId, cancel) is null)
            return SettingsReply.ForRefusal(Refusal.NotFound);
        await audit.RecordCall(
            merchant.Caller, AuditAction.ReaderSettings, readerId, change?.Fields ?? Cleared);
        return await apply(grains.GetGrain<IReaderSettingsGrain>(readerId));
    }

    private async Task<Refusal?> ChangeStore(
        MerchantScope merchant, IStoreGrain store, string name, MenuLock? change)
    {
        if (await store.GetMenuLock() is null) return Refusal.NotFound;
        await audit.RecordCall(merchant.Caller, AuditAction.StoreSettings, name, change?.Fields ?? Cleared);
        return await store.ChangeMenuLock(change);
    }
}

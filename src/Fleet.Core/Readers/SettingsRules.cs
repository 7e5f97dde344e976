using Fleet.Core.Checkouts;
using Fleet.Core.Stores;

namespace Fleet.Core.Readers;

/// <summary>What a reader should have as its settings, and when its device can be told.</summary>
public static class SettingsRules
{
    /// <summary>Digits of a passcode.</summary>
    public const int PasscodeDigits = 4;

    private static readonly Refusal NeedsPasscode = Refusal.InvalidFields(
        [new("menu_lock.passcode", "is required, because there is no passcode yet")]);

    /// <summary>Whether a text can be a passcode: four digits.</summary>
    public static bool IsPasscode(string text) =>
        text.Length == PasscodeDigits && text.All(char.IsAsciiDigit);

    /// <summary>Checks a menu lock that a caller sent. At least one part is required.</summary>
    /// <param name="fields">Collects what is wrong; no message repeats the passcode.</param>
    /// <param name="isEnabledGiven">Whether it says if the menu is locked.</param>
    /// <param name="passcode">The passcode; null for none.</param>
    public static void CheckMenuLock(this FieldCheck fields, bool isEnabledGiven, string? passcode)
    {
        if (!isEnabledGiven && passcode is null)
            fields.AddError("menu_lock", "must have enabled, passcode or both");
        if (passcode is not null && !IsPasscode(passcode))
            fields.AddError("menu_lock.passcode", "must have four digits");
    }

    /// <summary>The menu lock after a change; refused when it is locked without a passcode.</summary>
    /// <param name="change">What is changed.</param>
    /// <param name="before">What was said before; null for nothing.</param>
    public static (MenuLock? Next, Refusal? Refusal) ChangeLock(MenuLock change, MenuLock? before)
    {
        var next = change.Over(before);
        return next is { Enabled: true, SealedPasscode: null } ? (null, NeedsPasscode) : (next, null);
    }

    /// <summary>What a reader should have, and why.</summary>
    /// <param name="record">Its settings.</param>
    /// <param name="store">The store in which it is.</param>
    public static (MenuLock? Wanted, SettingsSource Source) FindWanted(SettingsRecord record, string store)
    {
        if (record.Own is { } own) return (own, SettingsSource.Reader);
        return record.OfStore is { MenuLock: { } its } of && of.Store == store
            ? (its, SettingsSource.Store)
            : (null, SettingsSource.None);
    }

    /// <summary>Whether the device has what it should have.</summary>
    /// <param name="wanted">What it should have; null for nothing.</param>
    /// <param name="fits">Whether that is what it told.</param>
    /// <param name="isRefused">Whether it refused that.</param>
    public static SettingsState StateOf(MenuLock? wanted, bool fits, bool isRefused) => wanted switch
    {
        null => SettingsState.None,
        _ when fits => SettingsState.Applied,
        _ => isRefused ? SettingsState.Refused : SettingsState.Pending,
    };

    /// <summary>Whether the device will not take the settings, also when it is told again.</summary>
    public static bool IsFinal(Refusal refusal) => refusal.Code
        is RefusalCode.SettingsRefused or RefusalCode.SettingsUnsupported or RefusalCode.ProviderRefused;

    /// <summary>
    /// Why a device of Fleet's own cannot be told its settings now; null when it can. A device in a payment is told
    /// after it.
    /// </summary>
    /// <param name="isOnline">Whether it is connected.</param>
    /// <param name="holder">The checkout that it has; null for none.</param>
    /// <param name="firmware">The version of its software.</param>
    public static Refusal? CheckDevice(bool isOnline, Holder? holder, string firmware)
    {
        if (!isOnline) return Refusal.ReaderOffline;
        if (!Firmware.AtLeast(firmware, Firmware.KnowsMenuLock)) return Refusal.SettingsUnsupported;
        return holder is null ? null : Refusal.ReaderBusy(holder);
    }
}

using Fleet.Core.Readers;

namespace Fleet.Server.Api.Rest;

/// <summary>The lock of a reader's menu.</summary>
/// <param name="Enabled">Whether the menu is locked.</param>
/// <param name="Passcode">Four digits. A secret: it is in no text of this record.</param>
public sealed record MenuLockView(bool? Enabled = null, string? Passcode = null)
{
    /// <summary>The lock without the passcode.</summary>
    public override string ToString() => new MenuLock(Enabled).ToString();
}

/// <summary>What a till sends to change the settings of a reader. What is absent is not changed.</summary>
/// <param name="MenuLock">The lock of its menu: whether it is on, its passcode, or both.</param>
public sealed record UpdateReaderSettingsBody(MenuLockView? MenuLock = null);

/// <summary>The settings of a reader.</summary>
public sealed record ReaderSettingsView(ReaderSettingsData Data);

/// <summary>The parts of the settings.</summary>
public sealed record ReaderSettingsData(MenuLockView MenuLock);

/// <summary>The answer to settings that the device has applied.</summary>
public sealed record ReaderSettingsAppliedView(ReaderSettingsAppliedData Data);

/// <summary>What was applied: only what was sent.</summary>
public sealed record ReaderSettingsAppliedData(string Status, MenuLockView MenuLock);

using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>The menu of the device, which can be locked.</summary>
internal static class DeviceMenu
{
    private const int PasscodeDigits = 4;

    /// <summary>The menu is not locked, and has no passcode.</summary>
    public static readonly MenuLockSettings Open = new(Enabled: false);

    private static readonly Version First = new(3, 3, 44, 0);

    /// <summary>Whether a firmware has a menu lock.</summary>
    public static bool HasLock(string firmware) => Version.TryParse(firmware, out var version) && version >= First;

    /// <summary>Why a change cannot be applied, in a sentence; null when it can.</summary>
    /// <param name="now">The lock; null for a device without one.</param>
    /// <param name="change">The change. What it does not say stays.</param>
    /// <param name="next">The lock after it.</param>
    public static string? Change(MenuLockSettings? now, MenuLockSettings change, out MenuLockSettings next)
    {
        next = new(change.Enabled ?? now?.Enabled ?? false, change.Passcode ?? now?.Passcode);
        if (now is null) return "This firmware has no menu lock.";
        if (next.Passcode is { } passcode && !(passcode.Length == PasscodeDigits && passcode.All(char.IsAsciiDigit)))
            return "A passcode has four digits.";
        return next is { Enabled: true, Passcode: null } ? "A menu cannot be locked without a passcode." : null;
    }
}

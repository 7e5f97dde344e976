using Fleet.Core.Readers;

namespace Fleet.Server.Access;

/// <summary>
/// Seals and opens the passcodes of menu locks. A sealed passcode is of no use for another merchant. A first use waits
/// for the database.
/// </summary>
internal sealed class PasscodeSeal(Seal seal)
{
    /// <summary>A menu lock with its passcode sealed.</summary>
    public MenuLock SealLock(string merchantCode, bool? enabled, string? passcode) =>
        new(enabled, passcode is null ? null : seal.SealText(PurposeOf(merchantCode), passcode));

    /// <summary>The passcode of a menu lock; null when there is none, or it cannot be opened any more.</summary>
    public string? OpenPasscode(string merchantCode, MenuLock menuLock) =>
        menuLock.SealedPasscode is { } closed ? seal.OpenText(PurposeOf(merchantCode), closed) : null;

    /// <summary>Whether a device has all that it should have.</summary>
    public bool Fits(string merchantCode, MenuLock wanted, MenuLock? onDevice) =>
        onDevice is not null && (wanted.Enabled ?? onDevice.Enabled) == onDevice.Enabled
        && (wanted.SealedPasscode is null || wanted.SealedPasscode == onDevice.SealedPasscode
            || (OpenPasscode(merchantCode, wanted) is { } passcode
                && passcode == OpenPasscode(merchantCode, onDevice)));

    private static string PurposeOf(string merchantCode) => $"reader.passcode.{merchantCode}";
}

namespace Fleet.Core.Readers;

/// <summary>
/// When a device that is paired as one reader may be paired as another. Every device can send any serial number, so a
/// pairing never takes a device that is in use, and never one whose reader the caller's key does not reach.
/// </summary>
public static class PairingRules
{
    /// <summary>How long a device must be offline to count as reset, chosen by us: longer than a reconnect.</summary>
    public static readonly TimeSpan GoneFor = TimeSpan.FromSeconds(60);

    /// <summary>Decides whether the reader's device may be paired anew.</summary>
    /// <param name="pairing">The reader's pairing.</param>
    /// <param name="reader">The reader: whether its device is connected, and its open checkout.</param>
    /// <param name="goneSince">Since when the device is not connected, as far as is known.</param>
    /// <param name="caller">What the key that pairs reaches.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when it may, otherwise the reason why not.</returns>
    public static Refusal? GiveUpDevice(
        ReaderProfile pairing, Reader reader, DateTimeOffset goneSince, Reach caller, DateTimeOffset now)
    {
        var status = pairing.StatusAt(now);
        if (status is PairingStatus.Removed or PairingStatus.Expired) return null;
        if (!caller.CoversReader(pairing)) return Refusal.PairedElsewhere;
        var named = new NamedReader(reader.Id, pairing.Name);
        if (reader.Online) return Refusal.DeviceConnected(named);
        if (reader.Open is { } open) return Refusal.DeviceHasCheckout(named, ReaderRules.HolderOf(open));
        if (status is PairingStatus.Processing) return null; // its credential was never used, and may be lost
        return Deadline.IsOver(goneSince, GoneFor, now)
            ? null
            : Refusal.DeviceJustGone(named, Deadline.TimeLeft(goneSince + GoneFor, GoneFor, now));
    }

    /// <summary>Decides whether the device behind a pairing code may be paired.</summary>
    /// <param name="offered">The device that shows the code; null when none does.</param>
    /// <param name="claimed">Whether the code was used before: a code pairs once.</param>
    /// <param name="sandbox">Whether it is for a sandbox merchant.</param>
    /// <returns>Null when it may, otherwise the reason why not.</returns>
    public static Refusal? ClaimOffer(Device? offered, bool claimed, bool sandbox) => offered switch
    {
        null => Refusal.PairingCodeUnknown,
        _ when claimed => Refusal.PairingCodeUsed,
        _ => ReaderProfile.SuitsMerchant(offered, sandbox) ? null : Refusal.WrongKindOfReader,
    };
}

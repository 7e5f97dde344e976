using System.Security.Cryptography;
using System.Text;

namespace Fleet.Core.Readers;

/// <summary>
/// Decides whether a device has proved to be a reader, and changes its record when it is paired. Every device can send
/// any serial number, so only a credential is a proof.
/// </summary>
public static class DeviceRules
{
    /// <summary>Former pairings that are kept, chosen by us.</summary>
    public const int MaxFormer = 8;

    /// <summary>Pairings of a device that are kept for people, chosen by us.</summary>
    public const int MaxPairings = 50;

    /// <summary>Connections of one serial number that may wait to be paired, chosen by us.</summary>
    public const int MaxOffers = 4;

    /// <summary>Whether a device proved to be the reader that it is paired as, or was until that was deleted.</summary>
    public static bool ProvesReader(DeviceRecord device, DeviceProof? proof) =>
        proof is not null && device is { ReaderId: { } reader, CredentialHash: { } hash }
        && reader == proof.ReaderId && IsSameHash(hash, proof.CredentialHash);

    /// <summary>The pairing that a device proved to have had before; null for none.</summary>
    public static FormerPairing? FindFormer(DeviceRecord device, DeviceProof? proof) => proof is null
        ? null
        : device.Former.LastOrDefault(
            one => one.ReaderId == proof.ReaderId && IsSameHash(one.CredentialHash, proof.CredentialHash));

    /// <summary>
    /// Decides what a device that connects is told, and what it is afterwards. The first connection that proves its
    /// reader confirms the pairing. One that proves nothing, or a former reader, leaves the device as it is: the
    /// connection of the device that is paired goes on, and nothing is saved for a serial number that was invented.
    /// </summary>
    public static (DeviceRecord Next, DeviceAnswer Answer) ConnectDevice(
        DeviceRecord device, DeviceHello hello, DateTimeOffset now)
    {
        if (ProvesReader(device, hello.Proof))
        {
            var next = CountConnection(device);
            return (next, new(next.Epoch, next.ReaderId, next.Released ? next.ReaderId : null, next.MerchantCode));
        }
        if (FindFormer(device, hello.Proof) is { } former)
            return (device, new(Epoch: 0, former.ReaderId, Unpaired: former.ReaderId, former.MerchantCode));
        if (hello.ReaderId is { } claimed) return (device, new(Epoch: 0, Unpaired: claimed));
        var toldAgain = IsToBeToldAgain(device, hello.ShownCode, now) ? device.ReaderId : null;
        return (device, new(Epoch: 0, ToldAgain: toldAgain));
    }

    /// <summary>The reader that the device is paired as; null when there is none, or it was deleted.</summary>
    public static string? PairedAs(DeviceRecord device) => device.Released ? null : device.ReaderId;

    /// <summary>Whether a device may become a reader.</summary>
    /// <param name="device">The device.</param>
    /// <param name="readerId">The reader it is to become; to become it again changes nothing.</param>
    /// <param name="replaces">The reader that gave it up for that; null when it was none.</param>
    /// <returns>False when the device became another reader meanwhile.</returns>
    public static bool MayBind(DeviceRecord device, string readerId, string? replaces) =>
        PairedAs(device) is not { } current || current == replaces || current == readerId;

    /// <summary>The device as a reader that it has yet to confirm, without a credential.</summary>
    public static DeviceRecord BindDevice(DeviceRecord device, BindDevice ask, DateTimeOffset now) => device with
    {
        ReaderId = ask.ReaderId,
        ReaderName = ask.Name,
        MerchantCode = ask.MerchantCode,
        CredentialHash = null,
        Former = FormerAfter(device),
        PairedAt = now,
        PairedByCode = ask.Code.Length > 0 ? ask.Code : null, // an empty one must not be one that a device can show
        Confirmed = false,
        Released = false,
        Pairings = PairingsAfter(device, ask, now),
    };

    /// <summary>The device whose reader is deleted; as it is when it is another reader, or none.</summary>
    public static DeviceRecord ReleaseReader(DeviceRecord device, string readerId, DateTimeOffset now) =>
        PairedAs(device) == readerId
            ? device with { Released = true, Pairings = EndLast(ListPairings(device), now) }
            : device;

    /// <summary>The pairings that are known, the last one last; of those of older versions little is known.</summary>
    public static IReadOnlyList<DevicePairing> ListPairings(DeviceRecord device)
    {
        if (device.Pairings is [.., var last] && last.ReaderId == device.ReaderId) return device.Pairings;
        var older = device.Pairings.Count > 0 ? [] : device.Former
            .Where(one => one.MerchantCode is not null)
            .Select(one => new DevicePairing(one.ReaderId, one.MerchantCode ?? "", null, null));
        return device is { ReaderId: { } reader, MerchantCode: { } merchant }
            ? [.. device.Pairings, .. older, new(reader, merchant, null, device.PairedAt)]
            : [.. device.Pairings, .. older];
    }

    /// <summary>
    /// Whether a device without proof is told its pairing again: it showed the code of the pairing, has not confirmed
    /// it yet, and may still do so.
    /// </summary>
    public static bool IsToBeToldAgain(DeviceRecord device, string? shownCode, DateTimeOffset now) =>
        device is { ReaderId: not null, Confirmed: false, Released: false, PairedByCode: { } code }
        && shownCode == code && !Deadline.IsOver(device.PairedAt, ReaderProfile.ConfirmWithin, now);

    /// <summary>Whether as many connections wait to be paired as allowed, so that the oldest one must end.</summary>
    public static bool IsFull(int offers) => offers >= MaxOffers;

    private static DeviceRecord CountConnection(DeviceRecord device) => device with
    {
        Epoch = device.Epoch + 1,
        Confirmed = device.Confirmed || !device.Released,
    };

    private static IReadOnlyList<DevicePairing> PairingsAfter(
        DeviceRecord before, BindDevice ask, DateTimeOffset now)
    {
        var (known, next) =
            (ListPairings(before), new DevicePairing(ask.ReaderId, ask.MerchantCode, ask.Store, now));
        return known is [.., { To: null } last] && last.ReaderId == ask.ReaderId
            ? known // the same order again
            : [.. EndLast(known, now).Append(next).TakeLast(MaxPairings)];
    }

    /// <summary>A new pairing ends the last one, if nothing has ended it before.</summary>
    private static IReadOnlyList<DevicePairing> EndLast(IReadOnlyList<DevicePairing> pairings, DateTimeOffset now) =>
        pairings is [.., { To: null } last] ? [.. pairings.SkipLast(1), last with { To = now }] : pairings;

    private static IReadOnlyList<FormerPairing> FormerAfter(DeviceRecord before) =>
        before is { ReaderId: { } reader, CredentialHash: { } hash }
            ? [.. before.Former.Append(new(reader, hash, before.MerchantCode)).TakeLast(MaxFormer)]
            : before.Former;

    /// <summary>Compares two hashes in constant time.</summary>
    private static bool IsSameHash(string one, string other) => CryptographicOperations.FixedTimeEquals(
        Encoding.ASCII.GetBytes(one), Encoding.ASCII.GetBytes(other));
}

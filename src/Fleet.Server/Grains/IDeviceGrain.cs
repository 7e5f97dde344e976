using Fleet.Core.Readers;

namespace Fleet.Server.Grains;

/// <summary>A device, by serial number: paired once at a time, connected once at a time.</summary>
[Alias("fleet.device-grain")]
internal interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>
    /// A device connected and introduced itself. Raises the epoch, which fences every older connection of it, and
    /// says who it is, or shows it a pairing code.
    /// </summary>
    [Alias("connect")]
    Task<ConnectReply> ConnectDevice(Introduction introduction, LinkAddress link);

    /// <summary>Pairs the device with a reader: it is sent its credential, and confirms by using it.</summary>
    /// <returns>The reader it was paired as before and is no longer, or null.</returns>
    [Alias("pair")]
    Task<string?> PairWithReader(BindDevice ask);

    /// <summary>
    /// The same, unless the device has become another reader than <paramref name="replaces"/> meanwhile: then false,
    /// and nothing changes.
    /// </summary>
    [Alias("bind")]
    Task<bool> TryPairWithReader(BindDevice ask, string? replaces);

    /// <summary>The reader that the device is paired as; null when there is none, or it was deleted.</summary>
    [Alias("paired-as")]
    Task<string?> PairedAs();

    /// <summary>The reader is no more. Its device may still report what it had begun.</summary>
    [Alias("release")]
    Task ReleaseReader(string readerId);
}

/// <summary>Who a device says it is; the reader and the credential come together or not at all.</summary>
[GenerateSerializer, Immutable, Alias("fleet.introduction")]
internal sealed record Introduction(
    [property: Id(0)] Device Device,
    [property: Id(1)] string? ReaderId,
    [property: Id(2)] string? Credential,
    [property: Id(3)] string? ShownCode);

/// <summary>What a connection is told about its device.</summary>
/// <param name="Epoch">The connection's place in the order of this device's connections.</param>
/// <param name="ReaderId">The reader it proved to be, or null.</param>
/// <param name="Unpaired">The reader it is no longer, or null.</param>
/// <param name="Code">The pairing code to show, or null.</param>
/// <param name="Paired">A pairing it has not confirmed yet, with a fresh credential, or null.</param>
/// <param name="MerchantCode">The merchant of the reader it proved to be, also when that is no more, or null.</param>
[GenerateSerializer, Immutable, Alias("fleet.admission")]
internal sealed record ConnectReply(
    [property: Id(0)] long Epoch,
    [property: Id(1)] string? ReaderId = null,
    [property: Id(2)] string? Unpaired = null,
    [property: Id(3)] OfferedCode? Code = null,
    [property: Id(4)] PairedDevice? Paired = null,
    [property: Id(5)] string? MerchantCode = null);

/// <summary>A code on a screen.</summary>
[GenerateSerializer, Immutable, Alias("fleet.offered-code")]
internal sealed record OfferedCode([property: Id(0)] string Code, [property: Id(1)] DateTimeOffset ExpiresAt);

/// <summary>What a device became, with the secret that proves it from now on.</summary>
[GenerateSerializer, Immutable, Alias("fleet.paired-device")]
internal sealed record PairedDevice(
    [property: Id(0)] string ReaderId,
    [property: Id(1)] string Name,
    [property: Id(2)] string MerchantCode,
    [property: Id(3)] string Credential);

/// <summary>The offer behind a pairing code: in memory on purpose, for its 5 minutes and one use.</summary>
[Alias("fleet.pairing-grain")]
internal interface IPairingGrain : IGrainWithStringKey
{
    /// <summary>Puts the code on offer; false when another device shows it.</summary>
    [Alias("offer")]
    Task<bool> OfferCode(Device device, DateTimeOffset expiresAt);

    /// <summary>Takes the offer, once. A refusal for the wrong kind of reader leaves it on offer.</summary>
    [Alias("claim")]
    Task<PairingClaim> ClaimOffer(bool sandbox);

    /// <summary>The device on offer, or why the offer could not be taken now; leaves it on offer.</summary>
    [Alias("show")]
    Task<PairingClaim> ShowOffer(bool sandbox);

    /// <summary>Why the offer could not be taken now, or null; leaves it on offer.</summary>
    [Alias("look")]
    Task<Core.Refusal?> CheckOffer(bool sandbox);
}

/// <summary>The device behind a code, or why not.</summary>
[GenerateSerializer, Immutable, Alias("fleet.pairing-claim")]
internal sealed record PairingClaim([property: Id(0)] Device? Device, [property: Id(1)] Core.Refusal? Refusal = null);

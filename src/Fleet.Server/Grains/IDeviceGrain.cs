using Fleet.Core.Readers;
using Orleans.Concurrency;

namespace Fleet.Server.Grains;

/// <summary>A device, by serial number. It has at most one pairing and at most one connection at a time.</summary>
[Alias("fleet.device-grain")]
internal interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>
    /// Takes the hello of a new connection. If it proves the reader of the device, the epoch is raised, so that frames
    /// of every older connection are refused. Returns that reader, or a pairing code to show.
    /// </summary>
    [Alias("connect")]
    Task<ConnectReply> ConnectDevice(Introduction introduction, LinkAddress link);

    /// <summary>Notes that a connection which proved nothing has ended: its code is shown no longer.</summary>
    [Alias("end-offer"), OneWay]
    Task EndOffer(LinkAddress link);

    /// <summary>
    /// Pairs the device with a reader: the device is sent its credential, and confirms the pairing by using it.
    /// </summary>
    /// <returns>The reader as which it was paired before, or null.</returns>
    [Alias("pair")]
    Task<string?> PairWithReader(BindDevice ask);

    /// <summary>
    /// The same, unless the device has become another reader than <paramref name="replaces"/> meanwhile: then false,
    /// and nothing changes.
    /// </summary>
    [Alias("bind")]
    Task<bool> TryPairWithReader(BindDevice ask, string? replaces);

    /// <summary>The reader as which the device is paired; null when there is none, or it was deleted.</summary>
    [Alias("paired-as")]
    Task<string?> PairedAs();

    /// <summary>The pairings of the device that are known, the last one last.</summary>
    [Alias("list-pairings")]
    Task<IReadOnlyList<DevicePairing>> ListPairings();

    /// <summary>Notes that the reader was deleted. Its device may still report results of that reader.</summary>
    [Alias("release")]
    Task ReleaseReader(string readerId);
}

/// <summary>What a device sends in its hello; the reader and the credential come together or not at all.</summary>
[GenerateSerializer, Immutable, Alias("fleet.introduction")]
internal sealed record Introduction(
    [property: Id(0)] Device Device,
    [property: Id(1)] string? ReaderId,
    [property: Id(2)] string? Credential,
    [property: Id(3)] string? ShownCode);

/// <summary>What a connection is told about its device.</summary>
/// <param name="Epoch">The number of the connection among all of this device.</param>
/// <param name="ReaderId">The reader it proved to be, or null.</param>
/// <param name="Unpaired">The reader that it proved to be, whose pairing is over, or null.</param>
/// <param name="Code">The pairing code to show, or null.</param>
/// <param name="Paired">A pairing it has not confirmed yet, with a fresh credential, or null.</param>
/// <param name="MerchantCode">
/// The merchant of the reader that it proved to be, also when its pairing is over, or null.
/// </param>
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

/// <summary>The reader that a device became, with the secret by which it proves that.</summary>
[GenerateSerializer, Immutable, Alias("fleet.paired-device")]
internal sealed record PairedDevice(
    [property: Id(0)] string ReaderId,
    [property: Id(1)] string Name,
    [property: Id(2)] string MerchantCode,
    [property: Id(3)] string Credential);

/// <summary>The pairing code of a device: in memory on purpose, for its 5 minutes and one use.</summary>
[Alias("fleet.pairing-grain")]
internal interface IPairingGrain : IGrainWithStringKey
{
    /// <summary>Registers the code; false when another device shows it.</summary>
    [Alias("offer")]
    Task<bool> OfferCode(Device device, DateTimeOffset expiresAt);

    /// <summary>
    /// Uses the code, once. After a refusal because of the wrong kind of reader it can still be used.
    /// </summary>
    [Alias("claim")]
    Task<PairingClaim> ClaimOffer(bool sandbox);

    /// <summary>The device that shows the code, or why the code could not be used now; does not use it.</summary>
    [Alias("show")]
    Task<PairingClaim> ShowOffer(bool sandbox);

    /// <summary>Why the code could not be used now, or null; does not use it.</summary>
    [Alias("look")]
    Task<Core.Refusal?> CheckOffer(bool sandbox);
}

/// <summary>The device that shows a code, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.pairing-claim")]
internal sealed record PairingClaim([property: Id(0)] Device? Device, [property: Id(1)] Core.Refusal? Refusal = null);

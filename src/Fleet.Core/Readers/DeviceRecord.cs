using Orleans;

namespace Fleet.Core.Readers;

/// <summary>The saved state of a device.</summary>
public sealed record DeviceRecord
{
    /// <summary>Connections that proved its reader, so far; each has the next number.</summary>
    public long Epoch { get; init; }

    /// <summary>The reader it is paired as, or null.</summary>
    public string? ReaderId { get; init; }

    public string? ReaderName { get; init; }

    public string? MerchantCode { get; init; }

    /// <summary>Hash of the secret by which it proves that.</summary>
    public string? CredentialHash { get; init; }

    public DateTimeOffset PairedAt { get; init; }

    /// <summary>
    /// The code by which it was paired: if the device missed the pairing, it is told again only when it shows this
    /// code.
    /// </summary>
    public string? PairedByCode { get; init; }

    /// <summary>Whether the device has used its credential.</summary>
    public bool Confirmed { get; init; }

    /// <summary>
    /// The readers as which the device was paired before, the last one last: it may still report for them.
    /// </summary>
    public IReadOnlyList<FormerPairing> Former { get; init; } = [];

    /// <summary>Whether the reader was deleted; the device may still report for it.</summary>
    public bool Released { get; init; }

    /// <summary>
    /// Its pairings, the last one last, at most <see cref="DeviceRules.MaxPairings"/>; for people, and no rule depends
    /// on it. Those that are older than this list are missing.
    /// </summary>
    public IReadOnlyList<DevicePairing> Pairings { get; init; } = [];
}

/// <summary>A time in which a device was a reader.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="MerchantCode">Its merchant.</param>
/// <param name="Store">The store into which it was paired; null when that is not known.</param>
/// <param name="From">When it was paired; null when that is not known.</param>
/// <param name="To">When it ended; null while it lasts, and when that is not known.</param>
[GenerateSerializer, Immutable, Alias("fleet.device-pairing")]
public sealed record DevicePairing(
    [property: Id(0)] string ReaderId, [property: Id(1)] string MerchantCode, [property: Id(2)] string? Store,
    [property: Id(3)] DateTimeOffset? From, [property: Id(4)] DateTimeOffset? To = null);

/// <summary>A pairing that another one replaced.</summary>
public sealed record FormerPairing(string ReaderId, string CredentialHash, string? MerchantCode = null);

/// <summary>What a device sends to prove that it is a reader.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="CredentialHash">Hash of the secret that it sent.</param>
public sealed record DeviceProof(string ReaderId, string CredentialHash);

/// <summary>What a device tells about itself when it connects.</summary>
/// <param name="ReaderId">The reader that it claims to be; null for none.</param>
/// <param name="Proof">Its proof of that; null for none.</param>
/// <param name="ShownCode">The pairing code that it showed last; null for none.</param>
public sealed record DeviceHello(string? ReaderId, DeviceProof? Proof, string? ShownCode);

/// <summary>What a device that connects is told. When nothing else is, it gets a new pairing code to show.</summary>
/// <param name="Epoch">
/// The number of the connection; 0 when it proves nothing, or a reader as which the device was paired before.
/// </param>
/// <param name="ReaderId">The reader that it proved to be; null for none.</param>
/// <param name="Unpaired">The reader that it claims to be and is not, or no longer; null for none.</param>
/// <param name="MerchantCode">The merchant of the reader that it proved to be; null for none.</param>
/// <param name="ToldAgain">The reader whose pairing it missed and is told again; null for none.</param>
public sealed record DeviceAnswer(
    long Epoch, string? ReaderId = null, string? Unpaired = null, string? MerchantCode = null, string? ToldAgain = null)
{
    /// <summary>Whether this is now the device's newest connection.</summary>
    public bool IsNewest => Epoch > 0;

    /// <summary>Whether the device must show a new pairing code.</summary>
    public bool NeedsCode => (ReaderId ?? Unpaired ?? ToldAgain) is null;
}

/// <summary>The reader that a device becomes.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="Name">Its name.</param>
/// <param name="MerchantCode">Its merchant.</param>
/// <param name="Code">
/// The code that the device shows; empty when it is paired by SumUp's cloud, so that it can confirm nothing to Fleet.
/// </param>
/// <param name="Store">Its store; null from a node of an older version.</param>
[GenerateSerializer, Immutable, Alias("fleet.pairing-order")]
public sealed record BindDevice(
    [property: Id(0)] string ReaderId,
    [property: Id(1)] string Name,
    [property: Id(2)] string MerchantCode,
    [property: Id(3)] string Code,
    [property: Id(4)] string? Store = null);

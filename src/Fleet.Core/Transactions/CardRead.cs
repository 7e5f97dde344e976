using System.Collections.Frozen;
using Orleans;

namespace Fleet.Core.Transactions;

/// <summary>How the device read the card.</summary>
public enum EntryMode
{
    Chip,
    Contactless,
    Magstripe,
    ManualEntry,
}

/// <summary>What may be kept of the card that was presented: never its number, and nothing secret.</summary>
/// <param name="Last4">The last four digits.</param>
/// <param name="Scheme">One of <see cref="Schemes"/>.</param>
/// <param name="EntryMode">How it was read.</param>
/// <param name="AuthCode">
/// The issuer's authorisation code, at most <see cref="MaxAuthCode"/> letters and digits.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.card-read")]
public sealed record CardRead(
    [property: Id(0)] string Last4, [property: Id(1)] string Scheme, [property: Id(2)] EntryMode? EntryMode,
    [property: Id(3)] string? AuthCode)
{
    /// <summary>Longest authorisation code that is kept.</summary>
    public const int MaxAuthCode = 16;

    private const string UnknownScheme = "UNKNOWN";

    /// <summary>The card schemes SumUp's clients know; some of them fail on any other.</summary>
    public static readonly FrozenSet<string> Schemes = FrozenSet.ToFrozenSet([
        "ALELO", "AMEX", "CONECS", "CUP", "DINERS", "DISCOVER", "EFTPOS", "ELO", "ELV", "GIROCARD", "HIPERCARD",
        "INTERAC", "JCB", "MAESTRO", "MASTERCARD", "PLUXEE", "SWILE", "TICKET", "VISA", "VISA_ELECTRON", "VISA_VPAY",
        "VPAY", "VR", UnknownScheme]);

    /// <summary>
    /// What is kept of what a device reports. A result is never refused because its card is described badly: wrong
    /// parts are left out, and a text that could hold more of a card number than its last digits is not used.
    /// </summary>
    public static CardRead? FromDevice(string? last4, string? scheme, EntryMode? entryMode, string? authCode) =>
        last4 is { Length: 4 } && last4.All(char.IsAsciiDigit)
            ? new(last4, scheme is not null && Schemes.Contains(scheme) ? scheme : UnknownScheme, entryMode,
                IsAuthCode(authCode) ? authCode : null)
            : null;

    private static bool IsAuthCode(string? text) =>
        text is { Length: > 0 and <= MaxAuthCode } && text.All(char.IsAsciiLetterOrDigit);
}

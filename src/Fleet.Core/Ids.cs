using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Core;

/// <summary>The formats of public ids, and of the codes that people type.</summary>
public static class Ids
{
    /// <summary>Crockford's base 32: digits and capitals without I, L, O and U, which people confuse.</summary>
    public const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A reader id is this and <see cref="ReaderLetters"/> letters (130 random bits): 30 characters.</summary>
    public const string ReaderPrefix = "rdr_";

    /// <summary>Letters of a reader id after its prefix.</summary>
    public const int ReaderLetters = 26;

    /// <summary>
    /// Letters of a pairing code: 8 of 32 kinds, so that guessing a code within its 5 minutes is practically
    /// impossible.
    /// </summary>
    public const int PairingCodeLetters = 8;

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    /// <summary>Whether a path segment can be a reader id; anything else is answered without waking a grain.</summary>
    public static bool IsReader(string text) =>
        text.Length == ReaderPrefix.Length + ReaderLetters
        && text.StartsWith(ReaderPrefix, StringComparison.Ordinal)
        && !text.AsSpan(ReaderPrefix.Length).ContainsAnyExcept(Letters);

    /// <summary>Reads a UUID in its plain form only; .NET alone would also accept white space around it.</summary>
    public static bool IsUuid(string? text, out Guid id) => Guid.TryParseExact(text, "D", out id) && text?.Length == 36;

    /// <summary>
    /// The client transaction id of a checkout: the same UUID with version 4 instead of 7. So each of the two ids can
    /// be computed from the other, and no index is needed.
    /// </summary>
    public static Guid ClientTransactionOf(Guid checkoutId) => WithVersion(checkoutId, 4);

    /// <summary>The checkout id that belongs to a client transaction id.</summary>
    public static Guid CheckoutOf(Guid clientTransactionId) => WithVersion(clientTransactionId, 7);

    /// <summary>
    /// The checkout id that belongs to a caller's own id of a payment. It is computed, so that a repeat on any node
    /// means the same checkout, for as long as records are kept.
    /// </summary>
    /// <param name="merchantCode">The ids of different merchants are separate.</param>
    /// <param name="callersId">The caller's id.</param>
    /// <param name="attempt">0 for the first; one more after each that SumUp's cloud refused.</param>
    public static Guid CheckoutOf(string merchantCode, string callersId, int attempt)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{merchantCode} {attempt} {callersId}")).AsSpan(0, 16);
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3f)); // the variant that every UUID of this kind has
        return WithVersion(new(bytes, bigEndian: true), 7);
    }

    /// <summary>
    /// Reads a pairing code as a person types it: removes spaces and dashes, changes letters to upper case, and reads
    /// O, I and L as the digits 0, 1 and 1. SumUp's own codes have 8 or 9 letters.
    /// </summary>
    public static bool TryReadPairingCode(string? typed, [NotNullWhen(true)] out string? code)
    {
        var letters = (typed ?? "").Where(c => c is not (' ' or '-')).Select(char.ToUpperInvariant).ToArray();
        code = letters.Length is PairingCodeLetters or PairingCodeLetters + 1 && letters.All(char.IsAsciiLetterOrDigit)
            ? new string(letters).Replace('O', '0').Replace('I', '1').Replace('L', '1')
            : null;
        return code is not null;
    }

    private static Guid WithVersion(Guid id, byte version)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6] = (byte)((version << 4) | (bytes[6] & 0x0f));
        return new(bytes, bigEndian: true);
    }
}

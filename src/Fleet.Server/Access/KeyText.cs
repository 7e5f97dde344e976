using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Server.Access;

/// <summary>
/// The format of keys made over the API: a prefix that scanners for leaked secrets can find, 256 random bits, and a
/// checksum, so that a mistyped key is refused without asking the database.
/// </summary>
internal static class KeyText
{
    public const string Prefix = "flt_sk_";

    /// <summary>Letters after the prefix that are kept, for people.</summary>
    private const int ShownLetters = 4;

    /// <summary>Letters of 62 kinds that hold 256 bits, and those that hold 32.</summary>
    private const int RandomLetters = 43, ChecksumLetters = 6;

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    /// <summary>A new key.</summary>
    public static string NewKey() => WithChecksum(Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLetters));

    /// <summary>Whether a text has the format of these keys, checksum included.</summary>
    public static bool IsOne(string text) =>
        text.Length == Prefix.Length + RandomLetters + ChecksumLetters
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && !text.AsSpan(Prefix.Length).ContainsAnyExcept(Letters)
        && text == WithChecksum(text[..^ChecksumLetters]);

    /// <summary>The part of a key that may be shown.</summary>
    public static string ShownPart(string key) => key[..(Prefix.Length + ShownLetters)];

    private static string WithChecksum(string text)
    {
        Span<char> letters = stackalloc char[ChecksumLetters];
        var rest = ComputeCrc32(Encoding.ASCII.GetBytes(text));
        for (var i = ChecksumLetters - 1; i >= 0; i--)
        {
            letters[i] = Alphabet[(int)(rest % (uint)Alphabet.Length)];
            rest /= (uint)Alphabet.Length;
        }
        return string.Concat(text, letters);
    }

    /// <summary>The CRC-32 of zip files and PNG (IEEE 802.3).</summary>
    private static uint ComputeCrc32(ReadOnlySpan<byte> bytes)
    {
        const uint Polynomial = 0xEDB88320;
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ Polynomial : crc >> 1;
        }
        return ~crc;
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Fleet.Core;
using Fleet.Core.Webhooks;

namespace Fleet.Server;

/// <summary>
/// Ids and secrets. They are made before the first attempt to use them, so that a retry uses the same ones.
/// </summary>
internal static class RandomIds
{
    /// <summary>Digits of the hash of a secret.</summary>
    public const int HashLetters = 2 * SHA256.HashSizeInBytes;

    private const int SecretBytes = 32;

    /// <summary>Bytes that most secrets need at most; a longer one needs memory to be hashed.</summary>
    private const int UsualSecret = 256;

    public static string NewReaderId() =>
        Ids.ReaderPrefix + RandomNumberGenerator.GetString(Ids.Alphabet, Ids.ReaderLetters);

    public static string PairingCode() => RandomNumberGenerator.GetString(Ids.Alphabet, Ids.PairingCodeLetters);

    /// <summary>256 random bits as text: so many that a fast hash is enough to protect them.</summary>
    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>A secret with which webhooks are signed.</summary>
    public static string NewWebhookSecret() =>
        WebhookSignature.SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>What is kept of a secret: its SHA-256, in hexadecimal.</summary>
    public static string HashSecret(string secret)
    {
        Span<char> hash = stackalloc char[HashLetters];
        HashSecret(secret, hash);
        return hash.ToString();
    }

    /// <summary>The same without memory for it.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="hash">Where the <see cref="HashLetters"/> digits go.</param>
    public static void HashSecret(ReadOnlySpan<char> secret, Span<char> hash)
    {
        var most = Encoding.UTF8.GetMaxByteCount(secret.Length);
        var utf8 = most <= UsualSecret ? stackalloc byte[UsualSecret] : new byte[most];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(secret, utf8)], digest);
        Convert.TryToHexString(digest, hash, out _);
    }
}

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
    private const int SecretBytes = 32;

    public static string NewReaderId() =>
        Ids.ReaderPrefix + RandomNumberGenerator.GetString(Ids.Alphabet, Ids.ReaderLetters);

    public static string PairingCode() => RandomNumberGenerator.GetString(Ids.Alphabet, Ids.PairingCodeLetters);

    /// <summary>256 random bits as text: so many that a fast hash is enough to protect them.</summary>
    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>A secret with which webhooks are signed.</summary>
    public static string NewWebhookSecret() =>
        WebhookSignature.SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>What is kept of a secret: its SHA-256, in hexadecimal.</summary>
    public static string HashSecret(string secret) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Core.Webhooks;

/// <summary>
/// Signatures by the Standard Webhooks specification: HMAC-SHA256 over id, time and body, one per secret, so that a
/// receiver may hold the old or the new one while they are changed.
/// </summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimeHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>What a secret starts with; the rest is Base64.</summary>
    public const string SecretPrefix = "whsec_";

    /// <summary>Bytes of a secret.</summary>
    private const int MinSecret = 24, MaxSecret = 64;

    /// <summary>The values of the signature header, separated by a space.</summary>
    /// <param name="id">The event's id.</param>
    /// <param name="at">When this attempt is made: receivers refuse an old one.</param>
    /// <param name="body">The body.</param>
    /// <param name="secrets">One, or two while they are changed.</param>
    public static string SignBody(string id, DateTimeOffset at, string body, IEnumerable<string> secrets)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signed = Encoding.UTF8.GetBytes($"{id}.{time}.{body}");
        return string.Join(' ', secrets.Select(secret =>
            $"v1,{Convert.ToBase64String(HMACSHA256.HashData(KeyOf(secret), signed))}"));
    }

    /// <summary>Whether a text can be used as a secret.</summary>
    public static bool IsSecret(string text) =>
        text.StartsWith(SecretPrefix, StringComparison.Ordinal)
        && Convert.TryFromBase64String(text[SecretPrefix.Length..], new byte[text.Length], out var bytes)
        && bytes is >= MinSecret and <= MaxSecret;

    private static byte[] KeyOf(string secret) => Convert.FromBase64String(secret[SecretPrefix.Length..]);
}

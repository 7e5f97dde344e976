using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Core.Cloud;

/// <summary>
/// The signature of SumUp's events: the header has <c>t=SECONDS,v1=HEX</c>, and the second one is HMAC-SHA256 over
/// <c>v1:SECONDS:</c> and the body.
/// </summary>
public static class EventSignature
{
    public const string Header = "X-SumUp-Webhook-Signature";

    /// <summary>How far the time of an event may be from ours, in either direction.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    /// <summary>The longest header that is read, and the most signatures in it.</summary>
    private const int MaxHeader = 1_000, MaxSignatures = 5;

    private const string Version = "v1";

    /// <summary>Whether SumUp signed a body, with the secret, and not long ago.</summary>
    /// <param name="header">The value of the header.</param>
    /// <param name="body">The body as it came.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="now">The time.</param>
    public static bool IsGood(string header, ReadOnlySpan<byte> body, string secret, DateTimeOffset now)
    {
        if (header.Length > MaxHeader) return false;
        var parts = header.Split(',', StringSplitOptions.TrimEntries).Select(part => part.Split('=', 2))
            .Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1]);
        if (parts["t"].FirstOrDefault() is not { } time || ReadTime(time) is not { } at) return false;
        if ((now - at).Duration() > MaxSkew) return false;
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{Version}:{time}:"), .. body];
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));
        return parts[Version].Take(MaxSignatures).Any(told => CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(told.ToLowerInvariant())));
    }

    private static DateTimeOffset? ReadTime(string seconds) =>
        long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var unix) && unix < 1L << 37
            ? DateTimeOffset.FromUnixTimeSeconds(unix)
            : null;
}

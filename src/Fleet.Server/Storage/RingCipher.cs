using System.Security.Cryptography;
using System.Text;
using Fleet.Server.Settings;

namespace Fleet.Server.Storage;

/// <summary>
/// Encrypts the entries of the key ring with the operator's key: AES-256-GCM, bound to the name of the entry. Without a
/// key entries are stored as they are.
/// </summary>
internal sealed class RingCipher(FleetOptions options)
{
    /// <summary>Begins an encrypted entry; any other entry is XML.</summary>
    private const string Mark = "aes-256-gcm:";

    private const int NonceBytes = 12, TagBytes = 16;

    private readonly byte[]? _key = ToBytes(options.SealingKey), _before = ToBytes(options.SealingKeyBefore);

    public bool HasKey => _key is not null;

    /// <summary>The form in which an entry is stored.</summary>
    public string Encrypt(string name, string xml)
    {
        if (_key is null) return xml;
        var (nonce, tag, plain) =
            (RandomNumberGenerator.GetBytes(NonceBytes), new byte[TagBytes], Encoding.UTF8.GetBytes(xml));
        var encrypted = new byte[plain.Length];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, plain, encrypted, tag, Encoding.UTF8.GetBytes(name));
        return Mark + Convert.ToBase64String([.. nonce, .. tag, .. encrypted]);
    }

    /// <summary>The XML of an entry, and whether it is stored as <see cref="Encrypt"/> stores it now.</summary>
    /// <exception cref="InvalidOperationException">It was encrypted with a key that is not set.</exception>
    public (string Xml, bool IsCurrent) Decrypt(string name, string stored)
    {
        if (!stored.StartsWith(Mark, StringComparison.Ordinal)) return (stored, _key is null);
        if (_key is null)
            throw new InvalidOperationException(
                "The key ring in the database is encrypted, and Fleet:SealingKey is not set: give this node the key "
                + "that the ring was encrypted with, see docs/configuration.md.");
        if (TryDecrypt(_key, name, stored) is { } xml) return (xml, true);
        if (_before is not null && TryDecrypt(_before, name, stored) is { } older) return (older, false);
        throw new InvalidOperationException(
            "The key ring in the database was encrypted with another key than Fleet:SealingKey: give this node that "
            + "one, or, while you change it, as Fleet:SealingKeyBefore, see docs/configuration.md.");
    }

    private static string? TryDecrypt(byte[] key, string name, string stored)
    {
        try
        {
            var bytes = Convert.FromBase64String(stored[Mark.Length..]).AsSpan();
            if (bytes.Length < NonceBytes + TagBytes) return null;
            var encrypted = bytes[(NonceBytes + TagBytes)..];
            var plain = new byte[encrypted.Length];
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(bytes[..NonceBytes], encrypted, bytes[NonceBytes..(NonceBytes + TagBytes)], plain,
                Encoding.UTF8.GetBytes(name));
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private static byte[]? ToBytes(string? key) => key is null ? null : Convert.FromBase64String(key);
}

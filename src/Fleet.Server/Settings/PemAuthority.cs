using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Server.Settings;

/// <summary>
/// The authorities of a PEM file, which must have issued the certificates of others. While they are replaced, the file
/// has the old and the new one.
/// </summary>
internal sealed class PemAuthority(string path, ILogger log)
{
    private readonly PemFiles<X509Certificate2Collection> _files = new([path], Parse, log);

    /// <summary>When the first of them expires.</summary>
    public DateTimeOffset NotAfter => new(_files.Read().Min(one => one.NotAfter));

    /// <summary>How the certificate of the next connection is checked: by these authorities and no others.</summary>
    public X509ChainPolicy ToPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(_files.Read());
        return policy;
    }

    private static X509Certificate2Collection Parse(IReadOnlyList<string> texts)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(texts[0]);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("There is none in it.");
    }
}

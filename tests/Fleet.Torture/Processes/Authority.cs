using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Torture.Processes;

/// <summary>A certificate authority of a test's own.</summary>
internal sealed class Authority : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Authority(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(2));
    }

    public X509Certificate2 Root { get; }

    /// <summary>A certificate for 127.0.0.1, with its key.</summary>
    /// <param name="name">Whose it is.</param>
    /// <param name="purpose">The OID of the only use it is for; null for any.</param>
    /// <param name="dnsName">Another name that it is for; null for none.</param>
    /// <param name="hours">In how many hours it begins to be valid and ends; null for yesterday and soon.</param>
    public X509Certificate2 Issue(
        string name, string? purpose = null, string? dnsName = null, (double Begin, double End)? hours = null)
    {
        var (begin, end) = hours ?? (-24, 1);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        if (dnsName is not null) names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        if (purpose is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        using var issued = request.Create(
            Root, Now.AddHours(begin), Now.AddHours(end), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a certificate and its key as two files of a folder.</summary>
    public static (string Certificate, string Key) Write(
        string folder, X509Certificate2 certificate, string name = "grpc")
    {
        var (path, keyPath) = (Path.Combine(folder, $"{name}.pem"), Path.Combine(folder, $"{name}.key"));
        using var key = certificate.GetECDsaPrivateKey();
        File.WriteAllText(keyPath, key?.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return (path, keyPath);
    }

    /// <summary>Writes the authority's own certificate as a file of a folder, maybe with another's.</summary>
    public string WriteRoot(string folder, Authority? other = null)
    {
        var path = Path.Combine(folder, "ca.pem");
        File.WriteAllText(path, $"{Root.ExportCertificatePem()}\n{other?.Root.ExportCertificatePem()}");
        return path;
    }

    public void Dispose()
    {
        Root.Dispose();
        _key.Dispose();
    }
}

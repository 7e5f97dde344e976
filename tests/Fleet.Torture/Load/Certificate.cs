using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Torture.Load;

/// <summary>A certificate of this machine, and the file by which processes trust it.</summary>
internal sealed class Certificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-certificate-");

    public Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        Own = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path, Own.ExportCertificatePem());
    }

    /// <summary>With its key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>The file.</summary>
    public string Path => System.IO.Path.Combine(_folder.FullName, "trusted.pem");

    public void Dispose()
    {
        Own.Dispose();
        _folder.Delete(recursive: true);
    }
}

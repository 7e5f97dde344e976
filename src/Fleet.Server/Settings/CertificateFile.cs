using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Server.Settings;

/// <summary>
/// A certificate that this node uses, so that operators are told before it expires. Code that sets up TLS registers
/// one for each use.
/// </summary>
/// <param name="Use">What it is for, one of few words: a label of the metrics, for example <c>grpc</c>.</param>
/// <param name="Path">The file: PEM, or PKCS #12.</param>
/// <param name="Password">The password of a PKCS #12 file; null when it has none.</param>
internal sealed record CertificateFile(string Use, string Path, string? Password = null)
{
    /// <summary>When the certificate that is in the file now expires; null when it cannot be read.</summary>
    public DateTimeOffset? ReadExpiry()
    {
        try
        {
            using var certificate = X509Certificate2.GetCertContentType(Path) is X509ContentType.Pkcs12
                ? X509CertificateLoader.LoadPkcs12FromFile(Path, Password)
                : X509CertificateLoader.LoadCertificateFromFile(Path);
            return certificate.NotAfter;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

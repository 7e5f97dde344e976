using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fleet.Server.Settings;

/// <summary>TLS for gRPC: the node's certificate and, if it requires them, its callers'.</summary>
internal static class GrpcTls
{
    /// <summary>The error in the settings; null when there is none.</summary>
    public static ValidationResult? CheckSettings(FleetOptions options)
    {
        var (certificate, key, ca) = (options.GrpcCertificate, options.GrpcCertificateKey, options.GrpcClientCa);
        if (!options.GrpcUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
        {
            return (certificate ?? key ?? ca) is null ? null : new("The fields GrpcCertificate, GrpcCertificateKey "
                + "and GrpcClientCa are for a GrpcUrl that begins with https.");
        }
        if (certificate is null || key is null)
            return new("With an https GrpcUrl the fields GrpcCertificate and GrpcCertificateKey must name PEM files.");
        if (WhyUnreadable(() => X509Certificate2.CreateFromPemFile(certificate, key).Dispose()) is { } wrong)
            return new($"The fields GrpcCertificate and GrpcCertificateKey must fit each other: {wrong}");
        return ca is not null && WhyUnreadable(() => CallersOf(ca)) is { } why
            ? new($"The field GrpcClientCa must be a PEM file of certificates: {why}")
            : null;
    }

    /// <summary>The web server's own settings; it reads the files again when they change.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> ToWebServerSettings(FleetOptions options)
    {
        if (options is not { GrpcCertificate: { } certificate, GrpcCertificateKey: { } key }) yield break;
        // A relative path is relative to the folder of the command; the web server would take the program's folder.
        yield return new("Kestrel:Endpoints:Grpc:Certificate:Path", Path.GetFullPath(certificate));
        yield return new("Kestrel:Endpoints:Grpc:Certificate:KeyPath", Path.GetFullPath(key));
    }

    /// <summary>Admits only callers with a certificate of the authority.</summary>
    public static void DemandCertificates(this IWebHostBuilder web, string ca) => web.ConfigureKestrel(kestrel =>
    {
        var loader = kestrel.ConfigurationLoader
            ?? throw new InvalidOperationException("The web server does not demand certificates.");
        loader.Endpoint("Grpc", grpc =>
        {
            grpc.HttpsOptions.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            // Read for each connection, of which there are few: a changed file takes effect at once.
            grpc.HttpsOptions.OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = CallersOf(ca);
        });
    });

    private static X509ChainPolicy CallersOf(string ca)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(ca);
        return policy.CustomTrustStore.Count > 0 ? policy : throw new CryptographicException("There is none in it.");
    }

    private static string? WhyUnreadable(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}

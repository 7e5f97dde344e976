using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Settings;

/// <summary>Checks the settings of TLS, and that the files can be used, before a node starts.</summary>
internal static class TlsSettings
{
    /// <summary>The errors in the settings.</summary>
    public static IEnumerable<ValidationResult> Check(FleetOptions options) =>
        new[] { CheckGrpc(options), CheckSilo(options), CheckWeb(options) }.OfType<ValidationResult>();

    private static ValidationResult? CheckGrpc(FleetOptions options)
    {
        var (certificate, key, ca) = (options.GrpcCertificate, options.GrpcCertificateKey, options.GrpcClientCa);
        if (!options.GrpcUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
        {
            return (certificate ?? key ?? ca) is null ? null : new("The fields GrpcCertificate, GrpcCertificateKey "
                + "and GrpcClientCa are for a GrpcUrl that begins with https.");
        }
        return certificate is null || key is null
            ? new("With an https GrpcUrl the fields GrpcCertificate and GrpcCertificateKey must name PEM files.")
            : CheckServer("GrpcCertificate", certificate, "GrpcCertificateKey", key)
                ?? CheckAuthority("GrpcClientCa", ca);
    }

    private static ValidationResult? CheckSilo(FleetOptions options)
    {
        var (certificate, key) = (options.SiloCertificate, options.SiloCertificateKey);
        var authority = options.SiloAuthority;
        if ((certificate ?? key ?? authority) is null) return null;
        if (certificate is null || key is null || authority is null)
            return new("The fields SiloCertificate, SiloCertificateKey and SiloAuthority go together: PEM files.");
        if (Uri.CheckHostName(options.SiloCertificateName) is not UriHostNameType.Dns)
            return new("The field SiloCertificateName must be a DNS name.");
        if ((CheckPair("SiloCertificate", certificate, "SiloCertificateKey", key)
            ?? CheckAuthority("SiloAuthority", authority)) is { } wrong) return wrong;
        var own = Open(certificate, key);
        return CertificateChecks.WhyNoSilo(own, new(authority, NullLogger.Instance), options.SiloCertificateName)
            is { } why ? new($"The field SiloCertificate must be a certificate that {why}.") : null;
    }

    private static ValidationResult? CheckWeb(FleetOptions options) =>
        (options.Certificate, options.CertificateKey) switch
        {
            (null, null) => options.DeviceAuthority is null ? null
                : new("The field DeviceAuthority is set, but Certificate and CertificateKey are not."),
            ({ } certificate, { } key) => CheckServer("Certificate", certificate, "CertificateKey", key)
                ?? CheckAuthority("DeviceAuthority", options.DeviceAuthority),
            _ => new("The fields Certificate and CertificateKey go together: PEM files."),
        };

    /// <summary>
    /// An expired one is told in the log: a node that runs goes on with it, so one that starts does, too.
    /// </summary>
    private static ValidationResult? CheckServer(string name, string certificate, string keyName, string key) =>
        CheckPair(name, certificate, keyName, key)
        ?? (CertificateChecks.IsFor(Open(certificate, key).Leaf, CertificateChecks.Servers)
            ? null
            : new($"The field {name} must be a certificate for servers, if it says what it is for."));

    private static ValidationResult? CheckPair(string name, string certificate, string keyName, string key) =>
        PemFiles<object>.WhyUnusable(() => Open(certificate, key).Leaf.Dispose()) is { } why
            ? new($"The fields {name} and {keyName} must fit each other: {why}")
            : null;

    private static ValidationResult? CheckAuthority(string name, string? path) =>
        path is not null && PemFiles<object>.WhyUnusable(
            () => new PemAuthority(path, NullLogger.Instance).ToPolicy()) is { } why
            ? new($"The field {name} must be a PEM file of certificates: {why}")
            : null;

    private static PemCertificate Open(string certificate, string key) =>
        new("", certificate, key, NullLogger.Instance);
}

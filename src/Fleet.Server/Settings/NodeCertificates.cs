using Microsoft.Extensions.Options;

namespace Fleet.Server.Settings;

/// <summary>The certificates that a node shows, and the authorities by which it checks those of others.</summary>
internal sealed class NodeCertificates
{
    public NodeCertificates(IOptions<FleetOptions> options, ILogger<NodeCertificates> log)
    {
        var here = options.Value;
        Web = Open("web", here.Certificate, here.CertificateKey);
        Grpc = Open("grpc", here.GrpcCertificate, here.GrpcCertificateKey);
        Silo = Open("silo", here.SiloCertificate, here.SiloCertificateKey);
        GrpcCallers = OpenAuthority(here.GrpcClientCa);
        Silos = OpenAuthority(here.SiloAuthority);
        Devices = OpenAuthority(here.DeviceAuthority);
        foreach (var (use, notAfter) in Expiries)
            if (notAfter < TimeProvider.System.GetUtcNow()) log.CertificateExpired(use, notAfter);

        PemCertificate? Open(string use, string? certificate, string? key) =>
            certificate is null || key is null ? null : new(use, certificate, key, log);

        PemAuthority? OpenAuthority(string? path) => path is null ? null : new(path, log);
    }

    /// <summary>Shown at addresses that begin with https, except that of gRPC; null for none.</summary>
    public PemCertificate? Web { get; }

    /// <summary>Shown to callers of gRPC; null for none.</summary>
    public PemCertificate? Grpc { get; }

    /// <summary>Shown to other silos; null for none.</summary>
    public PemCertificate? Silo { get; }

    /// <summary>Who issues the certificates of callers of gRPC; null when they need none.</summary>
    public PemAuthority? GrpcCallers { get; }

    /// <summary>Who issues the certificates of silos; null for none.</summary>
    public PemAuthority? Silos { get; }

    /// <summary>Who issues the certificates of devices; null when they need none.</summary>
    public PemAuthority? Devices { get; }

    /// <summary>When each certificate that the node shows, or the first authority of a use, expires.</summary>
    public IEnumerable<(string Use, DateTimeOffset NotAfter)> Expiries
    {
        get
        {
            foreach (var shown in new[] { Web, Grpc, Silo })
                if (shown is not null) yield return (shown.Use, shown.NotAfter);
            foreach (var (use, authority) in new[]
            {
                ("grpc_authority", GrpcCallers), ("silo_authority", Silos), ("device_authority", Devices),
            })
                if (authority is not null) yield return (use, authority.NotAfter);
        }
    }
}

using System.Net.Security;
using Fleet.Server.Settings;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Fleet.Server.Hosting;

/// <summary>
/// TLS between silos. Both sides show a certificate of the authority that has the name which all silos have; who has
/// none is not answered. Open connections stay when the files are replaced.
/// </summary>
internal static class SiloTls
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(5);

    public static ISiloBuilder AddSiloTls(this ISiloBuilder silo, FleetOptions options)
    {
        if (options.SiloCertificate is null) return silo;
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<NodeCertificates>((connections, certificates) =>
        {
            if (certificates is not { Silo: { } own, Silos: { } authority }) return;
            var tls = ToTls(own, authority, options.SiloCertificateName);
            connections.ConfigureSiloInboundConnection(connection => connection.UseServerTls(tls));
            connections.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(tls));
        });
        return silo;
    }

    private static TlsOptions ToTls(PemCertificate own, PemAuthority authority, string name) => new()
    {
        HandshakeTimeout = HandshakeLimit,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = (other, _, errors) =>
            errors is SslPolicyErrors.None && other.MatchesHostname(name, allowCommonName: false),
        // Orleans wants this one to be set; what is used is set below, for it has the intermediate certificates, too.
        LocalServerCertificateSelector = (_, _) => own.Leaf,
        OnAuthenticateAsServer = (_, server) =>
            own.ShowIn((SslServerAuthenticationOptions)server.SslServerAuthenticationOptions, authority),
        OnAuthenticateAsClient = (_, client) =>
            Use(own, authority, name, (SslClientAuthenticationOptions)client.SslClientAuthenticationOptions),
    };

    private static void Use(
        PemCertificate own, PemAuthority authority, string name, SslClientAuthenticationOptions tls)
    {
        tls.TargetHost = name;
        tls.ClientCertificateContext = own.Context;
        tls.CertificateChainPolicy = authority.ToPolicy();
        tls.AllowTlsResume = false;
    }
}

using Fleet.Server.Api;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fleet.Server.Hosting;

/// <summary>
/// TLS at the addresses of the web server. Each connection takes what the files hold when it begins, so that new files
/// close no address and no link.
/// </summary>
internal static class WebTls
{
    /// <summary>Gives an address its certificate, if it has one and begins with https.</summary>
    public static void UseCertificates(
        this HttpsConnectionAdapterOptions https, PortMark address, NodeCertificates certificates)
    {
        if (address == PortMark.Grpc)
        {
            if (certificates.GrpcCallers is not null)
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            if (certificates.Grpc is { } grpc) https.Show(grpc, certificates.GrpcCallers);
        }
        else if (certificates.Web is { } web)
        {
            // Tills share the address with devices and have no certificate: the route of the link demands it.
            var devices = address == PortMark.Public ? certificates.Devices : null;
            if (devices is not null) https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.Show(web, devices);
        }
    }

    /// <param name="https">The address.</param>
    /// <param name="certificate">What it shows.</param>
    /// <param name="callers">Who must have issued the certificates that callers show; null to ask for none.</param>
    private static void Show(
        this HttpsConnectionAdapterOptions https, PemCertificate certificate, PemAuthority? callers)
    {
        // The web server wants this one to be set; what is used is set below, for it has the intermediate certificates.
        https.ServerCertificateSelector = (_, _) => certificate.Leaf;
        https.OnAuthenticate = (_, tls) => certificate.ShowIn(tls, callers);
    }
}

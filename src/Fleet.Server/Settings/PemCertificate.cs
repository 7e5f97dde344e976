using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Server.Settings;

/// <summary>A certificate of this node and its key, from PEM files.</summary>
/// <param name="use">What it is for: <c>silo</c>, <c>grpc</c> or <c>web</c>.</param>
/// <param name="certificate">The file of the certificate, followed by the intermediate ones.</param>
/// <param name="key">The file of the key, which may be the same.</param>
/// <param name="log">Where new files are told of.</param>
internal sealed class PemCertificate(string use, string certificate, string key, ILogger log)
{
    private readonly PemFiles<SslStreamCertificateContext> _files = new([certificate, key], Parse, log);

    /// <summary>What it is for: <c>silo</c>, <c>grpc</c> or <c>web</c>.</summary>
    public string Use => use;

    /// <summary>When it expires.</summary>
    public DateTimeOffset NotAfter => new(Leaf.NotAfter);

    /// <summary>The certificate without the intermediate ones.</summary>
    public X509Certificate2 Leaf => Context.TargetCertificate;

    /// <summary>The certificate as the next connection shows it.</summary>
    public SslStreamCertificateContext Context => _files.Read();

    /// <summary>Shows it in a handshake of TLS, and checks what the caller shows.</summary>
    /// <param name="tls">The handshake.</param>
    /// <param name="callers">Who must have issued what callers show; null to check nothing.</param>
    public void ShowIn(SslServerAuthenticationOptions tls, PemAuthority? callers)
    {
        tls.ServerCertificateSelectionCallback = null;
        tls.ServerCertificateContext = Context;
        if (callers is null) return;
        tls.CertificateChainPolicy = callers.ToPolicy();
        tls.AllowTlsResume = false; // each connection is checked by the files of its time
    }

    private static SslStreamCertificateContext Parse(IReadOnlyList<string> texts)
    {
        var leaf = X509Certificate2.CreateFromPem(texts[0], texts[1]);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(texts[0]);
        // Offline: a missing intermediate certificate is not looked for on the Internet.
        return SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }
}

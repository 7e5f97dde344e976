using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Server.Settings;

/// <summary>Whether a certificate will be believed, so that a node need not find out by failing.</summary>
internal static class CertificateChecks
{
    /// <summary>What a certificate can be for: servers, or their callers.</summary>
    public const string Servers = "1.3.6.1.5.5.7.3.1", Clients = "1.3.6.1.5.5.7.3.2";

    /// <summary>What the certificate of a silo lacks, to be said after "must be a certificate that"; or null.</summary>
    /// <param name="own">The certificate.</param>
    /// <param name="authority">Who must have issued it.</param>
    /// <param name="name">The name that all silos have.</param>
    public static string? WhyNoSilo(PemCertificate own, PemAuthority authority, string name)
    {
        var (leaf, now) = (own.Leaf, TimeProvider.System.GetUtcNow());
        if (!leaf.MatchesHostname(name, allowCommonName: false)) return $"is for the DNS name {name}";
        if (now > own.NotAfter) return $"has not expired; this one expired at {own.NotAfter.UtcDateTime:u}";
        if (now < leaf.NotBefore.ToUniversalTime())
            return $"is valid already; this one is valid from {leaf.NotBefore.ToUniversalTime():u}";
        if (!IsFor(leaf, Servers) || !IsFor(leaf, Clients))
            return "is for servers and for clients, if it says what it is for";
        using var chain = new X509Chain { ChainPolicy = authority.ToPolicy() };
        foreach (var one in own.Context.IntermediateCertificates) chain.ChainPolicy.ExtraStore.Add(one);
        return chain.Build(leaf)
            ? null
            : "an authority of SiloAuthority has issued, itself or over intermediate ones in its file: "
                + string.Join(", ", chain.ChainStatus.Select(one => one.Status).Distinct());
    }

    /// <summary>Whether a certificate is for a use: it says so, or does not say what it is for.</summary>
    public static bool IsFor(X509Certificate2 certificate, string use) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is not { } uses
        || uses.EnhancedKeyUsages.OfType<Oid>().Any(one => one.Value == use);
}

using System.Net;
using System.Net.Sockets;

namespace Fleet.Core.Checkouts;

/// <summary>
/// To which addresses and ports outcomes may be sent: public addresses on port 443, and what an operator has allowed.
/// </summary>
/// <param name="allowedNetworks">Networks that an operator allowed although they are not public.</param>
/// <param name="allowedPorts">Ports that an operator allowed beside 443.</param>
public sealed class EgressRules(IReadOnlyList<IPNetwork> allowedNetworks, IReadOnlyCollection<int> allowedPorts)
{
    /// <summary>The rules when an operator has allowed nothing more.</summary>
    public static readonly EgressRules PublicOnly = new([], []);

    private const int HttpsPort = 443;

    /// <summary>
    /// IPv4 networks that are not public, from the IANA registry of special addresses. Also the address that Azure
    /// gives its machines for metadata: it looks public but is not.
    /// </summary>
    private static readonly IPNetwork[] SpecialV4 =
        ParseNetworks(
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    /// <summary>The only IPv6 addresses that are public.</summary>
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    /// <summary>
    /// Special networks among the public ones: protocol assignments with Teredo, documentation, and 6to4, which can
    /// contain any IPv4 address.
    /// </summary>
    private static readonly IPNetwork[] SpecialV6 =
        ParseNetworks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>Whether Fleet may connect to this address.</summary>
    public bool AllowsAddress(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IsPublic(plain) || allowedNetworks.Any(network => network.Contains(plain));
    }

    /// <summary>Whether Fleet may connect to this port.</summary>
    public bool AllowsPort(int port) => port == HttpsPort || allowedPorts.Contains(port);

    /// <summary>
    /// Whether Fleet may connect to a URL's host, as far as the URL tells. A name is resolved later, when Fleet
    /// connects, so here only a host that is an address can be wrong.
    /// </summary>
    public bool AllowsHost(Uri url) => !IPAddress.TryParse(url.IdnHost, out var address) || AllowsAddress(address);

    /// <summary>
    /// The warning about a URL that is accepted but cannot be delivered to with the present settings; null when there
    /// is none.
    /// </summary>
    /// <param name="field">The name of the field it came in.</param>
    /// <param name="url">A URL that passed <see cref="ReturnUrl.CheckUrl"/>, or null.</param>
    public string? WarningOf(string field, string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && !AllowsPort(uri.Port)
            ? $"{field} is never delivered to: {RefusePort(uri.Port)}"
            : null;

    /// <summary>Why there is no connection to a port.</summary>
    public static string RefusePort(int port) =>
        $"port {port} is neither {HttpsPort} nor in Fleet:Webhooks:AllowedPorts";

    private static IPNetwork[] ParseNetworks(params string[] networks) =>
        [.. networks.Select(network => IPNetwork.Parse(network))];

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !SpecialV4.Any(network => network.Contains(address)),
        AddressFamily.InterNetworkV6 =>
            GlobalV6.Contains(address) && !SpecialV6.Any(network => network.Contains(address)),
        _ => false,
    };
}

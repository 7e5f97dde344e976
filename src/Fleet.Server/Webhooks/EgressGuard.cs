using System.Net;
using System.Net.Sockets;

namespace Fleet.Server.Webhooks;

/// <summary>
/// Decides to which addresses a till's <c>return_url</c> may lead. What counts is the address that is dialled: names
/// are looked up here, once, and the connection goes to what was looked up and to nothing else.
/// </summary>
/// <param name="allowedNetworks">Networks an operator opened although they are not public.</param>
/// <param name="allowedPorts">Ports that may be dialled.</param>
/// <param name="lookUp">Asks for the addresses of a name; null for the system's way.</param>
internal sealed class EgressGuard(
    IReadOnlyList<IPNetwork> allowedNetworks, IReadOnlyCollection<int> allowedPorts,
    Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
{
    /// <summary>
    /// IPv4 networks that are not public, as the IANA registry of special addresses has them, and the address at which
    /// Azure tells each machine what is its own: it only looks public.
    /// </summary>
    private static readonly IPNetwork[] SpecialV4 =
        Networks(
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    /// <summary>The only IPv6 addresses that are public at all.</summary>
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    /// <summary>
    /// What is special among them: protocol assignments with Teredo, documentation, and 6to4, which wraps any IPv4.
    /// </summary>
    private static readonly IPNetwork[] SpecialV6 =
        Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp = lookUp ?? Dns.GetHostAddressesAsync;

    /// <summary>Whether this address may be dialled.</summary>
    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IsPublic(plain) || allowedNetworks.Any(network => network.Contains(plain));
    }

    /// <summary>
    /// Connects to a host, if all of its addresses are allowed: a name that has both kinds is not to be trusted.
    /// </summary>
    /// <exception cref="EgressRefusedException">Nothing was dialled.</exception>
    public async ValueTask<Stream> Connect(DnsEndPoint host, CancellationToken cancel)
    {
        if (!allowedPorts.Contains(host.Port)) throw new EgressRefusedException("its port is not allowed");
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out var address)
            ? [address] // also one that a look-up refuses, so that it is refused for what it is
            : await _lookUp(host.Host, cancel);
        if (addresses.Length == 0 || !addresses.All(Allows))
            throw new EgressRefusedException("its address is not allowed");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, host.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPNetwork[] Networks(params string[] networks) =>
        [.. networks.Select(network => IPNetwork.Parse(network))];

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !SpecialV4.Any(network => network.Contains(address)),
        AddressFamily.InterNetworkV6 =>
            GlobalV6.Contains(address) && !SpecialV6.Any(network => network.Contains(address)),
        _ => false,
    };
}

/// <summary>A destination nobody may dial.</summary>
internal sealed class EgressRefusedException(string reason) : Exception($"The destination is refused: {reason}.");

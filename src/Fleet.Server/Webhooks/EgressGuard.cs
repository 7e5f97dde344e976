using System.Net;
using System.Net.Sockets;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Webhooks;

/// <summary>
/// Decides to which addresses a till's <c>return_url</c> may lead. A name is looked up here, once; the addresses found
/// are checked, and the connection goes to one of them.
/// </summary>
/// <param name="rules">To which addresses and ports Fleet may connect.</param>
/// <param name="lookUp">Looks up the addresses of a name; null for the system's way.</param>
internal sealed class EgressGuard(
    EgressRules rules, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp = lookUp ?? Dns.GetHostAddressesAsync;

    /// <summary>
    /// Connects to a host if all of its addresses are allowed: a name that also has a forbidden address is not trusted.
    /// </summary>
    /// <exception cref="EgressRefusedException">The address is forbidden; no connection was made.</exception>
    public async ValueTask<Stream> ConnectHost(DnsEndPoint host, CancellationToken cancel)
    {
        if (!rules.AllowsPort(host.Port)) throw new EgressRefusedException(EgressRules.RefusePort(host.Port));
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out var address)
            ? [address] // without a look-up, which refuses some addresses with another error
            : await _lookUp(host.Host, cancel);
        if (addresses.Length == 0 || !addresses.All(rules.AllowsAddress))
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
}

/// <summary>Fleet must not connect to the destination.</summary>
internal sealed class EgressRefusedException(string reason) : Exception($"The destination is refused: {reason}.");

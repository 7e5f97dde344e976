using System.Net;
using System.Net.Sockets;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Webhooks;

/// <summary>
/// Decides to which addresses a till's <c>return_url</c> may lead. What counts is the address that is dialled: names
/// are looked up here, once, and the connection goes to what was looked up and to nothing else.
/// </summary>
/// <param name="rules">Which addresses and ports may be dialled.</param>
/// <param name="lookUp">Asks for the addresses of a name; null for the system's way.</param>
internal sealed class EgressGuard(
    EgressRules rules, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp = lookUp ?? Dns.GetHostAddressesAsync;

    /// <summary>
    /// Connects to a host, if all of its addresses are allowed: a name that has both kinds is not to be trusted.
    /// </summary>
    /// <exception cref="EgressRefusedException">Nothing was dialled.</exception>
    public async ValueTask<Stream> ConnectHost(DnsEndPoint host, CancellationToken cancel)
    {
        if (!rules.AllowsPort(host.Port)) throw new EgressRefusedException("its port is not allowed");
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out var address)
            ? [address] // also one that a look-up refuses, so that it is refused for what it is
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

/// <summary>A destination nobody may dial.</summary>
internal sealed class EgressRefusedException(string reason) : Exception($"The destination is refused: {reason}.");

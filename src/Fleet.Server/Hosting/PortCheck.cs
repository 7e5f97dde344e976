using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Fleet.Server.Hosting;

/// <summary>
/// Refuses a start while another process listens at an address of this node, before the silo joins the cluster. The
/// cluster would take the node for the successor of the one that runs at that address, and end that one.
/// </summary>
internal sealed class PortCheck(IReadOnlyList<string> urls, IOptions<EndpointOptions> silo) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var url in urls)
        {
            foreach (var endpoint in EndpointsOf(BindingAddress.Parse(url))) Check(endpoint, url);
        }
        var inner = silo.Value.SiloListeningEndpoint
            ?? new IPEndPoint(silo.Value.AdvertisedIPAddress, silo.Value.SiloPort);
        Check(inner, $"{inner}, of the silo,");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Where the web server listens for an address: a name other than localhost means everywhere.</summary>
    private static IEnumerable<IPEndPoint> EndpointsOf(BindingAddress address)
    {
        if (address.IsUnixPipe || address.IsNamedPipe) return [];
        if (IPAddress.TryParse(address.Host, out var ip)) return [new(ip, address.Port)];
        if (!address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return [new(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, address.Port)];
        var four = new IPEndPoint(IPAddress.Loopback, address.Port);
        return Socket.OSSupportsIPv6 ? [four, new(IPAddress.IPv6Loopback, address.Port)] : [four];
    }

    /// <summary>
    /// Connections of a process that was killed are no reason to refuse. Any other error is left to who listens there.
    /// </summary>
    private static void Check(IPEndPoint endpoint, string address)
    {
        if (endpoint.Port == 0) return;
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endpoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw new IOException(
                $"The address {address} is in use by another process; maybe this node is running already.", e);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable)
        {
            throw new IOException($"The address {address} is not one of this machine.", e);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new IOException($"This user may not listen at the address {address}: take a port above 1023.", e);
        }
        catch (SocketException)
        {
        }
    }
}

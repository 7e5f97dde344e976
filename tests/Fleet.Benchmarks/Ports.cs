using System.Net;
using System.Net.Sockets;

namespace Fleet.Benchmarks;

internal static class Ports
{
    /// <summary>A port of the loopback interface on which no process listens.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

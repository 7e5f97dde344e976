using System.Net;
using System.Net.Sockets;

namespace Fleet.Torture.Processes;

/// <summary>
/// Ports for servers that must get the same one again after a crash: below those the system gives to outgoing
/// connections, which would otherwise take one while its server is down.
/// </summary>
internal static class Ports
{
    private const int First = 23_000, Last = 23_999;

    private static int _next = First + (Environment.ProcessId % (Last - First));

    public static int Next()
    {
        for (var tries = First; tries <= Last; tries++)
        {
            var port = First + (Interlocked.Increment(ref _next) % (Last - First + 1));
            if (IsFree(port)) return port;
        }
        throw new InvalidOperationException($"No port from {First} to {Last} is free.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

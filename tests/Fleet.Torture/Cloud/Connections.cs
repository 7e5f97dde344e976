using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Fleet.Torture.Cloud;

/// <summary>What happens to the connection of a call.</summary>
internal static class Connections
{
    /// <summary>Longer than any client waits.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(2);

    /// <summary>The client reads that the connection was reset.</summary>
    public static Task Reset(HttpContext http)
    {
        SocketOf(http).LingerState = new LingerOption(enable: true, seconds: 0);
        http.Abort();
        return Task.CompletedTask;
    }

    /// <summary>The client reads that there is nothing more to read.</summary>
    public static Task Close(HttpContext http)
    {
        SocketOf(http).Shutdown(SocketShutdown.Both);
        http.Abort();
        return Task.CompletedTask;
    }

    /// <summary>The client reads nothing until it gives up.</summary>
    public static async Task Hold(HttpContext http)
    {
        await Wait(http, LongestHold);
        http.Abort();
    }

    /// <summary>Waits a while, or until the client gives up.</summary>
    public static async Task Wait(HttpContext http, TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        Task tick = timer.WaitForNextTickAsync(http.RequestAborted).AsTask();
        await tick.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Socket SocketOf(HttpContext http) => http.Features.Get<IConnectionSocketFeature>()?.Socket
        ?? throw new InvalidOperationException("This connection has no socket.");
}

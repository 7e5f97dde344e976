using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// Thousands of connections of devices that were never paired: readers go on paying, and nothing is kept.
/// </summary>
[Collection(Alone.Name)]
public sealed class FloodTests
{
    private const int Readers = 1_000, Flood = 8_000, Addresses = 50, AtOnce = 16;

    /// <summary>By how much a second flood may raise the memory of the node while the first one is there.</summary>
    private const long MostMegabytes = 120;

    private const string Invented = "FLOOD-";

    [Fact]
    public async Task Thousands_of_anonymous_sockets_stop_no_payment_and_leave_nothing_behind()
    {
        await using var server = await ServerProcess.Started("--Fleet:TrustedProxies:0=127.0.0.0/8");
        var devices = new TestDevice[Readers];
        await Each(Readers, async number => devices[number] = await server.Paired($"PAIRED-{number}"));
        await Pay(server, devices); // warms up
        var (empty, quiet) = (server.Megabytes, await Pay(server, devices));

        var flood = new ClientWebSocket[2 * Flood];
        await Each(Flood, async number => flood[number] = await Connected(server, number));
        var once = server.Megabytes;
        var flooding = Each(Flood, async number => flood[Flood + number] = await Connected(server, Flood + number));
        var flooded = await Pay(server, devices);
        await flooding;
        var twice = server.Megabytes;
        Console.WriteLine($"flood: {Flood} sockets and {Flood} more: {empty}, {once}, {twice} MB; p99 of accepts "
            + $"{quiet.TotalMilliseconds:F0} ms before, {flooded.TotalMilliseconds:F0} ms during the second flood");
        await Pay(server, devices);
        foreach (var socket in flood) socket.Dispose();

        Assert.InRange(twice - once, long.MinValue, MostMegabytes);
        Assert.DoesNotContain(Directory.EnumerateFiles(server.Folder, "*.db*", SearchOption.AllDirectories), IsNamed);
        foreach (var device in devices) await device.DisposeAsync();
    }

    /// <summary>Every reader takes a payment; returns the 99th percentile of the time to accept one.</summary>
    private static async Task<TimeSpan> Pay(ServerProcess server, TestDevice[] devices)
    {
        var took = new TimeSpan[devices.Length];
        await Each(devices.Length, async number =>
        {
            var since = Stopwatch.GetTimestamp();
            await server.Till.Charge(devices[number].ReaderId);
            took[number] = Stopwatch.GetElapsedTime(since);
            await devices[number].Pay();
        });
        return took.Order().ElementAt(took.Length * 99 / 100);
    }

    private static async Task<ClientWebSocket> Connected(ServerProcess server, int number)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Link.SubProtocol);
        socket.Options.SetRequestHeader("X-Forwarded-For", $"203.0.113.{number % Addresses}");
        await socket.ConnectAsync(server.LinkAddress, TestContext.Current.CancellationToken);
        var hello = Link.WriteFrame(new Hello($"{Invented}{number}", "virtual-solo", "1"));
        await socket.SendAsync(hello, WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        return socket;
    }

    private static bool IsNamed(string file)
    {
        using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Invented)) >= 0;
    }

    private static Task Each(int count, Func<int, Task> call)
    {
        var cancel = TestContext.Current.CancellationToken;
        var bounds = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel };
        return Parallel.ForAsync(0, count, bounds, (number, _) => new(call(number)));
    }
}

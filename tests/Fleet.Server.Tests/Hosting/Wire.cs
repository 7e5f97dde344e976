using System.Net;
using System.Net.Sockets;
using System.Text;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Fleet.Server.Tests;

/// <summary>
/// The network before a silo: it passes on what others say to it, and what it answers, and keeps a copy.
/// </summary>
internal sealed class Wire : IAsyncDisposable
{
    private const int BufferSize = 16_384;

    private readonly TcpListener _listener = new(IPAddress.Loopback, Ports.Next());
    private readonly int _siloPort = Ports.Next();
    private readonly CancellationTokenSource _end = new();
    private readonly List<byte> _seen = [];
    private readonly Task _running;

    public Wire()
    {
        _listener.Start();
        _running = Accept();
    }

    /// <summary>The setting of a silo that others reach through this.</summary>
    public string Setting => $"--silo-port={((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Length
    {
        get
        {
            lock (_seen) return _seen.Count;
        }
    }

    /// <summary>Has a silo listen behind this.</summary>
    public void PutBefore(WebApplicationBuilder builder) => builder.UseOrleans(silo => silo.Configure<EndpointOptions>(
        here => here.SiloListeningEndpoint = new(IPAddress.Loopback, _siloPort)));

    /// <summary>Whether the text was said.</summary>
    public bool Saw(string text)
    {
        lock (_seen) return _seen.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task Accept()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(Pass(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        finally
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task Pass(TcpClient near)
    {
        using var _ = near;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _siloPort, _end.Token);
            await Task.WhenAny(Copy(near.GetStream(), far.GetStream()), Copy(far.GetStream(), near.GetStream()));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // the silo does not listen, or the test is over
        }
    }

    private async Task Copy(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReadAsync(buffer, _end.Token) is > 0 and var length)
            {
                lock (_seen) _seen.AddRange(buffer.AsSpan(0, length));
                await to.WriteAsync(buffer.AsMemory(0, length), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // one side closed the connection
        }
    }
}

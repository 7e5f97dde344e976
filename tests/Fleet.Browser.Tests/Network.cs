using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Browser.Tests;

/// <summary>The network between a browser and the node, which a test can cut and mend.</summary>
public sealed class Network : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Uri _node;
    private readonly Task _accepting;
    private volatile bool _isCut;

    public Network(Uri node)
    {
        _node = node;
        _listener.Start();
        Address = new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = Accept();
    }

    /// <summary>Where the node seems to be.</summary>
    public Uri Address { get; }

    /// <summary>Ends all connections, and from now on all new ones.</summary>
    public void Cut()
    {
        _isCut = true;
        foreach (var socket in _open.Keys) socket.Dispose();
    }

    /// <summary>Lets connections through again.</summary>
    public void Mend() => _isCut = false;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task Accept()
    {
        try
        {
            while (true) _ = Carry(await _listener.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Carry(Socket browser)
    {
        using var node = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _open[browser] = _open[node] = true;
        try
        {
            (browser.NoDelay, node.NoDelay) = (true, true);
            if (_isCut) return;
            await node.ConnectAsync(_node.Host, _node.Port);
            await Task.WhenAny(Copy(browser, node), Copy(node, browser));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection was cut.
        }
        finally
        {
            browser.Dispose();
            _open.TryRemove(browser, out _);
            _open.TryRemove(node, out _);
        }
    }

    private static async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
                await to.SendAsync(buffer.AsMemory(0, length));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of both sides has ended it.
        }
    }
}

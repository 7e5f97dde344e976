using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Deploy.Tests;

/// <summary>
/// A Service: one address, from which each new connection goes to some pod that is an endpoint, and stays there. Like
/// those of Kubernetes it knows connections only: it tries no other pod, repeats nothing and cuts nothing.
/// </summary>
internal sealed class ClusterAddress : IAsyncDisposable
{
    private const int BufferSize = 4_096;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<Task, bool> _passing = new();
    private readonly Func<IReadOnlyList<Pod>> _endpoints;
    private readonly Random _dice = new(1);
    private readonly int _port;
    private readonly Task _accepting;

    public ClusterAddress(Func<IReadOnlyList<Pod>> endpoints, int port)
    {
        (_endpoints, _port) = (endpoints, port);
        _listener.Start(backlog: 1_024);
        _accepting = Accept();
    }

    public string Authority => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await Task.WhenAll([_accepting, .. _passing.Keys]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
        _listener.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var near = await _listener.AcceptSocketAsync(_closing.Token);
            var passing = Pass(near);
            _passing.TryAdd(passing, true);
            _ = passing.ContinueWith(done => _passing.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    private async Task Pass(Socket client)
    {
        using var near = client;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (_endpoints() is not { Count: > 0 } pods) return;
        try
        {
            await far.ConnectAsync(IPAddress.Parse(Any(pods).Address), _port, _closing.Token);
        }
        catch (SocketException)
        {
            return; // the client's connection is refused with it
        }
        near.NoDelay = far.NoDelay = true;
        var (there, back) = (Copy(near, far), Copy(far, near));
        await Task.WhenAll(there, back);
    }

    private Pod Any(IReadOnlyList<Pod> pods)
    {
        lock (_dice) return pods[_dice.Next(pods.Count)];
    }

    private async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer, _closing.Token) is > 0 and var length)
            {
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _closing.Token);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side closed the connection: the other side is closed, too.
            from.Dispose();
            to.Dispose();
        }
    }
}

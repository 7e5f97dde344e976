using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Torture.Processes;

/// <summary>
/// What a chain has in front of its nodes: takes connections on one address and passes each to a node that says it is
/// ready, the next one if that does not answer. Cuts the connections to a node that stopped answering.
/// </summary>
internal sealed class Front : IAsyncDisposable
{
    private const int BufferSize = 4_096;

    /// <summary>Checks that must fail, one after the other, before a node counts as gone.</summary>
    private const int MissesUntilGone = 2;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250), LookLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(1), LastWords = TimeSpan.FromSeconds(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, Ports.Next());
    private readonly HttpClient _http = new() { Timeout = LookLimit };
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<Task, bool> _passing = new();
    private readonly Backend[] _nodes;
    private readonly List<Task> _running = [];
    private int _turn;

    public Front(IEnumerable<ServerProcess> nodes)
    {
        _nodes = [.. nodes.Select(node => new Backend(node.Address, node.Operations))];
        _listener.Start(backlog: 1_024);
        _running.Add(Accept());
        _running.AddRange(_nodes.Select(Watch));
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where every connection goes as long as it is ready.</summary>
    public Uri? Favourite { get; set; }

    /// <summary>Whether connections get through: false stands for a site without network.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>The nodes that say they are ready.</summary>
    public IReadOnlyList<Uri> Ready => [.. _nodes.Where(node => node.IsReady).Select(node => node.Address)];

    /// <summary>Connections to a node now.</summary>
    public int Connections(Uri node) => _nodes.Single(one => one.Address == node).Sockets.Count;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        foreach (var node in _nodes) node.Cut();
        await Task.WhenAll([.. _running, .. _passing.Keys]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _closing.Dispose();
        _listener.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_closing.Token);
            var passing = Pass(client);
            _passing.TryAdd(passing, true);
            _ = passing.ContinueWith(done => _passing.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    private async Task Pass(Socket client)
    {
        using var near = client;
        foreach (var node in InTurn())
        {
            using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
            if (!await Dial(far, node.Address)) continue;
            node.Sockets.TryAdd(far, true);
            try
            {
                near.NoDelay = far.NoDelay = true;
                await Join(near, far);
            }
            finally
            {
                node.Sockets.TryRemove(far, out _);
            }
            return;
        }
    }

    private Backend[] InTurn()
    {
        var first = Interlocked.Increment(ref _turn);
        return [.. Enumerable.Range(0, _nodes.Length).Select(i => _nodes[(first + i) % _nodes.Length])
            .Where(node => IsOpen && node.IsReady).OrderBy(node => node.Address == Favourite ? 0 : 1)];
    }

    private async Task<bool> Dial(Socket far, Uri node)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        limit.CancelAfter(DialLimit);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, node.Port, limit.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Passes bytes both ways. When one side ends, the other side may still send.</summary>
    private static async Task Join(Socket near, Socket far)
    {
        var (there, back) = (Copy(near, far), Copy(far, near));
        var first = await Task.WhenAny(there, back);
        await (first == there ? back : there).WaitAsync(LastWords)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        near.Dispose();
        far.Dispose();
        await Task.WhenAll(there, back);
    }

    private static async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                for (var sent = 0; sent < length;) sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side closed the connection: the other side is closed, too.
        }
    }

    private async Task Watch(Backend node)
    {
        using var timer = new PeriodicTimer(LookEvery);
        var misses = 0;
        do
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(node.Operations, "/health/ready"), _closing.Token);
                node.IsReady = answer.StatusCode is HttpStatusCode.OK;
                misses = 0;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                node.IsReady = node.IsReady && ++misses < MissesUntilGone;
                if (misses == MissesUntilGone) node.Cut();
            }
        }
        while (await timer.WaitForNextTickAsync(_closing.Token));
    }

    private sealed class Backend(Uri address, Uri operations)
    {
        public Uri Address => address;

        public Uri Operations => operations;

        public ConcurrentDictionary<Socket, bool> Sockets { get; } = new();

        public volatile bool IsReady;

        public void Cut()
        {
            foreach (var socket in Sockets.Keys) socket.Dispose();
        }
    }
}

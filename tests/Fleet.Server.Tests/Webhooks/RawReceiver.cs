using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Fleet.Server.Tests;

/// <summary>
/// A receiver that answers byte by byte, as no web server would. Each test has a host of its own on it.
/// </summary>
public sealed class RawReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Any, 0);
    private readonly ConcurrentDictionary<string, Inbox> _inboxes = new();
    private readonly CancellationTokenSource _closing = new();
    private int _hosts;

    private RawReceiver() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static RawReceiver Start()
    {
        var receiver = new RawReceiver();
        _ = receiver.Accept();
        return receiver;
    }

    /// <summary>A place for webhooks.</summary>
    /// <param name="answer">What is done on the connection of request 1, 2 …; when it ends the connection is
    /// closed.</param>
    public Inbox Open(Func<int, Stream, CancellationToken, Task> answer)
    {
        var host = $"127.0.0.{10 + Interlocked.Increment(ref _hosts)}";
        return _inboxes[host] = new(new($"http://{host}:{Port}/hook"), answer);
    }

    /// <summary>
    /// An answer without a body that closes the connection. Without that header the node might send the next request on
    /// the connection, which would never arrive.
    /// </summary>
    /// <param name="status">The status and its reason, and more headers, each in a line of its own.</param>
    public static string Answer(string status) =>
        $"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

    public static Task Write(Stream stream, string text, CancellationToken cancel) =>
        stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancel).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        _closing.Dispose();
    }

    private async Task Accept()
    {
        while (!_closing.IsCancellationRequested) _ = Serve(await _listener.AcceptSocketAsync(_closing.Token));
    }

    private async Task Serve(Socket socket)
    {
        socket.SendBufferSize = 64 * 1024;
        var host = ((IPEndPoint?)socket.LocalEndPoint)?.Address.ToString() ?? "";
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await _inboxes[host].Serve(stream, _closing.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the node has closed the connection, or the test is over
        }
    }

    /// <summary>What arrived at one host.</summary>
    public sealed class Inbox(Uri url, Func<int, Stream, CancellationToken, Task> answer)
    {
        private readonly Channel<string> _requests = Channel.CreateUnbounded<string>();
        private int _count;

        public Uri Url => url;

        public int Count => Volatile.Read(ref _count);

        /// <summary>The next request, head and body.</summary>
        public async Task<string> Next()
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(Patience);
            return await _requests.Reader.ReadAsync(patience.Token);
        }

        internal async Task Serve(Stream stream, CancellationToken cancel)
        {
            var (request, buffer) = ("", new byte[8 * 1024]);
            while (!request.EndsWith('}')) // the body is one object
            {
                var read = await stream.ReadAsync(buffer, cancel);
                if (read == 0) return;
                request += Encoding.UTF8.GetString(buffer, 0, read);
            }
            var number = Interlocked.Increment(ref _count);
            _requests.Writer.TryWrite(request);
            await answer(number, stream, cancel);
        }
    }
}

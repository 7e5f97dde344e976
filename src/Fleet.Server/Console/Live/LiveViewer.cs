using System.Threading.Channels;
using Fleet.Server.Api;

namespace Fleet.Server.Console.Live;

/// <summary>
/// One browser that watches. It has a short queue. When it reads too slowly, it misses changes and gets everything
/// again.
/// </summary>
/// <param name="readAll">Reads all parts.</param>
internal sealed class LiveViewer(Func<byte[]> readAll)
{
    /// <summary>Changes that wait at most.</summary>
    private const int MaxWaiting = 64;

    /// <summary>After how long without a change a comment is sent, so that proxies keep the connection.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    /// <summary>How long a browser may take to read what was sent; after that its connection is closed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly byte[] Ping = "event: ping\ndata:\n\n"u8.ToArray();

    private readonly Channel<byte[]> _waiting = Channel.CreateBounded<byte[]>(MaxWaiting);
    private bool _missed = true; // everything is sent first

    /// <summary>Gives a change to the viewer.</summary>
    public void Offer(byte[] change)
    {
        if (!_waiting.Writer.TryWrite(change)) Volatile.Write(ref _missed, true);
    }

    /// <summary>Writes the stream.</summary>
    /// <param name="http">The request.</param>
    /// <param name="leaving">Ends when the node stops; the browser then asks another node.</param>
    public async Task Write(HttpContext http, CancellationToken leaving)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, leaving);
        await Send(http, "retry: 1000\n\n"u8.ToArray());
        while (!over.IsCancellationRequested && await KeyRecheck.IsAdmitted(http))
        {
            if (Volatile.Read(ref _missed)) await SendAll(http);
            else await Send(http, await Next(over.Token));
        }
    }

    private async Task SendAll(HttpContext http)
    {
        while (_waiting.Reader.TryRead(out _)) { }
        Volatile.Write(ref _missed, false);
        await Send(http, [.. readAll(), .. Ping]);
    }

    /// <summary>The next change, or a comment when there is none for some time.</summary>
    private async Task<byte[]> Next(CancellationToken over)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(over);
        wait.CancelAfter(Silence);
        try
        {
            return await _waiting.Reader.ReadAsync(wait.Token);
        }
        catch (OperationCanceledException)
        {
            return Ping;
        }
    }

    private static async Task Send(HttpContext http, byte[] bytes)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            await http.Response.Body.WriteAsync(bytes, patience.Token);
            await http.Response.Body.FlushAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }
}

using Fleet.Server.Api;

namespace Fleet.Server.Console.Live;

/// <summary>
/// One browser that watches. It remembers only which parts changed since it was sent something, so one that reads
/// slowly gets fewer and newer states, and costs no more.
/// </summary>
/// <param name="broadcast">What it watches; it notes changes under its own lock.</param>
internal sealed class LiveViewer(Broadcast broadcast) : IDisposable
{
    /// <summary>
    /// After how long without a change the viewer is told that it still sees the newest state. Without that it takes
    /// its connection for lost.
    /// </summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    /// <summary>How long a browser may take to read what was sent; after that its connection is closed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly byte[] Ping = "event: ping\ndata:\n\n"u8.ToArray(), Comment = ":\n\n"u8.ToArray();

    private readonly SemaphoreSlim _news = new(0);
    private readonly HashSet<string> _changed = [];
    private bool _all;

    /// <summary>Notes that parts changed.</summary>
    public void Note(IReadOnlyList<string> parts)
    {
        var hadNews = _all || _changed.Count > 0;
        _changed.UnionWith(parts);
        if (!hadNews && _changed.Count > 0) _news.Release();
    }

    /// <summary>Notes that everything is to be sent.</summary>
    public void NoteAll()
    {
        if (!_all && _changed.Count == 0) _news.Release();
        _all = true;
    }

    /// <summary>What was noted, which is forgotten now.</summary>
    public (bool All, IReadOnlyList<string> Parts) Forget()
    {
        var noted = (_all, _changed.ToList());
        _all = false;
        _changed.Clear();
        return noted;
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
        try
        {
            while (await KeyRecheck.IsAdmitted(http))
            {
                var hasNews = await _news.WaitAsync(Silence, over.Token);
                await Send(http, hasNews ? broadcast.Take(this) : broadcast.Fails ? Comment : Ping);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The browser has left, or it will ask another node.
        }
    }

    public void Dispose() => _news.Dispose();

    private static async Task Send(HttpContext http, byte[] bytes)
    {
        var time = http.RequestServices.GetRequiredService<TimeProvider>();
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, patience.Token);
        try
        {
            await http.Response.Body.WriteAsync(bytes, either.Token);
            await http.Response.Body.FlushAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }
}

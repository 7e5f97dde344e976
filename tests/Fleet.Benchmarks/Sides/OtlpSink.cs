namespace Fleet.Benchmarks.Sides;

/// <summary>Accepts everything that a node sends by OTLP, and drops it.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private long _bytes;

    private OtlpSink()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{Ports.Free()}");
        _app = builder.Build();
        _app.Run(Take);
    }

    public string Address => _app.Urls.First();

    /// <summary>What it has taken so far.</summary>
    public long Kilobytes => Interlocked.Read(ref _bytes) / 1024;

    public static async Task<OtlpSink> Start()
    {
        var sink = new OtlpSink();
        await sink._app.StartAsync();
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null);
        Interlocked.Add(ref _bytes, http.Request.ContentLength ?? 0);
    }
}

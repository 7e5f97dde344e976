using System.Collections.Concurrent;
using System.Text;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fleet.Torture.Tracing;

/// <summary>Takes what nodes send by OTLP over HTTP, without a collector in between.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    private const string Traces = "/v1/traces";

    private readonly int _port = Ports.Next();
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _bodies = new();

    private OtlpSink()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add($"http://127.0.0.1:{_port}");
        _app.Run(Take);
    }

    /// <summary>What a node must be told in order to send all of it here, soon.</summary>
    public IReadOnlyList<string> Settings =>
    [
        $"--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{_port}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "--OTEL_BSP_SCHEDULE_DELAY=100", "--OTEL_BLRP_SCHEDULE_DELAY=100", "--OTEL_METRIC_EXPORT_INTERVAL=1000",
        "--Fleet:TraceRatio=1",
    ];

    public IReadOnlyCollection<Span> Spans => _spans;

    /// <summary>The trace in which a checkout began.</summary>
    public IReadOnlyList<Span> TraceOf(Guid checkout)
    {
        var begun = Spans.FirstOrDefault(
            span => span.Attributes.GetValueOrDefault("fleet.checkout.id") == $"{checkout}");
        return begun is null ? [] : [.. Spans.Where(span => span.Trace == begun.Trace).OrderBy(span => span.Begun)];
    }

    /// <summary>Everything that was sent of a kind, each byte a letter: texts can be found in it.</summary>
    /// <param name="kind"><c>traces</c>, <c>metrics</c> or <c>logs</c>.</param>
    public string Sent(string kind) => string.Concat(
        _bodies.Where(sent => sent.Path == $"/v1/{kind}").Select(sent => Encoding.Latin1.GetString(sent.Body)));

    public static async Task<OtlpSink> Started()
    {
        var sink = new OtlpSink();
        await sink._app.StartAsync(TestContext.Current.CancellationToken);
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var bytes = body.ToArray();
        _bodies.Enqueue(($"{http.Request.Path}", bytes));
        if (http.Request.Path != Traces) return;
        foreach (var span in Span.Read(bytes)) _spans.Enqueue(span);
    }
}

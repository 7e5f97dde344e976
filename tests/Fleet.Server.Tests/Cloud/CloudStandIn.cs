using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Fleet.Server.Tests;

/// <summary>One request as it came to the stand-in.</summary>
internal sealed record CloudRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body, DateTimeOffset At)
{
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>A web server in the place of SumUp's cloud. It answers by script: one answer after the other.</summary>
internal sealed class CloudStandIn : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<CloudRequest> _requests = new();
    private readonly Channel<CloudRequest> _arrivals = Channel.CreateUnbounded<CloudRequest>();
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private Func<HttpContext, Task> _usual = http => Write(http, 200, "{}");

    private CloudStandIn(WebApplication app, TimeProvider clock) => (_app, _clock) = (app, clock);

    public string Url => _app.Urls.Single();

    public IReadOnlyList<CloudRequest> Requests => [.. _requests];

    public static async Task<CloudStandIn> Start(TimeProvider clock)
    {
        var builder = WebApplication.CreateEmptyBuilder(new()); // there are many of them, and each file watch counts
        builder.WebHost.UseKestrelCore();
        var app = builder.Build();
        var cloud = new CloudStandIn(app, clock);
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(cloud.Serve);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return cloud;
    }

    /// <summary>The next answer of the script.</summary>
    public CloudStandIn Then(Func<HttpContext, Task> answer)
    {
        _script.Enqueue(answer);
        return this;
    }

    public CloudStandIn Then(int status, string body, params (string Name, string Value)[] headers) =>
        Then(http => Write(http, status, body, headers));

    /// <summary>The answer after the end of the script.</summary>
    public void Usually(int status, string body, params (string Name, string Value)[] headers) =>
        _usual = http => Write(http, status, body, headers);

    /// <summary>The same, chosen by the request.</summary>
    public void Usually(Func<HttpContext, Task> answer) => _usual = answer;

    /// <summary>Does not answer until the client leaves.</summary>
    public CloudStandIn ThenHold() => Then(Hold);

    /// <summary>The next request, as soon as it is here.</summary>
    public async Task<CloudRequest> Next()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        return await _arrivals.Reader.ReadAsync(patience.Token);
    }

    public static Task Write(
        HttpContext http, int status, string body, params (string Name, string Value)[] headers)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = body.StartsWith('<') ? "text/html" : "application/json";
        foreach (var (name, value) in headers) http.Response.Headers[name] = value;
        return http.Response.WriteAsync(body, http.RequestAborted);
    }

    public static async Task Hold(HttpContext http)
    {
        var left = new TaskCompletionSource();
        await using var leaves = http.RequestAborted.Register(() => left.TrySetResult());
        await left.Task;
    }

    /// <summary>Promises a body, writes half of it, and goes on as it is told.</summary>
    public static async Task WriteHalf(HttpContext http, int status, Func<HttpContext, Task> then)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = 1_000;
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("{\"data\":{"), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await then(http);
    }

    public static Task Abort(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Serve(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        var request = new CloudRequest(
            http.Request.Method, http.Request.GetEncodedPathAndQuery(),
            http.Request.Headers.ToDictionary(one => one.Key, one => $"{one.Value}", StringComparer.OrdinalIgnoreCase),
            body, _clock.GetUtcNow());
        _requests.Enqueue(request);
        _arrivals.Writer.TryWrite(request);
        await (_script.TryDequeue(out var answer) ? answer : _usual)(http);
    }
}

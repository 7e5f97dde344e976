using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fleet.Torture.Load;

/// <summary>How a receiver answers a webhook: with a status, or with silence until it is hung up on.</summary>
internal delegate Task<int?> Mood(Post post, CancellationToken hungUp);

/// <summary>A till's web server that takes webhooks, answers by its mood and writes down both.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, Post> _posts = new();
    private readonly WebApplication _app;
    private readonly Mood _mood;
    private readonly string _scheme;
    private readonly int _port = Ports.Next();
    private int _count;

    private Receiver(Mood mood, Certificate? certificate)
    {
        (_mood, _scheme) = (mood, certificate is null ? "http" : "https");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate?.Own));
        _app = builder.Build();
        _app.Urls.Add($"{_scheme}://127.0.0.1:{_port}");
        _app.Run(Take);
    }

    /// <summary>What checkouts name as their <c>return_url</c>.</summary>
    public string ReturnUrl => $"{_scheme}://127.0.0.1:{_port}/outcomes?shop=1";

    /// <summary>What arrived so far, in the order it came.</summary>
    public IReadOnlyList<Post> Posts => [.. _posts.OrderBy(one => one.Key).Select(one => one.Value)];

    /// <param name="mood">How it answers.</param>
    /// <param name="certificate">With which it takes https, as live merchants need it; null for http.</param>
    public static async Task<Receiver> Started(Mood mood, Certificate? certificate = null)
    {
        var receiver = new Receiver(mood, certificate);
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>What a node must be told in order to deliver here.</summary>
    /// <param name="timeoutSeconds">What one attempt may take.</param>
    /// <param name="retrySeconds">The waits between attempts.</param>
    public IReadOnlyList<string> Settings(int timeoutSeconds, params IReadOnlyList<int> retrySeconds) =>
    [
        "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32", $"--Fleet:Webhooks:AllowedPorts:0={_port}",
        $"--Fleet:Webhooks:TimeoutSeconds={timeoutSeconds}",
        .. retrySeconds.Select((wait, i) => $"--Fleet:Webhooks:RetrySeconds:{i}={wait}"),
    ];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var number = Interlocked.Increment(ref _count);
        var post = _posts[number] = Read(http.Request, body.ToArray());
        if (await Answer(post, http.RequestAborted) is not { } status) return;
        // Written down before it is sent: a node that read it may settle at once.
        _posts[number] = post with { Answered = status };
        http.Response.StatusCode = status;
    }

    private async Task<int?> Answer(Post post, CancellationToken hungUp)
    {
        try
        {
            return await _mood(post, hungUp);
        }
        catch (OperationCanceledException) when (hungUp.IsCancellationRequested)
        {
            return null;
        }
    }

    private static Post Read(HttpRequest request, byte[] body)
    {
        var post = new Post
        {
            At = TimeProvider.System.GetUtcNow(),
            Id = Guid.TryParse(request.Headers["webhook-id"], out var id) ? id : null,
            BodyHash = Convert.ToHexStringLower(SHA256.HashData(body)),
        };
        try
        {
            var told = JsonElement.Parse(body);
            var payload = told.GetProperty("payload");
            return post with
            {
                BodyId = told.GetProperty("id").GetGuid(),
                ClientId = payload.GetProperty("client_transaction_id").GetGuid(),
                Status = payload.GetProperty("status").GetString(),
                Reason = payload.TryGetProperty("failure_reason", out var why) ? why.GetString() : null,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException)
        {
            return post; // the checker finds that it says nothing
        }
    }
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>A till's web server, which takes webhooks. Each test has a path of its own on it.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Inbox> _inboxes = new();

    private Receiver(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    public static async Task<Receiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(receiver.Take);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>A place for webhooks.</summary>
    /// <param name="answer">How attempt 1, 2 … is answered; null for 200.</param>
    public Inbox Open(Func<int, HttpContext, Task>? answer = null)
    {
        var path = $"/{Guid.NewGuid():N}";
        return _inboxes[path] = new Inbox(new($"http://127.0.0.1:{Port}{path}?order=7"), answer);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext http)
    {
        if (!_inboxes.TryGetValue(http.Request.Path.Value ?? "", out var inbox))
            throw new InvalidOperationException("No receiver has this path.");
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        await inbox.Put(new(http.Request.Headers.ToDictionary(one => one.Key, one => $"{one.Value}"), body), http);
    }

    /// <summary>What arrived at one path.</summary>
    public sealed class Inbox(Uri url, Func<int, HttpContext, Task>? answer)
    {
        private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();
        private int _count;

        public Uri Url => url;

        public int Count => Volatile.Read(ref _count);

        public async Task<Received> Next()
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(Patience);
            return await _received.Reader.ReadAsync(patience.Token);
        }

        internal async Task Put(Received one, HttpContext http)
        {
            var number = Interlocked.Increment(ref _count);
            _received.Writer.TryWrite(one);
            if (answer is not null) await answer(number, http);
        }
    }

    /// <summary>One webhook as it came.</summary>
    public sealed record Received(IReadOnlyDictionary<string, string> Headers, string Body);
}

internal static class Sending
{
    /// <summary>
    /// Waits until everything that is due now was tried and what came of it is written down. The first look may have
    /// begun before, and each of the two others takes half of what a host may have at a time.
    /// </summary>
    public static async Task Settled(this WebhookSender sender)
    {
        for (var i = 0; i < 3; i++)
        {
            var seen = sender.Looks;
            sender.Wake();
            await Eventually.Equal(true, () => Task.FromResult(sender.Looks > seen && sender.UnderWay == 0));
        }
    }
}

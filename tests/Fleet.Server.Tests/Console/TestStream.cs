using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fleet.Core.Access;
using Fleet.Server.Console;
using Fleet.Server.Console.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Fleet.Server.Tests;

/// <summary>A stream of the console that shows what a test tells.</summary>
internal sealed class TestStream : IStartupFilter
{
    public const string Path = "live-test";

    /// <summary>A part that makes the stream fail.</summary>
    public const string Failure = "failure";

    private readonly Channel<LiveChange> _told = Channel.CreateUnbounded<LiveChange>();
    private int _followed;

    /// <summary>How many times the source is followed now.</summary>
    public int Followed => Volatile.Read(ref _followed);

    /// <summary>Tells that parts changed.</summary>
    public void Tell(params (string Id, string Html)[] parts) =>
        _told.Writer.TryWrite(new(Whole: false, [.. parts.Select(part => new LivePart(part.Id, part.Html))]));

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(after => http => http.Request.Path == $"{PageRequest.Root}/{Path}"
            ? ConsoleGuard.ForViewers(Write)(http) : after(http));
        next(app);
    };

    private async Task Write(PageRequest page)
    {
        await page.Api.Admit(new(Scopes.FleetRead));
        await page.Get<Broadcasts>().Send(page, "test", Follow);
    }

    private async IAsyncEnumerable<LiveChange> Follow([EnumeratorCancellation] CancellationToken cancel)
    {
        Interlocked.Increment(ref _followed);
        try
        {
            await foreach (var change in _told.Reader.ReadAllAsync(cancel))
                yield return change.Parts[0].Id != Failure ? change : throw new InvalidOperationException(Failure);
        }
        finally
        {
            Interlocked.Decrement(ref _followed);
        }
    }
}

using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace Fleet.Server.Api;

/// <summary>
/// How long a request waits for a database that is silent, whatever it waits for in turn: its key, its reader, a
/// commit. Then its token is cancelled, and the caller hears 503. That ends the wait and nothing else: what was sent
/// may be stored.
/// </summary>
internal sealed class StorageLimit : IAsyncDisposable
{
    /// <summary>Below the 3 s that callers are promised, because an answer takes a moment, too.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>How often a request that is older than that looks whether the database is silent.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>The most seconds that any route waits.</summary>
    private const int MaxAsked = 60;

    private readonly CancellationTokenSource _over;
    private readonly ITimer _timer;

    private StorageLimit(StorageSilence storage, TimeSpan longest, CancellationToken aborted)
    {
        _over = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _timer = TimeProvider.System.CreateTimer(_ => EndIfSilent(storage), null, longest, Look);
    }

    /// <summary>Whether the request's token was cancelled because the database is silent.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Limits the requests that do not ask for a wait.</summary>
    public static void UseLimit(WebApplication app)
    {
        var storage = app.Services.GetRequiredService<StorageSilence>();
        app.Use(async (http, next) =>
        {
            if (LimitOf(http) is not { } longest)
            {
                await next(http);
                return;
            }
            var aborted = http.RequestAborted;
            await using var limit = new StorageLimit(storage, longest, aborted);
            http.Features.Set(limit);
            http.RequestAborted = limit._over.Token;
            try
            {
                await next(http);
            }
            finally
            {
                http.RequestAborted = aborted; // for who writes the answer, the caller is still there
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _over.Dispose();
    }

    /// <summary>The limit of a request, with the seconds that it asks to wait; null where it has none.</summary>
    private static TimeSpan? LimitOf(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata is not { } route || route.GetMetadata<RequiredScopeAttribute>() is null
            || route.GetMetadata<GrpcMethodMetadata>() is { Method.Type: not MethodType.Unary }) return null;
        if (route.GetMetadata<MayWaitAttribute>() is not { } may) return Longest;
        if (may.If is null) return null;
        return int.TryParse(http.Request.Query[may.If], NumberStyles.None, CultureInfo.InvariantCulture, out var more)
            ? Longest + TimeSpan.FromSeconds(Math.Min(more, MaxAsked))
            : Longest;
    }

    private void EndIfSilent(StorageSilence storage)
    {
        if (IsOver || storage.Span < Longest) return;
        IsOver = true;
        _over.CancelAsync();
    }
}

/// <summary>A route whose callers ask for a wait: for an outcome, or for news.</summary>
/// <param name="parameter">The parameter by which they do so; null when they always do.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MayWaitAttribute(string? parameter = null) : Attribute
{
    /// <summary>The parameter of the query without which the route does not wait.</summary>
    public string? If => parameter;
}

using System.Globalization;
using Fleet.Server.Settings;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace Fleet.Server.Api;

/// <summary>
/// How long requests wait for a database that is silent, whatever they wait for in turn: their key, their reader, a
/// commit. Then the token of a request is cancelled, and its caller hears 503. That ends the wait and nothing else:
/// what was sent may be stored.
/// </summary>
internal sealed class StorageLimit : IDisposable
{
    /// <summary>Below the 3 s that callers are promised, because an answer takes a moment, too.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>How often it is looked whether the database is silent.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// So many looks in turn must find it silent: when this process is starved of threads, its looks are as late as the
    /// answers of the database, which is well.
    /// </summary>
    private static readonly int SilentLooks = (int)(Longest / Look) - 1;

    /// <summary>The most seconds that any route waits.</summary>
    private const int MaxAsked = 60;

    /// <summary>Waits that are kept for later requests: those of as many requests at the same time.</summary>
    private const int MaxKept = 1_024;

    private readonly LinkedList<LimitedWait> _running = [];
    private readonly Stack<LimitedWait> _kept = [];
    private readonly StorageSilence _storage;

    /// <summary>One for all requests: one for each would be the largest part of this.</summary>
    private readonly ITimer _timer;

    private TimeSpan _silence;
    private int _looks;
    private long _looked;

    public StorageLimit(StorageSilence storage)
    {
        _storage = storage;
        _timer = TimeProvider.System.CreateTimer(_ => EndWaits(), null, Look, Look);
    }

    /// <summary>Limits requests where the database is a server, which may be silent.</summary>
    public static void UseLimit(WebApplication app, FleetOptions options)
    {
        if (options.Storage is not StorageKind.Postgres) return;
        var limit = app.Services.GetRequiredService<StorageLimit>();
        app.Use((http, next) => LimitOf(http) is { } longest ? limit.Run(http, longest, next) : next(http));
    }

    /// <summary>From now on a request waits for something else than the database, as for a customer.</summary>
    public static void EndFor(HttpContext http) => http.Features.Get<LimitedWait>()?.EndLimit();

    public void Dispose()
    {
        _timer.Dispose();
        foreach (var wait in _kept) wait.Dispose();
    }

    private async Task Run(HttpContext http, TimeSpan longest, RequestDelegate next)
    {
        var aborted = http.RequestAborted;
        var wait = BeginWait(longest, aborted);
        http.Features.Set(wait);
        http.RequestAborted = wait.Token;
        try
        {
            await next(http);
        }
        finally
        {
            http.RequestAborted = aborted; // for who writes the answer, the caller is still there
            EndWait(wait);
        }
    }

    private LimitedWait BeginWait(TimeSpan longest, CancellationToken aborted)
    {
        lock (_running)
        {
            if (!_kept.TryPop(out var wait)) wait = new();
            wait.Begin(longest, aborted);
            _running.AddLast(wait.Place);
            return wait;
        }
    }

    private void EndWait(LimitedWait wait)
    {
        lock (_running) _running.Remove(wait.Place);
        if (wait.TryEnd())
        {
            lock (_running)
            {
                if (_kept.Count == MaxKept) wait.Dispose();
                else _kept.Push(wait);
            }
        }
        else wait.Dispose();
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

    private void EndWaits()
    {
        lock (_running)
        {
            // Looks that were held up come all at once, and are one.
            if (TimeProvider.System.GetElapsedTime(_looked) < Look / 2) return;
            _looked = TimeProvider.System.GetTimestamp();
            var silence = _storage.Span;
            _looks = silence > _silence ? _looks + 1 : 0;
            _silence = silence;
            if (silence < Longest || _looks < SilentLooks) return;
            foreach (var wait in _running) wait.EndIfOver();
        }
    }
}

/// <summary>The wait of one request at a time. It is used again, as the web server does with its own tokens.</summary>
internal sealed class LimitedWait : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private TimeSpan _longest;
    private CancellationTokenRegistration _aborted;
    private long _began;
    private volatile bool _unlimited;

    public LimitedWait() => Place = new(this);

    /// <summary>Where it is among those that run.</summary>
    public LinkedListNode<LimitedWait> Place { get; }

    public CancellationToken Token => _over.Token;

    /// <summary>Whether the token was cancelled because the database is silent.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Begins.</summary>
    /// <param name="longest">How long it may last while the database is silent.</param>
    /// <param name="aborted">The end of the request.</param>
    public void Begin(TimeSpan longest, CancellationToken aborted)
    {
        (_longest, _began, _unlimited) = (longest, TimeProvider.System.GetTimestamp(), false);
        _aborted = aborted.UnsafeRegister(static wait => (wait as LimitedWait)?._over.Cancel(), this);
    }

    /// <summary>From now on it may last.</summary>
    public void EndLimit() => _unlimited = true;

    public void EndIfOver()
    {
        if (IsOver || _unlimited || TimeProvider.System.GetElapsedTime(_began) < _longest) return;
        IsOver = true;
        _over.CancelAsync();
    }

    /// <summary>Ends with its request. False when its token was cancelled: then it cannot be used again.</summary>
    public bool TryEnd()
    {
        _aborted.Dispose();
        return _over.TryReset();
    }

    public void Dispose() => _over.Dispose();
}

/// <summary>A route whose callers ask for a wait: for an outcome, or for news.</summary>
/// <param name="parameter">The parameter by which they do so; null when they always do.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MayWaitAttribute(string? parameter = null) : Attribute
{
    /// <summary>The parameter of the query without which the route does not wait.</summary>
    public string? If => parameter;
}

using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Telemetry;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Server.Api;

/// <summary>Checks the key of a request before its route looks at anything else.</summary>
internal static class ScopeCheck
{
    private const string Bearer = "Bearer ";

    /// <summary>Checks the key of a request; null when it may pass.</summary>
    /// <param name="http">The request; the caller is attached to it.</param>
    /// <param name="required">What the route requires.</param>
    public static ValueTask<Problem?> Check(HttpContext http, RequiredScopeAttribute required) =>
        Check(http, required, http.GetRouteValue("merchant_code") as string ?? HeaderOf(http.Request));

    /// <summary>Checks the key of a request; null when it may pass.</summary>
    /// <param name="http">The request; the caller is attached to it.</param>
    /// <param name="required">What the route requires.</param>
    /// <param name="merchantCode">The merchant that the request names, if it does.</param>
    public static async ValueTask<Problem?> Check(
        HttpContext http, RequiredScopeAttribute required, string? merchantCode)
    {
        if (http.Request.Headers.Authorization.Count > 1) return Problem.DuplicateAuthorization;
        var services = http.RequestServices;
        if (await KeyOf(http) is not { } key) return Refused(services, KeyRefused.WrongKey, Problem.Unauthorized);
        if (services.GetRequiredService<RateLimits>().TakeRequest(key) is var wait && wait > TimeSpan.Zero)
            return Refused(services, KeyRefused.Rate, Problem.TooOften(wait));
        return Admit(http, required, key, merchantCode);
    }

    /// <summary>Whether the key of an admitted request still has the same rights.</summary>
    public static async ValueTask<bool> Holds(HttpContext http) =>
        http.Features.Get<Caller>() is { } caller && await KeyOf(http) == caller.Key;

    /// <summary>A session of the console counts instead of a key in a header.</summary>
    private static ValueTask<KeyGrant?> KeyOf(HttpContext http)
    {
        var key = FindKey(http);
        return key.IsCompleted ? key : new(key.AsTask().WaitAsync(http.RequestAborted));
    }

    private static ValueTask<KeyGrant?> FindKey(HttpContext http)
    {
        var services = http.RequestServices;
        if (http.Features.Get<SignedIn>() is { } session)
            return FindSession(services.GetRequiredService<SessionDirectory>(), session.Secret);
        var key = BearerOf(http.Request.Headers.Authorization.ToString());
        return key.IsEmpty ? default : services.GetRequiredService<KeyDirectory>().FindGrant(key, http.RequestAborted);
    }

    private static async ValueTask<KeyGrant?> FindSession(SessionDirectory sessions, string secret) =>
        (await sessions.Find(secret))?.Grant;

    private static Problem? Admit(HttpContext http, RequiredScopeAttribute required, KeyGrant key, string? named)
    {
        var merchants = http.RequestServices.GetRequiredService<MerchantDirectory>();
        // the key is not valid any more
        if (key.MerchantCode is { } own && merchants.FindMerchant(own) is null) return Problem.Unauthorized;
        if (named is not null && key.MerchantCode is { } only && named != only) return Problem.NotFound;
        var code = key.MerchantCode ?? named;
        var merchant = code is null ? null : merchants.FindMerchant(code);
        if (code is not null && merchant is null) return Problem.NotFound;
        if ((key.Scopes & required.Needed) != required.Needed)
        {
            return Refused(http.RequestServices, KeyRefused.Scope,
                required.Lacking == StatusCodes.Status403Forbidden ? Problem.Forbidden : Problem.Unauthorized);
        }
        if (merchant is null && !required.ForChain) return Problem.NoMerchant;
        if (required.WholeMerchant && key.Store is not null) return Problem.OneStoreOnly;
        if (required.ChainOnly && key.MerchantCode is not null)
            return Refused(http.RequestServices, KeyRefused.Scope, Problem.OneMerchantOnly);
        var caller = new Caller(key, http.Connection.RemoteIpAddress?.ToString() ?? "", code);
        http.Features.Set(caller);
        if (merchant is not null) http.Features.Set(new MerchantScope(merchant, caller));
        return null;
    }

    private static Problem Refused(IServiceProvider services, KeyRefused reason, Problem problem)
    {
        services.GetRequiredService<FleetMeter>().CountRefusedKey(reason);
        return problem;
    }

    private static string? HeaderOf(HttpRequest request) =>
        request.Headers.TryGetValue(Reach.MerchantHeader, out var values) ? values.ToString() : null;

    private static ReadOnlySpan<char> BearerOf(string header) =>
        header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header.AsSpan(Bearer.Length).Trim() : default;
}

/// <summary>What a route, or a method of gRPC, requires of a key.</summary>
/// <param name="needed">The scope.</param>
/// <param name="lacking">The status that SumUp describes for a key without the scope.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiredScopeAttribute(Scopes needed, int lacking = StatusCodes.Status403Forbidden) : Attribute
{
    public Scopes Needed => needed;

    public int Lacking => lacking;

    /// <summary>
    /// The name of the action in the audit, of <see cref="Fleet.Core.Access.AuditAction"/>; null when nothing is
    /// changed.
    /// </summary>
    public string? Action { get; init; }

    /// <summary>Whether the route is about a whole merchant: a key of one store is refused.</summary>
    public bool WholeMerchant { get; init; }

    /// <summary>Whether the route is about the whole chain: no merchant need be named.</summary>
    public bool ForChain { get; init; }

    /// <summary>Whether only keys of the whole chain may call it.</summary>
    public bool ChainOnly { get; init; }
}

internal static class MerchantScopeExtensions
{
    /// <summary>The merchant of a call of gRPC; every method requires a scope.</summary>
    public static MerchantScope GetMerchant(this ServerCallContext context) =>
        context.GetHttpContext().Features.Get<MerchantScope>()
        ?? throw new InvalidOperationException($"{context.Method} asks for no scope.");

    /// <summary>Admits only keys with this scope, and only keys of the merchant that the path names.</summary>
    /// <param name="route">The route.</param>
    /// <param name="needed">The scope.</param>
    /// <param name="lacking">The status that SumUp describes for a key without the scope.</param>
    /// <param name="action">The name of the action in the audit; null when nothing is changed.</param>
    /// <param name="wholeMerchant">Whether the route is about a whole merchant: a key of one store is refused.</param>
    /// <param name="forChain">Whether a key of the whole chain need not name a merchant.</param>
    public static RouteHandlerBuilder RequireScope(
        this RouteHandlerBuilder route, Scopes needed, int lacking = StatusCodes.Status403Forbidden,
        string? action = null, bool wholeMerchant = false, bool forChain = false) =>
        route.WithMetadata(new RequiredScopeAttribute(needed, lacking)
        {
            Action = action, WholeMerchant = wholeMerchant, ForChain = forChain,
        });

    /// <summary>Checks the key of each request before its route looks at anything else.</summary>
    public static void UseMerchantScope(this WebApplication app)
    {
        var services = new ServiceProvidersFeature { RequestServices = app.Services };
        app.Use((http, next) =>
        {
            if (http.GetEndpoint()?.Metadata is not { } route
                || route.GetMetadata<RequiredScopeAttribute>() is not { } required) return next(http);
            // The routes of REST need no services of their own for each request, so none are prepared.
            if (route.GetMetadata<GrpcMethodMetadata>() is null) http.Features.Set<IServiceProvidersFeature>(services);
            var check = ScopeCheck.Check(http, required); // nearly always done at once, because the key is known
            return check.IsCompletedSuccessfully ? Go(http, check.Result, next) : AwaitCheck(http, check, next);
        });
    }

    private static Task Go(HttpContext http, Problem? problem, RequestDelegate next) =>
        problem is null ? next(http) : problem.ExecuteAsync(http);

    private static async Task AwaitCheck(HttpContext http, ValueTask<Problem?> check, RequestDelegate next) =>
        await Go(http, await check, next);
}

using Fleet.Core;
using Fleet.Server.Http;
using Grpc.Core;

namespace Fleet.Server.Merchants;

/// <summary>
/// The proof that the caller's key belongs to the merchant in the path, if there is one, and may do what the route
/// does. A handler that works for a merchant takes one as an argument, and there is no other way to get it.
/// </summary>
internal sealed class MerchantScope
{
    private const string Bearer = "Bearer ";

    private MerchantScope(Merchant merchant, string? store) =>
        (Merchant, Reach) = (merchant, new(merchant.Code, store));

    public Merchant Merchant { get; }

    public string Code => Merchant.Code;

    /// <summary>What the key reaches: all of the merchant, or one store.</summary>
    public Reach Reach { get; }

    public static ValueTask<MerchantScope?> BindAsync(HttpContext http) =>
        ValueTask.FromResult(http.Features.Get<MerchantScope>());

    /// <summary>Checks the key of a request; null when it may pass.</summary>
    /// <param name="http">The request; gets the proof.</param>
    /// <param name="required">What the route asks.</param>
    public static Problem? Check(HttpContext http, RequiredScopeAttribute required)
    {
        var sent = http.Request.Headers.Authorization;
        if (sent.Count > 1) return Problem.DuplicateAuthorization;
        if (BearerOf(sent.ToString()) is not { } key
            || http.RequestServices.GetRequiredService<MerchantDirectory>().Find(key) is not { } grant)
            return Problem.Unauthorized;
        if (http.GetRouteValue("merchant_code") is string code && code != grant.Merchant.Code) return Problem.NotFound;
        if ((grant.Scopes & required.Needed) != required.Needed)
            return required.Lacking == StatusCodes.Status403Forbidden ? Problem.Forbidden : Problem.Unauthorized;
        http.Features.Set(new MerchantScope(grant.Merchant, grant.Store));
        return null;
    }

    private static string? BearerOf(string header) =>
        header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && header.AsSpan(Bearer.Length).Trim() is { Length: > 0 } key
            ? key.ToString()
            : null;
}

/// <summary>What a route, or a method of gRPC, asks of a key.</summary>
/// <param name="needed">The scope.</param>
/// <param name="lacking">The status SumUp's description gives for a key without it.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiredScopeAttribute(Scopes needed, int lacking = StatusCodes.Status403Forbidden) : Attribute
{
    public Scopes Needed => needed;

    public int Lacking => lacking;
}

internal static class MerchantScopeExtensions
{
    /// <summary>The proof for a call of gRPC; its method has asked for it.</summary>
    public static MerchantScope Merchant(this ServerCallContext context) =>
        context.GetHttpContext().Features.Get<MerchantScope>()
        ?? throw new InvalidOperationException($"{context.Method} asks for no scope.");

    /// <summary>Lets only keys with this scope through, and where the path names a merchant only that one's.</summary>
    public static RouteHandlerBuilder RequireScope(
        this RouteHandlerBuilder route, Scopes needed, int lacking = StatusCodes.Status403Forbidden) =>
        route.WithMetadata(new RequiredScopeAttribute(needed, lacking));

    /// <summary>Checks the key of each request before its route looks at anything else.</summary>
    public static void UseMerchantScope(this WebApplication app) => app.Use((http, next) =>
        http.GetEndpoint()?.Metadata.GetMetadata<RequiredScopeAttribute>() is { } required
        && MerchantScope.Check(http, required) is { } problem
            ? problem.ExecuteAsync(http)
            : next(http));
}

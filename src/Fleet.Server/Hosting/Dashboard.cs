using System.Net.Http.Headers;
using System.Text;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Orleans.Dashboard;

namespace Fleet.Server.Hosting;

/// <summary>Orleans' own dashboard. It shows every merchant's grains, so it takes a key of the whole chain.</summary>
internal static class Dashboard
{
    private const string Path = "/dashboard", Challenge = "Basic realm=\"Fleet\"";

    /// <summary>What it is made of in a silo; every node has to have it.</summary>
    public static ISiloBuilder AddFleetDashboard(this ISiloBuilder silo) =>
        silo.AddDashboard(dashboard => dashboard.HideTrace = true); // it would show logs

    public static void MapDashboard(this IEndpointRouteBuilder routes) =>
        routes.MapOrleansDashboard(Path).WithMetadata(new KeyRequired());

    /// <summary>Lets nobody without a key to a route of the dashboard.</summary>
    public static void UseDashboardKey(this IApplicationBuilder operations) => operations.Use(async (http, next) =>
    {
        var status = http.GetEndpoint()?.Metadata.GetMetadata<KeyRequired>() is null
            ? StatusCodes.Status200OK
            : await CheckKey(http);
        if (status is StatusCodes.Status200OK)
        {
            await next(http);
            return;
        }
        http.Response.StatusCode = status;
        if (status is StatusCodes.Status401Unauthorized) http.Response.Headers.WWWAuthenticate = Challenge;
    });

    private static async Task<int> CheckKey(HttpContext http)
    {
        var services = http.RequestServices;
        if (KeyOf(http.Request.Headers.Authorization.ToString()) is not { } text
            || await services.GetRequiredService<KeyDirectory>().FindGrant(text, http.RequestAborted) is not { } key)
            return StatusCodes.Status401Unauthorized;
        if (services.GetRequiredService<RateLimits>().TakeRequest(key) > TimeSpan.Zero)
            return StatusCodes.Status429TooManyRequests;
        return key.Scopes.HasFlag(Scopes.Admin) && key.MerchantCode is null
            ? StatusCodes.Status200OK
            : StatusCodes.Status403Forbidden;
    }

    /// <summary>The key as a program sends it, or as a browser does: as the password of anybody.</summary>
    private static string? KeyOf(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var sent) || sent.Parameter is not { } text) return null;
        if (sent.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) return text;
        var bytes = new byte[text.Length];
        return sent.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64String(text, bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [_, { Length: > 0 } password]
                ? password
                : null;
    }

    /// <summary>On a route: it takes a key.</summary>
    private sealed class KeyRequired;
}

using System.Net.Http.Headers;
using System.Text;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Orleans.Dashboard;

namespace Fleet.Server.Hosting;

/// <summary>
/// Orleans' own dashboard. It shows the grains of all merchants, so it requires a key of the whole chain.
/// </summary>
internal static class Dashboard
{
    private const string Path = "/dashboard", Challenge = "Basic realm=\"Fleet\"";

    /// <summary>The dashboard's part in a silo; every node must have it.</summary>
    public static ISiloBuilder AddFleetDashboard(this ISiloBuilder silo) =>
        silo.AddDashboard(dashboard => dashboard.HideTrace = true); // the page would show logs

    public static void MapDashboard(this IEndpointRouteBuilder routes) =>
        routes.MapOrleansDashboard(Path).WithMetadata(new KeyRequired());

    /// <summary>Refuses requests without a valid key to routes of the dashboard.</summary>
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

    /// <summary>
    /// The key of a request: a bearer token from a program, or the password of any user name from a browser.
    /// </summary>
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

    /// <summary>Marks a route that requires a key.</summary>
    private sealed class KeyRequired;
}

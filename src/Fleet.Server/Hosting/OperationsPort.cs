using Fleet.Server.Api;
using Fleet.Server.Api.Rest;
using Fleet.Server.Console;
using Fleet.Server.Settings;

namespace Fleet.Server.Hosting;

/// <summary>
/// The routes for operators, on an address of their own: health, metrics, the dashboard and the console. A connection
/// is marked by the address at which it came in, so nothing in a request can reach these routes on another address.
/// </summary>
internal static class OperationsPort
{
    /// <summary>A header of each answer: the version of the program.</summary>
    public const string VersionHeader = "Fleet-Version";

    /// <summary>Sends marked requests to routes of their own, before all other middleware.</summary>
    public static void UseOperations(this WebApplication app, FleetOptions options) => app.MapWhen(
        PortMark.Operations.IsOf,
        operations =>
        {
            operations.Use((http, next) =>
            {
                http.Response.Headers[VersionHeader] = ProgramVersion.Text;
                if (HttpMethods.IsGet(http.Request.Method) || IsForm(http.Request)) return next(http);
                http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                http.Response.Headers.Allow = HttpMethods.Get; // some of the routes would accept any method
                return Task.CompletedTask;
            });
            operations.UseProxies(options);
            operations.UseRouting();
            operations.UseConsole(options, ConsolePlace.Operations);
            operations.UseDashboardKey();
            operations.UseEndpoints(routes =>
            {
                routes.MapHealth();
                if (options.Telemetry) routes.MapPrometheusScrapingEndpoint();
                if (options.Dashboard) routes.MapDashboard();
                routes.MapConsole(options, ConsolePlace.Operations);
            });
        });

    /// <summary>The console's forms are the only requests here that change something.</summary>
    private static bool IsForm(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Path.StartsWithSegments(PageRequest.Root);
}

using Fleet.Server.Settings;







namespace Fleet.Server.Hosting;

/// <summary>
/// What only those who run Fleet may see, on an address of its own: how the node is, its metrics, and the dashboard. A
/// connection carries a mark of the address it came in at, so nothing a caller sends can open this door on another.
/// </summary>
internal static class OperationsPort
{
    /// <summary>The address among those of the web server, of which it is the last.</summary>
    public const string Endpoint = "Operations";

    /// <summary>On each answer: the version of the program.</summary>
    public const string VersionHeader = "Fleet-Version";

    /// <summary>Marks the connections that come in at the address.</summary>
    public static void MarkOperations(this IWebHostBuilder web) => web.ConfigureKestrel(kestrel =>
    {
        var loader = kestrel.ConfigurationLoader
            ?? throw new InvalidOperationException("The web server would not mark what comes in for operations.");
        loader.Endpoint(Endpoint, operations => operations.ListenOptions.Use(next => connection =>
        {
            connection.Features.Set(Mark.Here);
            return next(connection);
        }));
    });

    /// <summary>Takes the marked requests out of the way of all others, to routes of their own.</summary>
    public static void UseOperations(this WebApplication app, FleetOptions options) => app.MapWhen(
        http => http.Features.Get<Mark>() is not null,
        operations =>
        {
            operations.Use((http, next) =>
            {
                http.Response.Headers[VersionHeader] = ProgramVersion.Text;
                if (HttpMethods.IsGet(http.Request.Method)) return next(http);
                http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                http.Response.Headers.Allow = HttpMethods.Get; // some of the routes would take any method
                return Task.CompletedTask;
            });
            operations.UseRouting();
            operations.UseDashboardKey();
            operations.UseEndpoints(routes =>
            {
                routes.MapHealth();
                if (options.Telemetry) routes.MapPrometheusScrapingEndpoint();
                if (options.Dashboard) routes.MapDashboard();
            });
        });

    private sealed class Mark
    {
        public static readonly Mark Here = new();
    }
}

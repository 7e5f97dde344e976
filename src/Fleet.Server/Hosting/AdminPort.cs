using Fleet.Core.Access;
using Fleet.Server.Api;
using Fleet.Server.Console;
using Fleet.Server.Settings;

namespace Fleet.Server.Hosting;

/// <summary>
/// The administration: the routes that need scope <c>admin</c>, the description of the API and the console. With an
/// address of its own it is found there only; everywhere else there is nothing at its paths, whatever the key.
/// </summary>
internal static class AdminPort
{
    /// <summary>The first segments of administrative paths that need no scope.</summary>
    private static readonly PathString[] Paths = ["/docs", "/openapi", PageRequest.Root];

    /// <summary>Hides the administration everywhere but at its address.</summary>
    public static void UseAdminPort(this WebApplication app, FleetOptions options)
    {
        if (options.AdminUrl is null) return;
        app.Use((http, next) =>
        {
            if (PortMark.Admin.IsOf(http) || !IsAdministrative(http)) return next(http);
            http.SetEndpoint(null); // as if no route were there, which gRPC tells in another way than a missing row
            return Problem.NotFound.ExecuteAsync(http);
        });
    }

    private static bool IsAdministrative(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<RequiredScopeAttribute>()?.Needed.HasFlag(Scopes.Admin) is true
        || http.Request.Path == "/" // leads to /docs
        || Array.Exists(Paths, path => http.Request.Path.StartsWithSegments(path));
}

using Fleet.Core.Access;
using Fleet.Server.Api;
using Fleet.Server.Console;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Routing.Template;

namespace Fleet.Server.Hosting;

/// <summary>
/// The administration: the routes that need scope <c>admin</c>, the description of the API and the console. With an
/// address of its own it is found there only; everywhere else there is nothing at its paths, whatever the key.
/// </summary>
internal static class AdminPort
{
    /// <summary>The first segments of administrative paths that need no scope.</summary>
    private static readonly PathString[] Paths =
    [
        "/docs", "/openapi", PageRequest.Root,
        "/grpc.reflection.v1.ServerReflection", "/grpc.reflection.v1alpha.ServerReflection",
    ];

    /// <summary>Hides the administration everywhere but at its address.</summary>
    public static void UseAdminPort(this WebApplication app, FleetOptions options)
    {
        if (options.AdminUrl is null) return;
        var routes = new Lazy<Route[]>(() => ListRoutes(app));
        app.Use((http, next) =>
        {
            if (PortMark.Admin.IsOf(http)) return next(http);
            if (!IsAdministrative(http))
            {
                // No route takes this method: only routes that are not hidden may be told of.
                if (http.GetEndpoint() is null or RouteEndpoint) return next(http);
                var methods = MethodsAt(http.Request.Path, routes.Value);
                if (methods.Length > 0) return RefuseMethod(http, next, methods);
            }
            http.SetEndpoint(null); // as if no route were there, which gRPC tells in another way than a missing row
            return Problem.NotFound.ExecuteAsync(http);
        });
    }

    private static bool IsAdministrative(HttpContext http) =>
        IsAdministrative(http.GetEndpoint())
        || http.Request.Path == "/" // leads to /docs
        || Array.Exists(Paths, path => http.Request.Path.StartsWithSegments(path));

    private static bool IsAdministrative(Endpoint? route) =>
        route?.Metadata.GetMetadata<RequiredScopeAttribute>()?.Needed.HasFlag(Scopes.Admin) is true;

    private static Task RefuseMethod(HttpContext http, RequestDelegate next, string[] methods)
    {
        http.Response.OnStarting(() =>
        {
            if (http.Response.Headers.Allow.Count > 0) http.Response.Headers.Allow = string.Join(", ", methods);
            return Task.CompletedTask;
        });
        return next(http);
    }

    /// <summary>The methods that a path takes without those of the administration.</summary>
    private static string[] MethodsAt(PathString path, Route[] routes) =>
    [
        .. routes.Where(route => route.Path.TryMatch(path, [])).SelectMany(route => route.Methods).Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static Route[] ListRoutes(WebApplication app) =>
    [
        .. from route in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            where !IsAdministrative(route)
            let methods = route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods
            where methods is not null
            select new Route(new(new(route.RoutePattern), []), methods),
    ];

    /// <summary>A route that is not hidden.</summary>
    private sealed record Route(TemplateMatcher Path, IReadOnlyList<string> Methods);
}

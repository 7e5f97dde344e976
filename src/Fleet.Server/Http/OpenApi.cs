using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fleet.Server.Http;

/// <summary>How our own API description is made from the routes.</summary>
internal static class OpenApi
{
    private const string KeyScheme = "api_key";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Fleet",
                Version = "v1",
                Description = "SumUp's Cloud API for Solo readers, served by the chain itself.",
            };
            document.Servers = [];
            document.Components ??= new();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            document.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
            return Task.CompletedTask;
        });
    }

    /// <summary>Documents the body of a route that reads it by hand.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route) where T : notnull =>
        route.Accepts<T>("application/json");

    /// <summary>
    /// Documents a route: its name, what it is for, what it answers; 200 unless a 2xx is among the statuses.
    /// </summary>
    public static RouteHandlerBuilder Describe<T>(
        this RouteHandlerBuilder route, string name, string summary, params int[] statuses)
    {
        var success = statuses.FirstOrDefault(status => status < 300);
        route.Produces<T>(success is 0 ? StatusCodes.Status200OK : success);
        return route.DescribeRefusals(name, summary, statuses);
    }

    /// <summary>Documents a route that answers with an empty body.</summary>
    public static RouteHandlerBuilder Describe(
        this RouteHandlerBuilder route, string name, string summary, params int[] statuses)
    {
        route.Produces(StatusCodes.Status200OK);
        return route.DescribeRefusals(name, summary, statuses);
    }

    private static RouteHandlerBuilder DescribeRefusals(
        this RouteHandlerBuilder route, string name, string summary, int[] statuses)
    {
        foreach (var status in statuses.Where(status => status >= 400)) route.ProducesProblem(status);
        return route.WithName(name).WithSummary(summary);
    }
}

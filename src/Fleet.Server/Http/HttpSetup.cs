using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Server.Changes;
using Fleet.Server.Storage;
using Microsoft.AspNetCore.Diagnostics;
using Scalar.AspNetCore;

namespace Fleet.Server.Http;

internal static class HttpSetup
{
    /// <summary>Where the paths of the APIs begin.</summary>
    private static readonly PathString[] Apis = ["/v0.1", "/v1.0", "/v1.1", "/v2.1", "/fleet"];

    public static void AddHttp(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = JsonBody.MaxBytes;
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // What the description is made from; the routes themselves name their types.
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        builder.Services.AddOpenApi("v1", OpenApi.Configure);
    }

    /// <summary>What stands in front of every route: errors are problems, and a path ends where it ends.</summary>
    public static void UseHttp(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            SuppressDiagnosticsCallback = failure =>
                Problems.Of(failure.Exception).Status < 500 || Outage.Is(failure.Exception),
            ExceptionHandler = Answer,
        });
        app.UseStatusCodePages(context => context.HttpContext.Response.StatusCode switch
        {
            404 => Problem.NotFound.ExecuteAsync(context.HttpContext),
            405 => Problem.MethodNotAllowed.ExecuteAsync(context.HttpContext),
            _ => Task.CompletedTask,
        });
        // SumUp's own API stopped ignoring trailing slashes.
        app.Use((http, next) =>
            http.Request.Path.Value is [.., '/'] && Array.Exists(Apis, http.Request.Path.StartsWithSegments)
                ? Problem.NotFound.ExecuteAsync(http)
                : next(http));
        app.MapOpenApi();
        app.MapScalarApiReference("/docs", docs =>
        {
            docs.Title = "Fleet";
            docs.OpenApiRoutePattern = "/openapi/v1.json";
            // The page is read inside a chain's network: it fetches nothing, and reports nothing, elsewhere.
            docs.Telemetry = false;
            docs.DefaultFonts = false;
            docs.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            docs.Agent = new() { Disabled = true };
            docs.HideClientButton = true;
        });
    }

    private static Task Answer(HttpContext http)
    {
        var failure = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        // A database that is away fails every request the same way: a line says it, where a fault shows its stack.
        if (failure is not null && Outage.Is(failure))
        {
            http.RequestServices.GetRequiredService<Damage>().Note(failure);
            http.RequestServices.GetRequiredService<ILogger<Problem>>().Outage(failure.GetBaseException().Message);
        }
        return Problems.Of(failure).ExecuteAsync(http);
    }
}

internal static partial class HttpLog
{
    [LoggerMessage(1400, LogLevel.Warning, "A request was answered 503: {Why}")]
    public static partial void Outage(this ILogger log, string why);
}

/// <summary>What callers are told about exceptions: never what went wrong inside.</summary>
internal static class Problems
{
    public static Problem Of(Exception? error) => error switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problem.TooLarge,
        TooManyWatchesException => Problem.TooManyRequests,
        BadHttpRequestException => Problem.BadRequest("The request is malformed."),
        { } failure when Outage.Is(failure) => Problem.Unavailable,
        _ => Problem.Internal,
    };
}

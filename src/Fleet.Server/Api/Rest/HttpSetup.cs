using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Server.Checkouts;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.HttpOverrides;
using Scalar.AspNetCore;

namespace Fleet.Server.Api.Rest;

internal static class HttpSetup
{
    /// <summary>The first segments of the APIs' paths.</summary>
    private static readonly PathString[] Apis = ["/v0", "/v0.1", "/v1", "/v1.0", "/v1.1", "/v2.1", "/fleet"];

    /// <summary>Whether a path with this first segment belongs to one of the APIs.</summary>
    public static bool IsApi(string segment) => Array.Exists(Apis, new PathString($"/{segment}").Equals);

    public static void AddHttp(this WebApplicationBuilder builder)
    {
        // Believed only from the proxies of the settings, whatever ASPNETCORE_FORWARDEDHEADERS_ENABLED says.
        builder.Configuration["ForwardedHeaders_Enabled"] = "false";
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = JsonBody.MaxBytes;
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // The API description needs these types; the routes name their types themselves.
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        builder.Services.AddSingleton<StorageLimit>();
        builder.Services.AddSingleton<LinkEndpoint>();
        builder.Services.AddCors();
        builder.Services.AddSingleton<ICorsPolicyProvider, CorsOrigins>();
        builder.Services.AddOpenApi("v1", OpenApi.ConfigureDocument);
    }

    /// <summary>
    /// Middleware for every request, on every address. It removes extra slashes at the beginning of a path, because
    /// some clients add their own slash to a base address that ends with one. It gives every refusal a body.
    /// </summary>
    public static void UseFirst(this WebApplication app)
    {
        RejectedRequests.AreAnsweredBy(app.Services);
        app.Use((http, next) =>
        {
            if (http.Request.Path.Value is ['/', '/', ..] path) http.Request.Path = $"/{path.TrimStart('/')}";
            return next(http);
        });
        app.Use(FillAnswer);
    }

    /// <summary>Gives a refusal that has no body yet its problem; ASP.NET's own middleware for it costs more.</summary>
    private static async Task FillAnswer(HttpContext http, RequestDelegate next)
    {
        await next(http);
        var answer = http.Response;
        if (answer is { StatusCode: >= 400 and < 600, HasStarted: false, ContentLength: null }
            && string.IsNullOrEmpty(answer.ContentType))
            await Problem.Of(answer.StatusCode).ExecuteAsync(http);
    }

    /// <summary>
    /// Middleware before all routes: it turns errors into problems, and refuses a slash at the end of a path.
    /// </summary>
    public static void UseHttp(this WebApplication app, FleetOptions options)
    {
        app.UseProxies(options);
        if (CorsOrigins.IsOn(options)) CorsOrigins.UseCors(app);
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            SuppressDiagnosticsCallback = failure => failure.HttpContext.RequestAborted.IsCancellationRequested
                || Problems.Of(failure.Exception).Status < 500 || TransientFailure.Is(failure.Exception),
            ExceptionHandler = AnswerFailure,
        });
        // SumUp's own API refuses trailing slashes, too.
        app.Use((http, next) =>
            http.Request.Path.Value is [.., '/'] && Array.Exists(Apis, http.Request.Path.StartsWithSegments)
                ? Problem.NotFound.ExecuteAsync(http)
                : next(http));
        app.UseRouting(); // after the path was changed above, because routing uses the path
        app.MapOpenApi("/openapi/v1.json"); // and no pattern: it would tell of other names in plain text
        // Relative, so that it leads to the page behind a proxy that adds to the path, too.
        app.MapGet("/", ShowDocs).ExcludeFromDescription();
        app.MapScalarApiReference("/docs", docs =>
        {
            docs.Title = "Fleet";
            docs.OpenApiRoutePattern = "/openapi/v1.json";
            // The page is read inside a chain's network: it loads nothing from elsewhere, and sends nothing elsewhere.
            docs.Telemetry = false;
            docs.DefaultFonts = false;
            docs.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            docs.Agent = new() { Disabled = true };
            docs.HideClientButton = true;
        });
    }

    /// <summary>Accepts the forwarding headers of the proxies that the settings name.</summary>
    public static void UseProxies(this IApplicationBuilder app, FleetOptions options)
    {
        if (options.TrustedProxies.Count == 0) return;
        app.UseForwardedHeaders(TrustProxies(options.TrustedProxies));
        app.Use((http, next) =>
        {
            // A browser takes //name, also with \ for /, for another host: no link or redirect may begin with that.
            var prefix = http.Request.PathBase.Value?.Replace('\\', '/') ?? "";
            if (prefix.Contains("//", StringComparison.Ordinal)) http.Request.PathBase = PathString.Empty;
            return next(http);
        });
    }

    /// <summary>
    /// Accepts the forwarding headers of proxies in these networks, however many proxies are in a row.
    /// </summary>
    private static ForwardedHeadersOptions TrustProxies(List<string> networks)
    {
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All, ForwardLimit = null };
        forwarded.KnownProxies.Clear(); // loopback is trusted only if it was named
        forwarded.KnownIPNetworks.Clear();
        foreach (var text in networks)
            if (FleetOptions.TryReadNetwork(text, out var network)) forwarded.KnownIPNetworks.Add(network);
        return forwarded;
    }

    private static RedirectHttpResult ShowDocs() => TypedResults.Redirect("docs");

    private static Task AnswerFailure(HttpContext http)
    {
        var failure = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        // When a database is down, every request fails in the same way, so one line is logged; a bug is logged with its
        // stack.
        if (failure is not null && TransientFailure.Is(failure) && !http.RequestAborted.IsCancellationRequested)
        {
            http.RequestServices.GetRequiredService<StorageDamage>().NoteFailure(failure);
            http.RequestServices.GetRequiredService<ILogger<Problem>>().Outage(failure.GetBaseException().Message);
        }
        return Problems.Of(failure).ExecuteAsync(http);
    }
}

internal static partial class HttpLog
{
    [LoggerMessage(1400, LogLevel.Warning, "A request was answered 503: {Why}")]
    public static partial void Outage(this ILogger log, string why);

    [LoggerMessage(1401, LogLevel.Error, "{Method} failed")]
    public static partial void Fault(this ILogger log, string method, Exception fault);

    [LoggerMessage(1402, LogLevel.Debug, "A malformed request could not be answered")]
    public static partial void Unanswered(this ILogger log, Exception why);
}

/// <summary>Turns exceptions into answers that say nothing about Fleet's inside.</summary>
internal static class Problems
{
    public static Problem Of(Exception? error) => error switch
    {
        BadHttpRequestException refused => Problem.Of(refused.StatusCode),
        TooManyWatchesException => Problem.TooManyRequests,
        { } failure when TransientFailure.Is(failure) => Problem.Unavailable,
        _ => Problem.Internal,
    };
}

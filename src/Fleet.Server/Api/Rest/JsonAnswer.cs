using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Extensions;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// An answer in JSON, written at once and with its length, so that clients need not read chunks, and only the network
/// write is asynchronous.
/// </summary>
internal sealed class JsonAnswer<T>(T body, JsonTypeInfo<T> type, int status) : IResult
{
    private const string Json = "application/json; charset=utf-8";

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var utf8 = JsonSerializer.SerializeToUtf8Bytes(body, type);
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, Json, utf8.Length);
        response.Headers.CacheControl = Answer.NotKept;
        return response.BodyWriter.WriteAsync(utf8, httpContext.RequestAborted).AsTask();
    }
}

internal static class Answer
{
    /// <summary>Answers are true only now, so no cache may keep them.</summary>
    public const string NotKept = "no-store";

    /// <summary>The header with a warning about a request that worked.</summary>
    public const string Warning = "Fleet-Warning";

    /// <summary>Adds a warning to the answer, if there is one.</summary>
    public static void AddWarning(this HttpContext http, string? warning)
    {
        if (warning is not null) http.Response.Headers[Warning] = warning;
    }

    /// <summary>
    /// The address by which the caller reached Fleet: scheme and host, and the part of the path that a trusted proxy
    /// removed.
    /// </summary>
    public static string GetOrigin(this HttpRequest request)
    {
        var connection = request.HttpContext.Connection;
        var host = request.Host.HasValue // HTTP/1.0 need not name a host
            ? request.Host
            : new HostString($"{connection.LocalIpAddress}", connection.LocalPort);
        return UriHelper.BuildAbsolute(request.Scheme, host, request.PathBase).TrimEnd('/');
    }

    /// <summary>A success with a body.</summary>
    public static JsonAnswer<T> Json<T>(T body, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        new(body, type, status);
}

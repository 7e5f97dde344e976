using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fleet.Server.Http;

/// <summary>
/// An answer in JSON, written in one piece and with its length: clients need not take chunks apart, and nothing is
/// asynchronous but the network.
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
    /// <summary>What is told is so now: nobody on the way keeps it.</summary>
    public const string NotKept = "no-store";

    /// <summary>A success with a body.</summary>
    public static JsonAnswer<T> Json<T>(T body, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        new(body, type, status);
}

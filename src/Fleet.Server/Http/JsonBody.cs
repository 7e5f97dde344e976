using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;

namespace Fleet.Server.Http;

/// <summary>
/// Reads request bodies: strictly where money could be misread, leniently where official clients are odd.
/// </summary>
internal static class JsonBody
{
    /// <summary>Largest body in bytes. The server enforces it before a byte of a longer one is parsed.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Reads a JSON object.</summary>
    /// <returns>The body, or the problem to answer with.</returns>
    public static async ValueTask<(T? Body, Problem? Problem)> Read<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel) where T : class
    {
        if (!request.HasJsonContentType() || request.Headers.ContentEncoding.Count > 0)
            return (null, Problem.UnsupportedMediaType);
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancel) is { } body
                ? (body, null)
                : (null, Problem.BadRequest("The body must be a JSON object."));
        }
        catch (JsonException e)
        {
            return (null, Malformed(e));
        }
    }

    /// <summary>
    /// Reads a body that may be missing: nothing at all, or nothing under a JSON content type, as official clients
    /// send.
    /// </summary>
    public static async ValueTask<(T? Body, Problem? Problem)> ReadOptional<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel) where T : class
    {
        var some = await request.BodyReader.ReadAtLeastAsync(1, cancel);
        request.BodyReader.AdvanceTo(some.Buffer.Start);
        return some.Buffer.IsEmpty ? (null, null) : await Read(request, type, cancel);
    }

    /// <summary>Names the field a body went wrong at, where the reader knows it.</summary>
    private static Problem Malformed(JsonException e)
    {
        if (e.Path is not ['$', '.', .. var field]) return Problem.BadRequest("The body is not a valid JSON object.");
        var twice = e.Message.Contains("duplicate", StringComparison.OrdinalIgnoreCase);
        return Problem.BadRequest(
            new FieldError(field, twice ? "is given twice" : "is malformed, of the wrong type or out of range"));
    }
}

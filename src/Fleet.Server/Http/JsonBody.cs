using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Fleet.Core;

namespace Fleet.Server.Http;

/// <summary>Reads request bodies: strictly where money could be misread, leniently where clients are odd.</summary>
internal static class JsonBody
{
    /// <summary>Largest body in bytes. The server enforces it before a byte of a longer one is parsed.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly Problem NoObject = Problem.BadRequest("The body must be a JSON object.");

    private static readonly JsonDocumentOptions NothingTwice = new()
    {
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a JSON object.</summary>
    /// <returns>The body, or the problem to answer with.</returns>
    public static async ValueTask<(T? Body, Problem? Problem)> Read<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel) where T : class
    {
        if (!request.HasJsonContentType() || request.Headers.ContentEncoding.Count > 0)
            return (null, Problem.UnsupportedMediaType);
        var all = await ReadAll(request.BodyReader, cancel);
        var answer = Parse(all.Buffer.ToArray(), type);
        request.BodyReader.AdvanceTo(all.Buffer.End);
        return answer;
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
        if (some.Buffer.IsEmpty) return (null, null);
        var answer = await Read(request, type, cancel);
        return answer.Problem == NoObject ? (null, null) : answer; // a JSON null is an absent body
    }

    private static async ValueTask<ReadResult> ReadAll(PipeReader body, CancellationToken cancel)
    {
        while (true)
        {
            var some = await body.ReadAsync(cancel);
            if (some.IsCompleted) return some;
            body.AdvanceTo(some.Buffer.Start, some.Buffer.End);
        }
    }

    private static (T?, Problem?) Parse<T>(byte[] utf8, JsonTypeInfo<T> type) where T : class
    {
        if (!Utf8.IsValid(utf8)) return (null, Problem.BadRequest("The body is not valid UTF-8."));
        try
        {
            var body = JsonSerializer.Deserialize(utf8, type);
            // The typed reader passes over members it does not know; a name twice is wrong there too.
            using var whole = JsonDocument.Parse(utf8, NothingTwice);
            return body is null ? (null, NoObject) : (body, null);
        }
        catch (JsonException e)
        {
            return (null, Malformed(e));
        }
    }

    /// <summary>Names the field a body went wrong at, where the reader knows it.</summary>
    private static Problem Malformed(JsonException e)
    {
        var twice = e.Message.Contains("duplicate", StringComparison.OrdinalIgnoreCase);
        if (e.Path is not ['$', '.', .. var field])
            return Problem.BadRequest(twice ? "A member is given twice." : "The body is not a valid JSON object.");
        return Problem.BadRequest(
            new FieldError(field, twice ? "is given twice" : "is malformed, of the wrong type or out of range"));
    }
}

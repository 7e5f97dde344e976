using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Fleet.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Primitives;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Reads request bodies: strictly where an amount could be misread, and tolerantly where clients are known to differ.
/// </summary>
internal static class JsonBody
{
    /// <summary>Largest body in bytes. The server enforces it before it parses a longer one.</summary>
    public const int MaxBytes = 64 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static readonly Problem NoObject = Problem.BadRequest("The body must be a JSON object.");

    private static readonly JsonReaderOptions Lenient = new() { AllowTrailingCommas = true };

    private static readonly JsonDocumentOptions NothingTwice = new()
    {
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a JSON object.</summary>
    /// <param name="request">The request.</param>
    /// <param name="type">What the object is.</param>
    /// <param name="cancel">The end of the request.</param>
    /// <param name="strict">Whether an unknown member is an error, as everywhere below <c>/fleet/v1</c>.</param>
    /// <param name="plain">Reads the plainest bodies in less memory; null for all others.</param>
    /// <returns>The body, or the problem to answer with.</returns>
    public static async ValueTask<(T? Body, Problem? Problem)> ReadObject<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel, bool strict = false,
        Func<ReadOnlySpan<byte>, T?>? plain = null) where T : class
    {
        if (!request.HasJsonContentType() || !IsPlain(request.Headers.ContentEncoding))
            return (null, Problem.UnsupportedMediaType);
        var all = await AwaitRead(request, ReadAll(request.BodyReader, cancel));
        if (plain is null || !all.Buffer.IsSingleSegment || plain(all.Buffer.FirstSpan) is not { } body)
            return ParseObject(TakeBytes(request, all), type, strict);
        request.BodyReader.AdvanceTo(all.Buffer.End);
        return (body, null);
    }

    /// <summary>All bytes of a body, without the byte order mark that some clients send.</summary>
    public static async ValueTask<Memory<byte>> ReadBytes(HttpRequest request, CancellationToken cancel) =>
        TakeBytes(request, await AwaitRead(request, ReadAll(request.BodyReader, cancel)));

    private static Memory<byte> TakeBytes(HttpRequest request, ReadResult all)
    {
        var utf8 = all.Buffer.ToArray();
        request.BodyReader.AdvanceTo(all.Buffer.End);
        return utf8.AsSpan().StartsWith(ByteOrderMark) ? utf8.AsMemory(ByteOrderMark.Length) : utf8;
    }

    /// <summary>
    /// Reads a body that may be missing: no body at all, or an empty one with a JSON content type, as official clients
    /// send it.
    /// </summary>
    public static async ValueTask<(T? Body, Problem? Problem)> ReadOptional<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancel, bool strict = false) where T : class
    {
        var some = await AwaitRead(request, request.BodyReader.ReadAtLeastAsync(1, cancel));
        request.BodyReader.AdvanceTo(some.Buffer.Start);
        if (some.Buffer.IsEmpty) return (null, null);
        var answer = await ReadObject(request, type, cancel, strict);
        return answer.Problem == NoObject ? (null, null) : answer; // a JSON null is an absent body
    }

    /// <summary>Whether a body is not compressed: the encoding <c>identity</c> means no encoding.</summary>
    private static bool IsPlain(StringValues encodings) =>
        encodings.Count == 0
        || encodings.All(encoding => "identity".Equals(encoding?.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Waits for the body. The web server reports a wrong chunk size, and a connection closed by the caller, as an
    /// IOException like a broken disk. Both are malformed requests here. The connection is closed afterwards, because
    /// it is not known where the next request begins.
    /// </summary>
    private static async ValueTask<ReadResult> AwaitRead(HttpRequest request, ValueTask<ReadResult> reading)
    {
        try
        {
            return await reading;
        }
        catch (IOException e)
        {
            request.HttpContext.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            throw e as BadHttpRequestException ?? new BadHttpRequestException(e.Message, e);
        }
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

    private static (T?, Problem?) ParseObject<T>(Memory<byte> utf8, JsonTypeInfo<T> type, bool strict) where T : class
    {
        if (!Utf8.IsValid(utf8.Span)) return (null, Problem.BadRequest("The body is not valid UTF-8."));
        if ((strict || HasEmptyArray(utf8.Span))
            && JsonShape.FromType(type, strict)?.WalkBody(utf8.Span) is { } wrong && strict)
            return (null, Problem.BadRequest(wrong));
        try
        {
            var body = JsonSerializer.Deserialize(utf8.Span, type);
            // The typed reader ignores members that it does not know; a repeated name must be refused there, too.
            if (!JsonNames.AreUnique(utf8.Span, Lenient)) JsonDocument.Parse(utf8, NothingTwice).Dispose();
            return body is null ? (null, NoObject) : (body, null);
        }
        catch (JsonException e)
        {
            return (null, ExplainMalformed(e));
        }
    }

    /// <summary>Whether the body may contain an empty array, which is rare.</summary>
    private static bool HasEmptyArray(ReadOnlySpan<byte> utf8)
    {
        while (utf8.IndexOf((byte)'[') is var begin and >= 0)
        {
            utf8 = utf8[(begin + 1)..].TrimStart(" \t\r\n"u8);
            if (utf8 is [(byte)']', ..]) return true;
        }
        return false;
    }

    /// <summary>Names the field at which a body is wrong, where the reader knows it.</summary>
    private static Problem ExplainMalformed(JsonException e)
    {
        var twice = e.Message.Contains("duplicate", StringComparison.OrdinalIgnoreCase);
        if (e.Path is not ['$', '.', .. var field])
            return Problem.BadRequest(twice ? "A member is given twice." : "The body is not a valid JSON object.");
        return Problem.BadRequest(new FieldError(field, twice ? JsonShape.Twice : JsonShape.Malformed));
    }
}

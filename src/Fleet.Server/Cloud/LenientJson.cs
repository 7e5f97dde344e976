using System.Globalization;
using System.Text.Json;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reads bodies that may differ from what the cloud documents: what is missing, null or of another kind is null, a
/// number may be a text, and an unknown word is the first member of its enum.
/// </summary>
internal static class LenientJson
{
    private static readonly JsonDocumentOptions Tolerant =
        new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>The body as a JSON object; null if it is something else.</summary>
    public static JsonElement? ParseObject(string body)
    {
        try
        {
            using var parsed = JsonDocument.Parse(body, Tolerant);
            return parsed.RootElement.ValueKind is JsonValueKind.Object ? parsed.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The answers of one of the cloud's two backends are wrapped in <c>data</c>.</summary>
    public static JsonElement Data(this JsonElement body) =>
        body.Member("data") is { ValueKind: JsonValueKind.Object } data ? data : body;

    public static JsonElement? Member(this JsonElement item, string name) =>
        item.ValueKind is JsonValueKind.Object && item.TryGetProperty(name, out var value)
            && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement item, string name) =>
        item.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static string? Text(this JsonElement item, string name) =>
        item.Member(name) is { } value && AsText(value) is { Length: > 0 } text ? text : null;

    public static string? AsText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Unescape(value),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    public static decimal? Number(this JsonElement item, string name) =>
        decimal.TryParse(item.Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    /// <summary>A number without a fraction that is at most 2^53, as every JSON reader keeps it.</summary>
    public static long? Whole(this JsonElement item, string name) =>
        item.Number(name) is { } number && number == decimal.Truncate(number) && Math.Abs(number) <= 1L << 53
            ? (long)number : null;

    public static bool? Flag(this JsonElement item, string name) =>
        bool.TryParse(item.Text(name), out var flag) ? flag : null;

    public static DateTimeOffset? Time(this JsonElement item, string name) =>
        DateTimeOffset.TryParse(item.Text(name), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>A word like <c>WAITING_FOR_PIN</c>; one that the enum does not have is its first member.</summary>
    public static T Word<T>(this JsonElement item, string name) where T : struct, Enum
    {
        var letters = item.Text(name)?.Replace("_", "", StringComparison.Ordinal);
        return letters is not null && letters.All(char.IsAsciiLetter)
            && Enum.TryParse<T>(letters, ignoreCase: true, out var word) ? word : default;
    }

    /// <summary>Half of a surrogate pair, escaped, is valid JSON and no text.</summary>
    private static string? Unescape(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

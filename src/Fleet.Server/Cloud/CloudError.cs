using System.Text.Json;

namespace Fleet.Server.Cloud;

/// <summary>What is wrong with one member of a request.</summary>
internal sealed record CloudFieldError(string Name, string Message);

/// <summary>
/// The body of a refusal. The cloud has six shapes of it; this is what all of them say. A body in no known shape gives
/// a record without content.
/// </summary>
/// <param name="Type">
/// In capitals, whatever shape it had: <c>READER_OFFLINE</c> also for the URI
/// <c>https://developer.sumup.com/problem/reader-offline</c>. Null if there is none.
/// </param>
/// <param name="Detail">A sentence for people.</param>
/// <param name="Fields">Members of the request that are wrong.</param>
/// <param name="RequestId">The cloud's name for the request, with which its support finds it.</param>
internal sealed record CloudError(
    string? Type, string? Detail, IReadOnlyList<CloudFieldError> Fields, string? RequestId)
{
    private const int MaxFields = 50, MaxText = 1_000;

    private static readonly string[] Details = ["detail", "message", "error_message", "title", "error_description"],
        Ids = ["trace_id", "request_id", "ray_id"];

    public static CloudError Read(string body, string? requestId)
    {
        if (LenientJson.ParseObject(body) is not { } root) return new(null, null, [], requestId);
        var legacy = root.Member("errors") is { ValueKind: JsonValueKind.Object } errors ? errors : default;
        var type = legacy.Text("type") ?? root.Text("error_code") ?? root.Text("type") ?? root.Text("error");
        return new(
            NormalizeType(type), Cut(legacy.Text("detail") ?? FirstText(root, Details)),
            [.. ReadFields(root, legacy).Take(MaxFields)], Cut(FirstText(root, Ids)) ?? requestId);
    }

    /// <summary>The last part of a URI, or a word, as <c>READER_OFFLINE</c>.</summary>
    private static string? NormalizeType(string? type)
    {
        var word = Cut(type?.TrimEnd('/').Split('/')[^1]);
        return word is null or "" or "about:blank" ? null : word.Replace('-', '_').ToUpperInvariant();
    }

    private static string? FirstText(JsonElement item, string[] names) =>
        names.Select(name => item.Text(name)).FirstOrDefault(text => text is not null);

    private static IEnumerable<CloudFieldError> ReadFields(JsonElement root, JsonElement legacy)
    {
        foreach (var field in root.Items("fields"))
            yield return new(Cut(field.Text("name")) ?? "", Cut(field.Text("message")) ?? "");
        foreach (var item in root.Items("errors"))
        {
            var message = item.Text("detail") ?? item.Text("message") ?? item.Text("reason") ?? "";
            yield return new(Cut(item.Text("code") ?? item.Text("name")) ?? "", Cut(message) ?? "");
        }
        foreach (var field in ReadMap("", legacy)) yield return field;
    }

    /// <summary>Messages by the name of the member, which may stand in another one.</summary>
    private static IEnumerable<CloudFieldError> ReadMap(string within, JsonElement map)
    {
        if (map.ValueKind is not JsonValueKind.Object) yield break;
        foreach (var member in map.EnumerateObject())
        {
            var name = within + member.Name;
            var isText = member.Value.ValueKind is JsonValueKind.String;
            if (isText && name is "type" or "detail" && within.Length == 0) continue;
            if (member.Value.ValueKind is JsonValueKind.Object)
                foreach (var inner in ReadMap($"{name}.", member.Value)) yield return inner;
            var messages = member.Value.ValueKind is JsonValueKind.Array
                ? member.Value.EnumerateArray().ToArray() : [member.Value];
            foreach (var message in messages)
                if (LenientJson.AsText(message) is { } text) yield return new(Cut(name) ?? "", Cut(text) ?? "");
        }
    }

    private static string? Cut(string? text) => text is { Length: > MaxText } ? text[..MaxText] : text;
}

using System.Text.Json;
using Fleet.Core;
using Fleet.Server.Api.Rest;
using Google.Api;
using Google.Protobuf.Reflection;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Checks what the address of a JSON request says: the path, and the query. The library ignores names that it does not
/// know, and what a body says of a member of the path.
/// </summary>
internal static class RpcAddress
{
    /// <summary>The first name or value that the method does not take; null when there is none.</summary>
    public static FieldError? FindWrong(HttpRequest request, MessageDescriptor message, HttpRule rule)
    {
        var path = request.RouteValues;
        // What the path says is not said again; and what a body may say has no place in the query.
        string[] known = rule.Body is "*"
            ? []
            : [.. RpcRequests.NamesOf(message).Where(name => !path.ContainsKey(name))];
        foreach (var name in request.Query.Keys)
        {
            if (known.Length == 0 || path.ContainsKey(name) || FindField(message, name) is not { } field)
                return new(name, JsonShape.TellUnknown(name, known));
            if (!request.Query[name].All(text => RpcValues.IsText(field, text ?? "")))
                return new(name, JsonShape.Malformed);
        }
        return path.Where(one => one.Value is string text && FindField(message, one.Key) is { } field
                && !RpcValues.IsText(field, text))
            .Select(one => new FieldError(one.Key, JsonShape.Malformed)).FirstOrDefault();
    }

    /// <summary>The first member of a body that says something else than the path; null when there is none.</summary>
    public static FieldError? FindOther(HttpRequest request, MessageDescriptor message, ReadOnlyMemory<byte> body)
    {
        if (request.RouteValues.Count == 0) return null;
        try
        {
            using var json = JsonDocument.Parse(body, new() { AllowTrailingCommas = true });
            foreach (var (name, value) in request.RouteValues)
            {
                if (FindText(json.RootElement, message, name.Split('.')) is { Length: > 0 } text
                    && !text.Equals(value as string, StringComparison.OrdinalIgnoreCase))
                    return new(name, "must be what the path says, or be left out");
            }
        }
        catch (JsonException)
        {
            // the reader of the body reports the error
        }
        return null;
    }

    /// <summary>The field of a name; of a dotted name the field of an inner message. Null when there is none.</summary>
    private static FieldDescriptor? FindField(MessageDescriptor message, string name)
    {
        FieldDescriptor? found = null;
        var inner = message;
        foreach (var step in name.Split('.'))
        {
            if (inner is null || RpcRequests.FindField(inner, step) is not { } field) return null;
            inner = field is { FieldType: FieldType.Message, IsRepeated: false } ? field.MessageType : null;
            found = field;
        }
        return found;
    }

    /// <summary>The text of a member, or of a member of an inner object; null when the body does not say it.</summary>
    private static string? FindText(JsonElement json, MessageDescriptor message, ReadOnlySpan<string> path)
    {
        if (json.ValueKind is not JsonValueKind.Object || message.FindFieldByName(path[0]) is not { } field
            || (!json.TryGetProperty(field.JsonName, out var member) && !json.TryGetProperty(field.Name, out member)))
            return null;
        if (path.Length > 1) return FindText(member, field.MessageType, path[1..]);
        return member.ValueKind is JsonValueKind.Null ? null : member.ToString();
    }
}

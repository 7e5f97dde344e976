using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// What is expected at one place of a JSON body, to find what the readers of JSON ignore or cannot know.
/// </summary>
/// <param name="Member">For an object: what is expected at a member. Null where no object is expected.</param>
/// <param name="Item">For an array: what is expected of each item.</param>
internal sealed record JsonShape(Func<string, JsonMember>? Member, JsonShape? Item = null)
{
    /// <summary>An object of the caller's own.</summary>
    public static readonly JsonShape AnyObject = new(_ => default);

    private static readonly JsonReaderOptions Lenient = new() { AllowTrailingCommas = true };

    /// <summary>The shape of a type. Members that the type ignores on purpose are not errors.</summary>
    public static JsonShape? FromType(JsonTypeInfo type)
    {
        if ((Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(JsonElement)) return AnyObject;
        return type.Kind is not JsonTypeInfoKind.Object ? null : new(name =>
            type.Properties.FirstOrDefault(member => member.Name == name && !member.IsExtensionData) is { } found
                ? new(FromType(type.Options.GetTypeInfo(found.PropertyType)))
                : default);
    }

    /// <summary>
    /// Walks through a body. An empty array where an object is expected is changed to an empty object, because PHP
    /// writes an empty object as <c>[]</c>. A body that is not JSON is left to its reader.
    /// </summary>
    /// <param name="utf8">The body.</param>
    /// <returns>The path of the first member that is unknown; null when there is none.</returns>
    public string? WalkBody(Span<byte> utf8)
    {
        string? unknown = null;
        try
        {
            var reader = new Utf8JsonReader(utf8, Lenient);
            if (reader.Read()) WalkValue(this, ref reader, utf8, "", ref unknown);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // the reader of the body reports the error
        }
        return unknown;
    }

    private static void WalkValue(
        JsonShape? expected, ref Utf8JsonReader reader, Span<byte> utf8, string path, ref string? unknown)
    {
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var name = path + reader.GetString();
                var member = expected?.Member?.Invoke(name[path.Length..]) ?? default;
                if (member.IsUnknown) unknown ??= name;
                reader.Read();
                WalkValue(member.Shape, ref reader, utf8, $"{name}.", ref unknown);
            }
        }
        else if (reader.TokenType is JsonTokenType.StartArray)
        {
            var begin = (int)reader.TokenStartIndex;
            reader.Read();
            if (reader.TokenType is JsonTokenType.EndArray && expected?.Member is not null)
                (utf8[begin], utf8[(int)reader.TokenStartIndex]) = ((byte)'{', (byte)'}');
            for (; reader.TokenType is not JsonTokenType.EndArray; reader.Read())
                WalkValue(expected?.Item, ref reader, utf8, path, ref unknown);
        }
    }
}

/// <summary>What is expected at a member of an object.</summary>
/// <param name="Shape">The expected shape; null for anything.</param>
/// <param name="IsUnknown">Whether there is no such member.</param>
internal readonly record struct JsonMember(JsonShape? Shape, bool IsUnknown = false);

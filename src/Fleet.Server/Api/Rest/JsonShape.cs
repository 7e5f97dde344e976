using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// What is expected at one place of a JSON body, for what the readers of JSON themselves pass over or cannot know.
/// </summary>
/// <param name="Member">Of an object: what is expected at a member. Null where no object is expected.</param>
/// <param name="Item">Of an array: what each of its items is.</param>
internal sealed record JsonShape(Func<string, JsonMember>? Member, JsonShape? Item = null)
{
    /// <summary>An object of the caller's own.</summary>
    public static readonly JsonShape AnyObject = new(_ => default);

    private static readonly JsonReaderOptions Lenient = new() { AllowTrailingCommas = true };

    /// <summary>What a type is read from. Members that it does not have are nothing to complain about.</summary>
    public static JsonShape? FromType(JsonTypeInfo type)
    {
        if ((Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(JsonElement)) return AnyObject;
        return type.Kind is not JsonTypeInfoKind.Object ? null : new(name =>
            type.Properties.FirstOrDefault(member => member.Name == name && !member.IsExtensionData) is { } found
                ? new(FromType(type.Options.GetTypeInfo(found.PropertyType)))
                : default);
    }

    /// <summary>
    /// Goes through a body. An empty array where an object is expected becomes an empty object, in place: PHP writes
    /// an empty object as <c>[]</c>. A body that is no JSON is left to its reader.
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
            return null; // the reader of the body says what is wrong with it
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
/// <param name="Shape">What it is; null for anything.</param>
/// <param name="IsUnknown">Whether there is no such member.</param>
internal readonly record struct JsonMember(JsonShape? Shape, bool IsUnknown = false);

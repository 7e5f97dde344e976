using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// What is expected at one place of a JSON body, to find what the readers of JSON ignore or cannot name.
/// </summary>
/// <param name="Member">For an object: what is expected at a member. Null where no object is expected.</param>
/// <param name="Item">
/// For an array: what is expected of each item; then no item may be a JSON null, and a null array is an empty one.
/// </param>
/// <param name="Fits">
/// Whether a token may stand here, with its text when it is a single value; null when any may. A JSON null always may.
/// </param>
internal sealed record JsonShape(
    Func<string, JsonMember>? Member, JsonShape? Item = null, Func<JsonTokenType, string, bool>? Fits = null)
{
    /// <summary>What is wrong with a member whose value cannot be read.</summary>
    public const string Malformed = "is malformed, of the wrong type or out of range";

    /// <summary>What is wrong with a member that an object has twice.</summary>
    public const string Twice = "is given twice";

    private const string NoItem = "must not be null";

    /// <summary>How many known names are told.</summary>
    private const int NamedMembers = 20;

    /// <summary>An object of the caller's own.</summary>
    public static readonly JsonShape AnyObject = new(_ => default);

    private static readonly JsonReaderOptions Lenient = new() { AllowTrailingCommas = true };

    /// <summary>The shape of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="strict">Whether a member that the type does not have is an error, and not ignored.</param>
    public static JsonShape? FromType(JsonTypeInfo type, bool strict = false)
    {
        if ((Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(JsonElement)) return AnyObject;
        return type.Kind is not JsonTypeInfoKind.Object ? null : new(name =>
            type.Properties.FirstOrDefault(member => member.Name == name && !member.IsExtensionData) is { } found
                ? new(FromType(type.Options.GetTypeInfo(found.PropertyType), strict))
                : new(null, IsUnknown: strict, Known: [.. type.Properties.Select(member => member.Name)]));
    }

    /// <summary>
    /// Walks through a body. An empty array where an object is expected is changed to an empty object, because PHP
    /// writes an empty object as <c>[]</c>; and null where an array is expected to an empty array. A body that is not
    /// JSON is left to its reader.
    /// </summary>
    /// <param name="utf8">The body.</param>
    /// <returns>
    /// The path of the first member that is unknown, given twice or not what is expected; null when there is none.
    /// </returns>
    public FieldError? WalkBody(Span<byte> utf8)
    {
        FieldError? wrong = null;
        try
        {
            var reader = new Utf8JsonReader(utf8, Lenient);
            if (reader.Read()) WalkValue(this, ref reader, utf8, "", ref wrong);
            while (reader.Read())
            {
                // to the end: a body that is not JSON as a whole is left to its reader
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // the reader of the body reports the error
        }
        return wrong;
    }

    private static void WalkValue(
        JsonShape? expected, ref Utf8JsonReader reader, Span<byte> utf8, string path, ref FieldError? wrong)
    {
        if (path.Length > 0 && reader.TokenType is not JsonTokenType.Null
            && expected?.Fits is { } fits && !fits(reader.TokenType, TextOf(reader))) wrong ??= new(path, Malformed);
        if (reader.TokenType is JsonTokenType.Null && expected?.Item is not null)
            "[]  "u8.CopyTo(utf8[(int)reader.TokenStartIndex..]); // its reader takes no null here
        else if (reader.TokenType is JsonTokenType.StartObject)
            WalkMembers(expected, ref reader, utf8, path, ref wrong);
        else if (reader.TokenType is JsonTokenType.StartArray)
        {
            var begin = (int)reader.TokenStartIndex;
            reader.Read();
            if (expected?.Member is not null)
            {
                if (reader.TokenType is JsonTokenType.EndArray)
                    (utf8[begin], utf8[(int)reader.TokenStartIndex]) = ((byte)'{', (byte)'}');
                else if (path.Length > 0) wrong ??= new(path, Malformed);
            }
            for (var i = 0; reader.TokenType is not JsonTokenType.EndArray; reader.Read(), i++)
            {
                if (expected?.Item is not null && reader.TokenType is JsonTokenType.Null)
                    wrong ??= new($"{path}[{i}]", NoItem);
                WalkValue(expected?.Item, ref reader, utf8, $"{path}[{i}]", ref wrong);
            }
        }
    }

    private static void WalkMembers(
        JsonShape? expected, ref Utf8JsonReader reader, Span<byte> utf8, string path, ref FieldError? wrong)
    {
        var known = new HashSet<string>();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var name = reader.GetString() ?? "";
            var member = expected?.Member?.Invoke(name) ?? default;
            var inner = path.Length is 0 ? name : $"{path}.{name}";
            if (member.IsUnknown) wrong ??= new(inner, TellUnknown(name, member.Known ?? []));
            if (!known.Add(member.Name ?? name)) wrong ??= new(inner, Twice);
            reader.Read();
            WalkValue(member.Shape, ref reader, utf8, inner, ref wrong);
        }
    }

    /// <summary>What is wrong with a name: that it is unknown, and which was probably meant.</summary>
    public static string TellUnknown(string name, IReadOnlyCollection<string> known) =>
        NearestName.Find(name, known) is { } near ? $"is unknown; the nearest name is {near}"
        : known.Count is 0 ? "is unknown; nothing is expected here"
        : $"is unknown; known are {string.Join(", ", known.Take(NamedMembers))}"
            + (known.Count > NamedMembers ? " and more" : "");

    private static string TextOf(Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString() ?? "",
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => "",
    };
}

/// <summary>What is expected at a member of an object.</summary>
/// <param name="Shape">The expected shape; null for anything.</param>
/// <param name="IsUnknown">Whether there is no such member.</param>
/// <param name="Name">The name of the member that all its spellings share; null when it has one spelling.</param>
/// <param name="Known">For an unknown member: the names that are known there.</param>
internal readonly record struct JsonMember(
    JsonShape? Shape, bool IsUnknown = false, string? Name = null, IReadOnlyCollection<string>? Known = null);

using System.Globalization;
using System.Text.Json;
using Fleet.Server.Api.Rest;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Which JSON values a field of a message takes. Only what the library surely refuses is refused here.
/// </summary>
internal static class RpcValues
{
    /// <summary>What a field expects; the shapes of messages are asked for.</summary>
    public static JsonShape? ShapeOf(FieldDescriptor field, Func<MessageDescriptor, JsonShape> shapeOf)
    {
        if (field.IsMap) return JsonShape.AnyObject;
        var one = field.FieldType is FieldType.Message && !ProtoSchemas.IsOneValue(field.MessageType)
            ? shapeOf(field.MessageType)
            : new(null, Fits: (token, text) => IsValue(field, token, text));
        return field.IsRepeated ? new(null, one, IsList) : one;
    }

    /// <summary>Whether a field takes a text of the path or the query.</summary>
    public static bool IsText(FieldDescriptor field, string text) => field.FieldType is FieldType.Bool
        ? bool.TryParse(text, out _)
        : field.FieldType is FieldType.Enum && int.TryParse(text, CultureInfo.InvariantCulture, out _)
            || IsValue(field, IsNumber(field) ? JsonTokenType.Number : JsonTokenType.String, text);

    /// <summary>Whether a token may be a message: an empty array is an empty object.</summary>
    public static bool IsMessage(JsonTokenType token, string text) =>
        token is JsonTokenType.StartObject or JsonTokenType.StartArray;

    private static bool IsList(JsonTokenType token, string text) => token is JsonTokenType.StartArray;

    private static bool IsValue(FieldDescriptor field, JsonTokenType token, string text) => field.FieldType switch
    {
        FieldType.String or FieldType.Bytes => token is JsonTokenType.String,
        FieldType.Bool => token is JsonTokenType.True or JsonTokenType.False,
        FieldType.Int32 => token is JsonTokenType.Number && int.TryParse(text, CultureInfo.InvariantCulture, out _),
        FieldType.Int64 => token is JsonTokenType.String or JsonTokenType.Number
            && long.TryParse(text, CultureInfo.InvariantCulture, out _),
        FieldType.Double => token is JsonTokenType.Number && double.TryParse(text, CultureInfo.InvariantCulture, out _),
        FieldType.Enum => token is JsonTokenType.Number
            || (token is JsonTokenType.String && field.EnumType.FindValueByName(text) is not null),
        FieldType.Message when field.MessageType == Timestamp.Descriptor =>
            token is JsonTokenType.String && IsTime(text),
        _ => true,
    };

    private static bool IsNumber(FieldDescriptor field) =>
        field.FieldType is FieldType.Int32 or FieldType.Int64 or FieldType.Double;

    private static bool IsTime(string text)
    {
        try
        {
            JsonParser.Default.Parse<Timestamp>(JsonSerializer.Serialize(text));
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}

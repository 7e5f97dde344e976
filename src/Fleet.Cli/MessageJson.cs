using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Cli;

/// <summary>
/// Writes messages in JSON as the node does: with the names of the proto, numbers of 64 bits as numbers, and every
/// scalar member, also when it is 0, false or empty.
/// </summary>
internal static class MessageJson
{
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string ToText(IMessage message) => ToText(json => WriteMessage(json, message));

    /// <summary>A document on one line.</summary>
    public static string ToText(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Readable)) write(json);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public static void WriteMessage(Utf8JsonWriter json, IMessage message)
    {
        if (message is Timestamp time)
        {
            json.WriteStringValue(JsonFormatter.ToDiagnosticString(time).Trim('"'));
            return;
        }
        json.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.HasPresence && !field.Accessor.HasValue(message)) continue;
            json.WritePropertyName(field.JsonName);
            WriteField(json, field, field.Accessor.GetValue(message));
        }
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, FieldDescriptor field, object value)
    {
        if (!field.IsRepeated)
        {
            WriteOne(json, field, value);
            return;
        }
        json.WriteStartArray();
        foreach (var one in (System.Collections.IEnumerable)value) WriteOne(json, field, one);
        json.WriteEndArray();
    }

    private static void WriteOne(Utf8JsonWriter json, FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage message:
                WriteMessage(json, message);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool yes:
                json.WriteBooleanValue(yes);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case System.Enum:
                json.WriteStringValue(field.EnumType.FindValueByNumber((int)value).Name);
                break;
            default:
                json.WriteNumberValue(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
        }
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fleet.Core;

/// <summary>Times as SumUp writes them: RFC 3339, UTC, microseconds, Z.</summary>
public static class Rfc3339
{
    /// <summary>
    /// The form of a time. The audit hashes it, so another form would make every chain look changed.
    /// </summary>
    internal const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>The text of a time.</summary>
    public static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}

/// <summary>Writes times in JSON in this format, and reads every format of ISO 8601.</summary>
public sealed class Rfc3339Json : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Rfc3339.TextOf(value));
}

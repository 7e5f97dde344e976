using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>The JSON of records in databases. Members may be added, but must never be renamed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters =
    [
        typeof(SnakeCaseEnum<CheckoutState>), typeof(OpenEnum<Reason>), typeof(SnakeCaseEnum<CardType>),
        typeof(OpenEnum<EntryMode>), typeof(OpenEnum<Doubt>), typeof(OpenEnum<RefusalCode>),
    ])]
[JsonSerializable(typeof(Checkout))]
[JsonSerializable(typeof(CheckoutTerms))]
[JsonSerializable(typeof(DeviceReport))]
internal sealed partial class StorageJson : JsonSerializerContext
{
    public static string WriteBody(DeviceReport claim) => JsonSerializer.Serialize(claim, Default.DeviceReport);

    public static DeviceReport? ReportOf(string body) => JsonSerializer.Deserialize(body, Default.DeviceReport);

    public static Checkout CheckoutOf(string body) => JsonSerializer.Deserialize(body, Default.Checkout)
        ?? throw new JsonException("A checkout's body is null.");
}

/// <summary>
/// Words of which a newer version may store more: such a word is read as a number that is no member, so that its
/// checkout can be read. A checkout with a state or a kind of card that this version does not know cannot: what it
/// means for the reader, or the customer, cannot be guessed.
/// </summary>
internal sealed class OpenEnum<T> : JsonConverter<T> where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String
            ? SnakeCase.ReadMember<T>(reader.GetString() ?? "")
            : throw new JsonException("A word is expected.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToWireName());
}

/// <summary>Enum members in snake case: <c>customer_cancelled</c>.</summary>
internal sealed class SnakeCaseEnum<T>()
    : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

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
        typeof(SnakeCaseEnum<CheckoutState>), typeof(SnakeCaseEnum<Reason>), typeof(SnakeCaseEnum<CardType>),
        typeof(SnakeCaseEnum<EntryMode>), typeof(SnakeCaseEnum<Doubt>), typeof(SnakeCaseEnum<RefusalCode>),
    ])]
[JsonSerializable(typeof(Checkout))]
[JsonSerializable(typeof(CheckoutTerms))]
[JsonSerializable(typeof(DeviceReport))]
internal sealed partial class StorageJson : JsonSerializerContext
{
    public static string WriteBody(Checkout checkout) => JsonSerializer.Serialize(checkout, Default.Checkout);

    public static string WriteBody(DeviceReport claim) => JsonSerializer.Serialize(claim, Default.DeviceReport);

    public static DeviceReport? ReportOf(string body) => JsonSerializer.Deserialize(body, Default.DeviceReport);

    public static Checkout CheckoutOf(string body) => JsonSerializer.Deserialize(body, Default.Checkout)
        ?? throw new JsonException("A checkout's body is null.");
}

/// <summary>Enum members in snake case: <c>customer_cancelled</c>.</summary>
internal sealed class SnakeCaseEnum<T>()
    : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

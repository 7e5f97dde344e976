using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Storage;

/// <summary>How records are written into databases. Members may be added; none is ever renamed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters =
    [
        typeof(SnakeCaseEnum<CheckoutState>), typeof(SnakeCaseEnum<Reason>), typeof(SnakeCaseEnum<CardType>),
        typeof(SnakeCaseEnum<EntryMode>),
    ])]
[JsonSerializable(typeof(Checkout))]
[JsonSerializable(typeof(CheckoutTerms))]
[JsonSerializable(typeof(DeviceReport))]
internal sealed partial class StorageJson : JsonSerializerContext
{
    public static string Body(Checkout checkout) => JsonSerializer.Serialize(checkout, Default.Checkout);

    public static string Body(DeviceReport claim) => JsonSerializer.Serialize(claim, Default.DeviceReport);

    public static DeviceReport? ReportOf(string body) => JsonSerializer.Deserialize(body, Default.DeviceReport);

    public static Checkout CheckoutOf(string body) => JsonSerializer.Deserialize(body, Default.Checkout)
        ?? throw new JsonException("A checkout's body is null.");
}

/// <summary>Enum members as the rest of the world writes them: <c>customer_cancelled</c>.</summary>
internal sealed class SnakeCaseEnum<T>()
    : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

internal static class SnakeCase
{
    /// <summary>The word for an enum member in columns, bodies and frames.</summary>
    public static string Word<T>(this T member) where T : struct, Enum => Words<T>.Of[member];

    /// <summary>The member for a word, or null.</summary>
    public static T? Member<T>(string? word) where T : struct, Enum =>
        word is not null && Words<T>.Members.TryGetValue(word, out var member) ? member : null;

    private static class Words<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Of = Enum.GetValues<T>()
            .ToDictionary(member => member, member => JsonNamingPolicy.SnakeCaseLower.ConvertName(member.ToString()));

        public static readonly Dictionary<string, T> Members = Of.ToDictionary(pair => pair.Value, pair => pair.Key);
    }
}

using System.Text.Json.Serialization;

namespace Fleet.Benchmarks.Sides;

internal sealed record PlainRequest(PlainAmount? TotalAmount, string? Description);

internal sealed record PlainAmount(string Currency, int MinorUnit, long Value);

internal sealed record PlainCheckout(
    Guid CheckoutId, Guid ClientTransactionId, string MerchantCode, string ReaderId, PlainAmount Amount,
    string? Description, DateTimeOffset AcceptedAt, DateTimeOffset ValidUntil);

internal sealed record PlainCreated(PlainIds Data);

internal sealed record PlainIds(Guid CheckoutId, Guid ClientTransactionId);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PlainRequest))]
[JsonSerializable(typeof(PlainCheckout))]
[JsonSerializable(typeof(PlainCreated))]
internal sealed partial class PlainJson : JsonSerializerContext;

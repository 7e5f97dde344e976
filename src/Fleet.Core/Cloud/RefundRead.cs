using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>What one read of a transaction says about its refunds.</summary>
/// <param name="Result">Whether the cloud has the transaction.</param>
/// <param name="ReadAt">When the read began.</param>
/// <param name="TransactionId">The cloud's id of the transaction, under which it is refunded.</param>
/// <param name="Refunded">What was given back, in minor units; null when it is not told, which is not zero.</param>
[GenerateSerializer, Immutable, Alias("fleet.refund-read")]
public sealed record RefundRead(
    [property: Id(0)] ReadResult Result,
    [property: Id(1)] DateTimeOffset ReadAt,
    [property: Id(2)] string? TransactionId = null,
    [property: Id(3)] long? Refunded = null);

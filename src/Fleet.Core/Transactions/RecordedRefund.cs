using Fleet.Core.Checkouts;
using Orleans;

namespace Fleet.Core.Transactions;

/// <summary>An operator's request to record what became of a refund that SumUp's cloud was asked for.</summary>
/// <param name="CheckoutId">The payment.</param>
/// <param name="Made">Whether the refund was made.</param>
/// <param name="Reason">How the operator knows, 1 to 500 characters.</param>
/// <param name="KeyId">The id of the operator's key, never the key.</param>
/// <param name="KeyName">What people call the key.</param>
[GenerateSerializer, Immutable, Alias("fleet.record-refund")]
public sealed record RecordRefund(
    [property: Id(0)] Guid CheckoutId, [property: Id(1)] bool Made, [property: Id(2)] string Reason,
    [property: Id(3)] string KeyId, [property: Id(4)] string KeyName);

/// <summary>A refund of which an operator recorded what became of it.</summary>
/// <param name="Id">The id of the refund.</param>
/// <param name="Made">Whether it was made.</param>
/// <param name="Amount">Minor units, at least 1.</param>
/// <param name="RefundedBefore">What the cloud had given back before it was sent, in minor units.</param>
/// <param name="Reason">How the operator knew.</param>
/// <param name="KeyId">The id of the operator's key.</param>
/// <param name="KeyName">What people called the key then.</param>
/// <param name="At">When it was recorded.</param>
/// <param name="Contradicted">Whether the sum of all refunds at the cloud has shown the opposite since then.</param>
[GenerateSerializer, Immutable, Alias("fleet.recorded-refund")]
public sealed record RecordedRefund(
    [property: Id(0)] Guid Id, [property: Id(1)] bool Made, [property: Id(2)] long Amount,
    [property: Id(3)] long RefundedBefore, [property: Id(4)] string Reason, [property: Id(5)] string KeyId,
    [property: Id(6)] string KeyName, [property: Id(7)] DateTimeOffset At,
    [property: Id(8)] bool Contradicted = false)
{
    /// <summary>Who recorded it and why, as of an outcome.</summary>
    public OutcomeRecord ToRecord() => new(Reason, "", KeyId, KeyName, At);
}

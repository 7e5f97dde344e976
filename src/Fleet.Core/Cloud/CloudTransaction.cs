using Fleet.Core.Checkouts;
using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>A payment in the cloud's history, as it is compared with the ledger.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Status">How it is.</param>
/// <param name="Amount">What was charged, with the tip.</param>
/// <param name="Ids">The ids under which the cloud has it.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-transaction")]
public sealed record CloudTransaction(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] CloudStatus Status,
    [property: Id(2)] Money Amount,
    [property: Id(3)] CloudIds Ids)
{
    /// <summary>The reference that its creator gave; null when there is none, or the source does not tell it.</summary>
    [Id(4)] public string? ForeignId { get; init; }

    /// <summary>The tip inside the amount, in minor units; null when the source does not tell it.</summary>
    [Id(5)] public long? Tip { get; init; }

    /// <summary>What was given back, in minor units; null when the source does not tell it.</summary>
    [Id(6)] public long? Refunded { get; init; }

    /// <summary>Whether the card was charged.</summary>
    public bool Charged => Status is CloudStatus.Successful;

    /// <summary>Whether this is the payment of a checkout.</summary>
    public bool IsPaymentOf(Checkout checkout) => checkout.Cloud is { } attempt
        && (IsSame(Ids.TransactionCode, attempt.TransactionCode)
            || IsSame(Ids.ClientTransactionId, attempt.ClientTransactionId)
            || IsSame(Ids.CheckoutId, attempt.CheckoutId)
            || IsSame(ForeignId, attempt.ForeignId));

    private static bool IsSame(string? one, string? other) => one is not null && one == other;
}

/// <summary>In what the ledger and the cloud differ.</summary>
public enum DifferenceKind
{
    /// <summary>The ledger has a charge, the cloud has no transaction.</summary>
    OursOnly,

    /// <summary>The cloud has a charge of no checkout in the ledger, or a second one of a checkout.</summary>
    TheirsOnly,

    /// <summary>Another amount, without the tip where both tell it, or another currency.</summary>
    AmountDiffers,

    /// <summary>Another tip.</summary>
    TipDiffers,

    /// <summary>One has charged the card and the other has not, or only the cloud has an outcome.</summary>
    StatusDiffers,

    /// <summary>Another sum was given back.</summary>
    RefundDiffers,
}

/// <summary>One difference between the ledger and the cloud.</summary>
/// <param name="Kind">In what they differ.</param>
/// <param name="Ours">The checkout; null when the ledger has none.</param>
/// <param name="Theirs">The payment in the cloud; null when it has none.</param>
public sealed record Difference(DifferenceKind Kind, Checkout? Ours, CloudTransaction? Theirs);

using System.Collections.Frozen;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>Which part of the cloud was read.</summary>
public enum CloudSource
{
    /// <summary>The checkout of a reader. It knows the outcome, but neither tip nor card.</summary>
    Checkout,

    /// <summary>The transaction, which exists only after a card was presented.</summary>
    Transaction,

    /// <summary>The transaction as an item of the merchant's history.</summary>
    History,
}

/// <summary>Whether a read found something.</summary>
public enum ReadResult
{
    /// <summary>It is there.</summary>
    Found,

    /// <summary>The cloud does not have it, or does not have it yet.</summary>
    NotFound,

    /// <summary>There was no answer, or one that cannot be read.</summary>
    Failed,
}

/// <summary>How a payment is according to the cloud.</summary>
public enum CloudStatus
{
    /// <summary>A word that Fleet does not know, or none.</summary>
    Unknown,

    /// <summary>It goes on.</summary>
    Pending,

    /// <summary>The card was charged, whatever was given back later.</summary>
    Successful,

    /// <summary>It did not go through.</summary>
    Failed,

    /// <summary>It ended before a payment.</summary>
    Cancelled,
}

/// <summary>The words that the cloud has for the status of a payment.</summary>
public static class CloudStatusWords
{
    private static readonly FrozenDictionary<string, CloudStatus> Words = new Dictionary<string, CloudStatus>
    {
        ["PENDING"] = CloudStatus.Pending,
        ["SUCCESSFUL"] = CloudStatus.Successful,
        ["REFUNDED"] = CloudStatus.Successful,
        ["PAID_OUT"] = CloudStatus.Successful,
        ["CHARGE_BACK"] = CloudStatus.Successful,
        ["CHARGEBACK"] = CloudStatus.Successful,
        ["NON_COLLECTION"] = CloudStatus.Successful,
        ["FAILED"] = CloudStatus.Failed,
        ["CANCELLED"] = CloudStatus.Cancelled,
        ["CANCELED"] = CloudStatus.Cancelled,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The status of a word, in capitals or not. A word that is new is no error.</summary>
    public static CloudStatus ReadStatus(string? word) =>
        word is not null && Words.TryGetValue(word, out var status) ? status : CloudStatus.Unknown;
}

/// <summary>What one read of the cloud said about a checkout. What it did not say is null.</summary>
/// <param name="Source">What was read.</param>
/// <param name="Result">Whether it is there.</param>
/// <param name="ReadAt">When the read began.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-finding")]
public sealed record CloudFinding(
    [property: Id(0)] CloudSource Source,
    [property: Id(1)] ReadResult Result,
    [property: Id(2)] DateTimeOffset ReadAt)
{
    [Id(3)] public CloudStatus Status { get; init; }

    /// <summary>Of a checkout what was asked for without the tip, of a transaction what was charged with it.</summary>
    [Id(4)] public Money? Amount { get; init; }

    /// <summary>The tip in minor units; null when the source did not say.</summary>
    [Id(5)] public long? Tip { get; init; }

    [Id(6)] public string? MerchantCode { get; init; }

    [Id(7)] public CardRead? Card { get; init; }

    /// <summary>Why it was not charged: free text in the cloud's words.</summary>
    [Id(8)] public string? FailureReason { get; init; }

    [Id(9)] public CloudIds? Ids { get; init; }

    /// <summary>The reference that it was created with; null when the source does not tell it.</summary>
    [Id(10)] public string? ForeignId { get; init; }

    /// <summary>Whether it says that the card was charged.</summary>
    public bool Charged => Result is ReadResult.Found && Status is CloudStatus.Successful;

    /// <summary>Whether it says that the payment is over and the card was not charged.</summary>
    public bool Ended => Result is ReadResult.Found && Status is CloudStatus.Failed or CloudStatus.Cancelled;
}

/// <summary>What was read of the cloud about one checkout.</summary>
/// <param name="Findings">The newest read of each source that was asked.</param>
/// <param name="Status">The reader's status; null when it was not read, or could not be.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-reads")]
public sealed record CloudReads(
    [property: Id(0)] IReadOnlyList<CloudFinding> Findings, [property: Id(1)] CloudReaderStatus? Status = null);

/// <summary>The status of a reader as the cloud told it. What it did not tell is null.</summary>
/// <param name="Online">Whether the cloud reaches it.</param>
/// <param name="State">Its screen, in SumUp's words; many readers do not tell it.</param>
/// <param name="ReadAt">When the read began.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-reader-status")]
public sealed record CloudReaderStatus(
    [property: Id(0)] bool Online, [property: Id(1)] string? State, [property: Id(2)] DateTimeOffset ReadAt)
{
    /// <summary>The battery in percent, 0 to 100.</summary>
    [Id(3)] public double? BatteryLevel { get; init; }

    /// <summary>The temperature of the battery in degrees Celsius.</summary>
    [Id(4)] public int? BatteryTemperature { get; init; }

    [Id(5)] public string? ConnectionType { get; init; }

    [Id(6)] public string? Firmware { get; init; }

    /// <summary>When the cloud heard of the reader last, by its own clock.</summary>
    [Id(7)] public DateTimeOffset? LastActivity { get; init; }

    /// <summary>Whether it said that it has nothing to do.</summary>
    public bool IsIdle => string.Equals(State, ToldScreen.Idle, StringComparison.OrdinalIgnoreCase);
}

using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>Why a call to the cloud has no answer that can be read.</summary>
public enum TransportFailure
{
    /// <summary>No byte was sent: the name was not found, or no connection was made.</summary>
    NeverSent,

    /// <summary>The time for the answer was over.</summary>
    TimedOut,

    /// <summary>The connection broke after something was sent.</summary>
    Broken,
}

/// <summary>What came back from the attempt to create a checkout, read leniently.</summary>
/// <param name="Status">The status of HTTP; null when no answer began.</param>
/// <param name="Failure">Why the answer is missing or incomplete; null for a whole answer.</param>
/// <param name="Ids">The ids in a success, as far as they were there.</param>
/// <param name="Type">The error's type in any of SumUp's shapes: a word, or the URI of a problem.</param>
/// <param name="Detail">The error's sentence.</param>
/// <param name="NamesFields">Whether the error maps fields to what is wrong with them.</param>
/// <param name="IsUnreadable">Whether the body is not what this API answers.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-create-answer")]
public sealed record CreateAnswer(
    [property: Id(0)] int? Status,
    [property: Id(1)] TransportFailure? Failure = null,
    [property: Id(2)] CloudIds? Ids = null,
    [property: Id(3)] string? Type = null,
    [property: Id(4)] string? Detail = null,
    [property: Id(5)] bool NamesFields = false,
    [property: Id(6)] bool IsUnreadable = false);

/// <summary>What an answer means for the attempt.</summary>
public enum Verdict
{
    /// <summary>The cloud took the checkout: <see cref="Sorted.Ids"/>.</summary>
    Accepted,

    /// <summary>The cloud certainly did not take it: <see cref="Sorted.Refusal"/>.</summary>
    Refused,

    /// <summary>It may have taken it: <see cref="Sorted.Doubt"/>.</summary>
    Unknown,

    /// <summary>
    /// The cloud certainly did not take it, and does not say why. The status of the reader does, see
    /// <see cref="AnswerRules.SortUntyped"/>.
    /// </summary>
    NeedsStatus,
}

/// <summary>An answer with its meaning.</summary>
/// <param name="Verdict">The meaning.</param>
/// <param name="Ids">What the cloud calls the checkout, for <see cref="Verdict.Accepted"/>.</param>
/// <param name="Refusal">What the till is told, for <see cref="Verdict.Refused"/>.</param>
/// <param name="Doubt">Why it is not known, for <see cref="Verdict.Unknown"/>.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-sorted-answer")]
public sealed record Sorted(
    [property: Id(0)] Verdict Verdict,
    [property: Id(1)] CloudIds? Ids = null,
    [property: Id(2)] Refusal? Refusal = null,
    [property: Id(3)] Doubt? Doubt = null)
{
    public static readonly Sorted NeedsStatus = new(Verdict.NeedsStatus);

    public static implicit operator Sorted(CloudIds ids) => new(Verdict.Accepted, Ids: ids);

    public static implicit operator Sorted(Refusal refusal) => new(Verdict.Refused, Refusal: refusal);

    public static implicit operator Sorted(Doubt doubt) => new(Verdict.Unknown, Doubt: doubt);
}

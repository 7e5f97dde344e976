using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>What the reads of the cloud prove together.</summary>
public enum EvidenceKind
{
    /// <summary>Nothing. That nothing was found is no proof: the cloud may show a payment minutes late.</summary>
    NothingKnown,

    /// <summary>The cloud has the checkout, and no outcome that can be checked.</summary>
    StillOpen,

    /// <summary>An outcome that fits what was asked for: <see cref="Evidence.Report"/>.</summary>
    Report,

    /// <summary>The reader never showed the checkout.</summary>
    NotStarted,

    /// <summary>
    /// A charge that differs from what was asked for, or that one part of the cloud denies. It is saved as a claim.
    /// </summary>
    Mismatch,
}

/// <summary>What was proved, and by which ids the cloud knows the checkout.</summary>
/// <param name="Kind">What was proved.</param>
/// <param name="Report">The outcome or the claim, in the form in which devices report.</param>
/// <param name="Ids">The ids that were read; null when nothing was found.</param>
/// <param name="Differs">What differs, for <see cref="EvidenceKind.Mismatch"/>: "amount, currency".</param>
public sealed record Evidence(
    EvidenceKind Kind, DeviceReport? Report = null, CloudIds? Ids = null, string? Differs = null)
{
    public static readonly Evidence NothingKnown = new(EvidenceKind.NothingKnown);

    public static readonly Evidence NotStarted = new(EvidenceKind.NotStarted);
}

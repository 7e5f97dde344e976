using Fleet.Core.Cloud;

namespace Fleet.Server.Cloud;

/// <summary>The saved state of a merchant's account at SumUp.</summary>
public sealed record CloudAccountRecord
{
    /// <summary>The link that was made at run time; null for none.</summary>
    public StoredLink? Link { get; init; }
}

/// <summary>
/// A link as it is saved. Its keys are sealed; all else may be shown. What is null is as the nodes' configuration says.
/// </summary>
public sealed record StoredLink
{
    /// <summary>The form of this record.</summary>
    public int Version { get; init; } = 1;

    public required string SealedApiKey { get; init; }

    public required string SealedAffiliateKey { get; init; }

    public required string AffiliateAppId { get; init; }

    public string? BaseUrl { get; init; }

    public int? RequestsPerSecond { get; init; }

    public int? Burst { get; init; }

    /// <summary>By which operators tell one API key from another.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>What was known of the API key's permissions when it was tried.</summary>
    public IReadOnlyList<PermissionFinding> Permissions { get; init; } = [];

    /// <summary>When it was tried and saved.</summary>
    public DateTimeOffset LinkedAt { get; init; }

    /// <summary>The id of the key of Fleet's with which it was made.</summary>
    public string LinkedBy { get; init; } = "";
}

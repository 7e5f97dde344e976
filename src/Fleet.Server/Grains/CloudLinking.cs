using Fleet.Core;
using Fleet.Core.Cloud;

namespace Fleet.Server.Grains;

/// <summary>
/// A link with SumUp that is asked for. Keys are sealed before they leave the node that was called. What is null stays
/// as it is.
/// </summary>
/// <param name="SealedApiKey">The merchant's key at SumUp.</param>
/// <param name="AffiliateAppId">The affiliate's application; together with its key.</param>
/// <param name="SealedAffiliateKey">The affiliate's key.</param>
/// <param name="BaseUrl">Where SumUp's API is.</param>
/// <param name="RequestsPerSecond">Requests per second with the key.</param>
/// <param name="Burst">Requests at once after a quiet time.</param>
/// <param name="KeyId">The key of Fleet's with which it is asked for.</param>
[GenerateSerializer, Immutable, Alias("fleet.link-account")]
internal sealed record LinkAccount(
    [property: Id(0)] string SealedApiKey,
    [property: Id(1)] string? AffiliateAppId,
    [property: Id(2)] string? SealedAffiliateKey,
    [property: Id(3)] string? BaseUrl,
    [property: Id(4)] int? RequestsPerSecond,
    [property: Id(5)] int? Burst,
    [property: Id(6)] string KeyId);

/// <summary>What became of it.</summary>
/// <param name="Link">The link that is in use now.</param>
/// <param name="Permissions">What is known of the key that was tried.</param>
/// <param name="Refusal">Why the link was not changed, or would not be; null when it was, or would be.</param>
[GenerateSerializer, Immutable, Alias("fleet.link-reply")]
internal sealed record LinkReply(
    [property: Id(0)] LinkView Link, [property: Id(1)] IReadOnlyList<PermissionFinding> Permissions,
    [property: Id(2)] Refusal? Refusal = null);

/// <summary>Where a merchant's link with SumUp comes from.</summary>
internal enum LinkSource
{
    /// <summary>There is none: the merchant's readers are connected to Fleet.</summary>
    None,

    /// <summary>It was made at run time.</summary>
    Stored,

    /// <summary>It is in the configuration of the nodes.</summary>
    Configuration,
}

/// <summary>How a link is.</summary>
internal enum LinkState
{
    /// <summary>Calls are sent.</summary>
    Working,

    /// <summary>Most calls failed; none is sent for some seconds.</summary>
    Blocked,

    /// <summary>Most calls failed; the next one shows whether the cloud works again.</summary>
    Trying,

    /// <summary>
    /// Its keys were sealed with a key that the nodes do not have any more: they must be given again.
    /// </summary>
    KeyUnreadable,
}

/// <summary>A merchant's link with SumUp, without its keys. What does not apply is empty.</summary>
[GenerateSerializer, Immutable, Alias("fleet.link-view")]
internal sealed record LinkView
{
    [Id(0)] public required LinkSource Source { get; init; }

    [Id(1)] public LinkState State { get; init; }

    /// <summary>The first digits of the SHA-256 of its API key, in hexadecimal.</summary>
    [Id(2)] public string Fingerprint { get; init; } = "";

    [Id(3)] public string AffiliateAppId { get; init; } = "";

    [Id(4)] public string BaseUrl { get; init; } = "";

    [Id(5)] public int RequestsPerSecond { get; init; }

    [Id(6)] public int Burst { get; init; }

    /// <summary>Requests that could be sent at once now.</summary>
    [Id(7)] public int Left { get; init; }

    /// <summary>Requests that wait for their turn.</summary>
    [Id(8)] public int Waiting { get; init; }

    /// <summary>What was known of its API key when it was made at run time.</summary>
    [Id(9)] public IReadOnlyList<PermissionFinding> Permissions { get; init; } = [];

    /// <summary>When it was made at run time.</summary>
    [Id(10)] public DateTimeOffset? LinkedAt { get; init; }

    /// <summary>The id of the key of Fleet's with which it was made at run time.</summary>
    [Id(11)] public string LinkedBy { get; init; } = "";
}

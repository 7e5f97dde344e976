namespace Fleet.Server.Cloud;

/// <summary>How a merchant is linked with SumUp's cloud; a class, so that its keys are in no text of it.</summary>
internal sealed class CloudLink
{
    /// <summary>The host of a request that has not the address of its cloud yet. There is none of this name.</summary>
    public const string NoHost = "unaddressed.invalid";

    public required CloudKey Key { get; init; }

    /// <summary>The integrator's application, without which the cloud takes no reference of ours.</summary>
    public required string AffiliateAppId { get; init; }

    public required string AffiliateKey { get; init; }

    /// <summary>Where the cloud is, without a slash at the end.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>Requests per second with the key.</summary>
    public required int RequestsPerSecond { get; init; }

    /// <summary>Requests at once after a quiet time.</summary>
    public required int Burst { get; init; }
}

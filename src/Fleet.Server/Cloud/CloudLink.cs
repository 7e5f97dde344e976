using Fleet.Server.Settings;

namespace Fleet.Server.Cloud;

/// <summary>How a merchant is linked with SumUp's cloud; a class, so that its keys are in no text of it.</summary>
internal sealed class CloudLink
{
    public required CloudKey Key { get; init; }

    /// <summary>The integrator's application, without which the cloud takes no reference of ours.</summary>
    public required string AffiliateAppId { get; init; }

    public required string AffiliateKey { get; init; }

    /// <summary>The link of the configuration; null for none.</summary>
    public static CloudLink? FromOptions(SumUpOptions options) => options.ApiKey is not { Length: > 0 } key
        ? null
        : new()
        {
            Key = new(key), AffiliateAppId = options.AffiliateAppId ?? "", AffiliateKey = options.AffiliateKey ?? "",
        };
}

using Fleet.Core;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reads and makes the links of merchants: those of the configuration, and those that are saved, whose keys are sealed.
/// </summary>
internal sealed class CloudLinks(MerchantDirectory merchants, Seal seal, IOptions<FleetOptions> options)
{
    private CloudOptions Cloud => options.Value.Cloud;

    public string SealApiKey(string merchantCode, string key) => seal.SealText(ApiKeyOf(merchantCode), key);

    public string SealAffiliateKey(string merchantCode, string key) => seal.SealText(AffiliateKeyOf(merchantCode), key);

    /// <summary>The link of the configuration; null for none.</summary>
    public CloudLink? FindConfigured(string merchantCode) => OptionsOf(merchantCode) is { ApiKey: { } key } own
        ? BuildLink(merchantCode, key, own.AffiliateAppId ?? "", own.AffiliateKey ?? "", null)
        : null;

    /// <summary>A saved link; null when its keys cannot be opened any more.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    public CloudLink? OpenLink(string merchantCode, StoredLink stored) =>
        OpenText(ApiKeyOf(merchantCode), stored.SealedApiKey) is { } key
        && OpenText(AffiliateKeyOf(merchantCode), stored.SealedAffiliateKey) is { } affiliate
            ? BuildLink(merchantCode, key, stored.AffiliateAppId, affiliate, stored)
            : null;

    /// <summary>
    /// The link that is asked for. What it does not say is as before; without one before, the affiliate is required.
    /// </summary>
    /// <param name="merchantCode">The merchant.</param>
    /// <param name="ask">What is asked for.</param>
    /// <param name="saved">The saved link; null for none.</param>
    /// <param name="used">The link in use; null for none, or one whose keys cannot be opened.</param>
    public (StoredLink? Link, Refusal? Refusal) MakeLink(
        string merchantCode, LinkAccount ask, StoredLink? saved, CloudLink? used)
    {
        var appId = ask.AffiliateAppId ?? used?.AffiliateAppId;
        var affiliate = ask.SealedAffiliateKey
            ?? (used is null ? null : SealAffiliateKey(merchantCode, used.AffiliateKey));
        if (appId is null || affiliate is null)
            return (null, Refusal.InvalidFields(
                [new("affiliate_app_id", "is required"), new("affiliate_key", "is required")]));
        return (new()
        {
            SealedApiKey = ask.SealedApiKey,
            SealedAffiliateKey = affiliate,
            AffiliateAppId = appId,
            BaseUrl = ask.BaseUrl ?? saved?.BaseUrl,
            RequestsPerSecond = ask.RequestsPerSecond ?? saved?.RequestsPerSecond,
            Burst = ask.Burst ?? saved?.Burst,
            LinkedBy = ask.KeyId,
        }, null);
    }

    private CloudLink BuildLink(string merchantCode, string key, string appId, string affiliate, StoredLink? saved)
    {
        var own = OptionsOf(merchantCode);
        return new()
        {
            Key = new(key),
            AffiliateAppId = appId,
            AffiliateKey = affiliate,
            BaseUrl = saved?.BaseUrl ?? own?.BaseUrl ?? Cloud.BaseUrl,
            RequestsPerSecond = saved?.RequestsPerSecond ?? own?.RequestsPerSecond ?? Cloud.RequestsPerSecond,
            Burst = saved?.Burst ?? own?.Burst ?? Cloud.Burst,
        };
    }

    private SumUpOptions? OptionsOf(string merchantCode) => merchants.FindMerchant(merchantCode)?.SumUp;

    private string? OpenText(string purpose, string text)
    {
        try
        {
            return seal.OpenText(purpose, text);
        }
        catch (InvalidOperationException)
        {
            return null; // this node has not the key of the ring
        }
    }

    /// <summary>For one merchant only, so that its row in the database is of no use for another one.</summary>
    private static string ApiKeyOf(string merchantCode) => $"sumup.api-key.{merchantCode}";

    private static string AffiliateKeyOf(string merchantCode) => $"sumup.affiliate-key.{merchantCode}";
}

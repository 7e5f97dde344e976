namespace Fleet.Core.Merchants;

/// <summary>
/// The changes of a merchant that was made over the API: each takes the merchant and what is asked for, and returns the
/// changed merchant, the same one when there is nothing to change, or a refusal.
/// </summary>
public static class MerchantEdits
{
    /// <summary>Affiliate keys of a merchant, retired ones included.</summary>
    public const int MaxAffiliates = 50;

    /// <summary>Secrets that are used at the same time: each makes a signature in the header of a webhook.</summary>
    public const int MaxSecrets = 4;

    /// <summary>
    /// Makes a merchant. If there is one of the code, it is returned to the caller who made it so: that caller may have
    /// missed the answer.
    /// </summary>
    /// <param name="isConfigured">Whether the configuration has a merchant of the code.</param>
    /// <param name="found">The saved merchant of the code; null for none.</param>
    /// <param name="wanted">The merchant that is wanted.</param>
    public static MerchantEdit Create(bool isConfigured, MerchantRecord? found, MerchantRecord wanted)
    {
        if (isConfigured) return Refusal.MerchantExists;
        if (found is null) return wanted;
        return (found.Sandbox, found.Terms, found.CreatedBy) == (wanted.Sandbox, wanted.Terms, wanted.CreatedBy)
            ? found
            : Refusal.MerchantExists;
    }

    /// <summary>Makes a change, if the merchant can be changed.</summary>
    /// <param name="isConfigured">Whether the merchant is in the configuration.</param>
    /// <param name="found">The saved merchant; null for none.</param>
    /// <param name="revision">The revision that the caller knows; 0 for any.</param>
    /// <param name="edit">The change.</param>
    public static MerchantEdit Change(
        bool isConfigured, MerchantRecord? found, long revision, Func<MerchantRecord, MerchantEdit> edit)
    {
        if (isConfigured) return Refusal.MerchantConfigured;
        if (found is null) return Refusal.NotFound;
        return revision != 0 && revision != found.Revision ? Refusal.MerchantChanged : edit(found);
    }

    /// <summary>Changes what people say about it.</summary>
    public static MerchantEdit Update(MerchantRecord merchant, MerchantTerms terms, DateTimeOffset now) =>
        merchant.Terms == terms ? merchant : Next(merchant with { Terms = terms }, now);

    /// <summary>Suspends it. What is open goes on to its end.</summary>
    public static MerchantEdit Suspend(MerchantRecord merchant, string reason, string by, DateTimeOffset now) =>
        merchant.Suspension is { } before && before.Reason == reason
            ? merchant
            : Next(merchant with { Suspension = new(reason, merchant.Suspension?.Since ?? now, by) }, now);

    /// <summary>Lets it start payments again.</summary>
    public static MerchantEdit Resume(MerchantRecord merchant, DateTimeOffset now) =>
        merchant.Suspension is null ? merchant : Next(merchant with { Suspension = null }, now);

    /// <summary>Adds an affiliate key. The same one again changes nothing.</summary>
    public static MerchantEdit AddAffiliate(MerchantRecord merchant, AffiliateKey key, DateTimeOffset now)
    {
        var named = merchant.Affiliates.FirstOrDefault(one => one.Name == key.Name);
        if (named is { RetiredAt: null } && (named.AppId, named.KeyHash) == (key.AppId, key.KeyHash)) return merchant;
        if (named is not null) return Wrong("name", "is the name of another affiliate key of this merchant");
        if (merchant.Affiliates.Count >= MaxAffiliates)
            return Wrong("name", $"is one too many: a merchant has at most {MaxAffiliates} affiliate keys");
        return Next(merchant with { Affiliates = [.. merchant.Affiliates, key] }, now);
    }

    /// <summary>Retires an affiliate key: tills cannot use it any more. It stays in the list.</summary>
    public static MerchantEdit RetireAffiliate(MerchantRecord merchant, string name, DateTimeOffset now)
    {
        if (merchant.Affiliates.FirstOrDefault(one => one.Name == name) is not { } key) return Refusal.NotFound;
        if (key.RetiredAt is not null) return merchant;
        return Next(merchant with
        {
            Affiliates = [.. merchant.Affiliates.Select(one => one == key ? one with { RetiredAt = now } : one)],
        }, now);
    }

    /// <summary>
    /// Adds a secret. Those before it are used until the overlap is over, so that receivers can be changed one by one;
    /// those that are over are forgotten.
    /// </summary>
    public static MerchantEdit RotateSecret(
        MerchantRecord merchant, SigningSecret made, TimeSpan overlap, DateTimeOffset now)
    {
        var ends = now + overlap;
        var kept = merchant.Secrets.Where(one => one.IsGoodAt(now))
            .Select(one => one.ExpiresAt <= ends ? one : one with { ExpiresAt = ends })
            .Where(one => one.IsGoodAt(now)).ToList();
        if (kept.Count >= MaxSecrets)
        {
            return Wrong("overlap_seconds",
                $"would keep {kept.Count} secrets beside the new one, and {MaxSecrets - 1} are the most");
        }
        return Next(merchant with { Secrets = [.. kept, made] }, now);
    }

    private static MerchantRecord Next(MerchantRecord merchant, DateTimeOffset now) =>
        merchant with { Revision = merchant.Revision + 1, UpdatedAt = now };

    private static MerchantEdit Wrong(string field, string message) => Refusal.InvalidFields([new(field, message)]);
}

/// <summary>A merchant as it shall be saved, or why it is not changed.</summary>
/// <param name="Merchant">The merchant; null when it is refused.</param>
/// <param name="Refusal">Why it is refused; null when it is not.</param>
public readonly record struct MerchantEdit(MerchantRecord? Merchant, Refusal? Refusal)
{
    public static implicit operator MerchantEdit(MerchantRecord merchant) => new(merchant, null);

    public static implicit operator MerchantEdit(Refusal refusal) => new(null, refusal);
}

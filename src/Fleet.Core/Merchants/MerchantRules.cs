using System.Security.Cryptography;
using System.Text;
using Fleet.Core.Checkouts;

namespace Fleet.Core.Merchants;

/// <summary>What the rules need to know about a merchant.</summary>
/// <param name="Sandbox">Takes virtual readers, and no money.</param>
/// <param name="AllowsRepeats">Whether several payments may have one <c>foreign_transaction_id</c>.</param>
public sealed record MerchantRules(bool Sandbox, bool AllowsRepeats = false)
{
    /// <summary>The affiliate keys a live merchant may use; null for any.</summary>
    public IReadOnlyCollection<AffiliateApp>? Affiliates { get; init; }

    /// <summary>
    /// Whether virtual readers let the last two digits of an amount decide how the payment ends.
    /// </summary>
    public bool TestCents { get; init; }

    /// <summary>To which addresses its outcomes may be sent.</summary>
    public EgressRules Egress { get; init; } = EgressRules.PublicOnly;

    /// <summary>Where outcomes are sent when a till names no <c>return_url</c>; null for nowhere.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>Whether a reader's slot stays closed for the whole 60 seconds after an acceptance.</summary>
    public bool StrictSixtySeconds { get; init; }

    /// <summary>The only currency it takes, three letters; null for all.</summary>
    public string? Currency { get; init; }

    /// <summary>The largest amount of a checkout, in minor units; null for no limit of its own.</summary>
    public long? LargestAmount { get; init; }

    /// <summary>Whether it starts nothing at present.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>Whether what a till asks for may be paid only once.</summary>
    public bool AdmitOnePayment(CheckoutTerms terms) => terms.Affiliate is not null && !AllowsRepeats;

    /// <summary>A warning for a till about accepted terms; null when there is none.</summary>
    public string? WarningOf(CheckoutTerms terms) => Egress.WarningOf("return_url", terms.ReturnUrl);

    /// <summary>
    /// Why no new checkout is started; null when it may be. All of this can change between a request and its repeat, so
    /// it is not asked about a repeat.
    /// </summary>
    /// <param name="amount">What would be charged, without a tip that the customer chooses.</param>
    /// <param name="affiliate">The till's reference; null for none.</param>
    public Refusal? BarStart(Money amount, AffiliateTerms? affiliate = null)
    {
        if (IsSuspended) return Refusal.MerchantSuspended;
        if (Currency is { } only && amount.Currency != only) return Refusal.CurrencyNotTaken(only);
        if (LargestAmount is { } largest && amount.Value > largest)
            return Refusal.AmountOverLimit(amount with { Value = largest });
        return affiliate is null ? null : BarAffiliate(affiliate);
    }

    private Refusal? BarAffiliate(AffiliateTerms affiliate)
    {
        if (Sandbox || Affiliates is not { } known) return null;
        var hash = AffiliateApp.HashKey(affiliate.Key);
        var named = known.Where(one => one.KeyHash == hash).ToList();
        if (named.Count == 0)
            return Refusal.InvalidFields([new("affiliate.key", "is not an affiliate key of this merchant")]);
        return named.Exists(one => one.AppId is null || one.AppId == affiliate.AppId)
            ? null
            : Refusal.InvalidFields([new("affiliate.app_id", "is not the application of this affiliate key")]);
    }
}

/// <summary>An affiliate key that tills of a merchant may use.</summary>
/// <param name="AppId">The only application it is for; null for any.</param>
/// <param name="KeyHash">SHA-256 of the key, in hexadecimal digits.</param>
public sealed record AffiliateApp(string? AppId, string KeyHash)
{
    /// <summary>The key of any application.</summary>
    public static AffiliateApp OfKey(string key) => new(null, HashKey(key));

    /// <summary>The hash under which a key is kept.</summary>
    public static string HashKey(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}

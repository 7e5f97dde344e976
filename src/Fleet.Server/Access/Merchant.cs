using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Merchants;
using Fleet.Server.Settings;

namespace Fleet.Server.Access;

/// <summary>A merchant, with what requests need.</summary>
/// <param name="Code">SumUp's code.</param>
/// <param name="Rules">The rules for its checkouts.</param>
/// <param name="Profile">What callers are told of it.</param>
internal sealed record Merchant(string Code, MerchantRules Rules, MerchantProfile Profile)
{
    private static readonly MerchantProfile SandboxProfile = new("Sandbox", "DE", "EUR", "de-DE");

    /// <summary>
    /// Its account at SumUp in the configuration; null for the sandbox, and when it was made over the API.
    /// </summary>
    public SumUpOptions? SumUp { get; init; }

    /// <summary>What is saved of it; null when it is in the configuration.</summary>
    public MerchantRecord? Record { get; init; }

    /// <summary>The secrets of the configuration with which its webhooks are signed.</summary>
    public IReadOnlyList<string> WebhookSecrets { get; init; } = [];

    /// <summary>A merchant of the configuration.</summary>
    /// <param name="one">Its settings.</param>
    /// <param name="egress">To which addresses outcomes may be sent.</param>
    /// <param name="strict">What its settings leave open: whether a reader's slot stays closed for 60 seconds.</param>
    public static Merchant FromSettings(MerchantOptions one, EgressRules egress, bool strict) => new(
        one.Code,
        new(one.Sandbox, one.AllowRepeatedForeignTransactionIds)
        {
            Affiliates = one.AffiliateKeys.Count == 0 ? null : [.. one.AffiliateKeys.Select(AffiliateApp.OfKey)],
            Egress = egress,
            TestCents = one.TestCents,
            ReturnUrl = one.ReturnUrl,
            Currency = one.Currency,
            LargestAmount = one.LargestAmount,
            StrictSixtySeconds = one.StrictSixtySeconds ?? strict,
        },
        new(one.Name, one.Country, one.Currency, one.Locale, one.TimeZone))
    {
        SumUp = one.SumUp,
        WebhookSecrets = one.WebhookSecrets,
    };

    /// <summary>
    /// The merchant for first tries. It takes every currency, so that tills of every country can try it.
    /// </summary>
    public static Merchant ForSandbox(EgressRules egress, bool strict) => new(
        SandboxMerchant.Code,
        new(Sandbox: true)
        {
            Affiliates = [AffiliateApp.OfKey(SandboxMerchant.AffiliateKey)],
            Egress = egress,
            StrictSixtySeconds = strict,
        },
        SandboxProfile)
    {
        WebhookSecrets = [SandboxMerchant.WebhookSecret],
    };

    /// <summary>A merchant that was made over the API.</summary>
    public static Merchant FromRecord(MerchantRecord record, EgressRules egress, bool strict)
    {
        var terms = record.Terms;
        return new(
            record.Code,
            new(record.Sandbox, terms.AllowsRepeats)
            {
                Affiliates = record.Affiliates.Count == 0 ? null :
                [
                    .. record.Affiliates.Where(key => key.RetiredAt is null)
                        .Select(key => new AffiliateApp(key.AppId, key.KeyHash)),
                ],
                Egress = egress,
                TestCents = terms.TestCents,
                ReturnUrl = terms.ReturnUrl,
                Currency = terms.Currency,
                LargestAmount = terms.LargestAmount,
                StrictSixtySeconds = terms.StrictSixtySeconds || strict,
                IsSuspended = record.Suspension is not null,
            },
            new(terms.Name, terms.Country, terms.Currency, terms.Locale, terms.TimeZone))
        {
            Record = record,
        };
    }
}

/// <summary>What people say about a merchant; null where they say nothing.</summary>
internal sealed record MerchantProfile(
    string? Name, string? Country, string? Currency, string? Locale, string? TimeZone = null);

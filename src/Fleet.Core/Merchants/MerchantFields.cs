using System.Text.RegularExpressions;
using Fleet.Core.Checkouts;

namespace Fleet.Core.Merchants;

/// <summary>Checks the fields of a merchant. Null means that nothing is said.</summary>
public static partial class MerchantFields
{
    /// <summary>What a code, a country and a locale look like.</summary>
    public const string CodePattern = "^[A-Z0-9]{4,16}$", CountryPattern = "^[A-Z]{2}$",
        LocalePattern = "^[a-z]{2}(-[A-Z]{2})?$";

    /// <summary>Longest texts, in characters as a person sees them, or in UTF-16 units.</summary>
    public const int MaxName = 150, MaxReason = 200, MaxAffiliateName = 100, MaxAffiliateKey = 255, MaxTimeZone = 64;

    /// <summary>A code that SumUp could have given.</summary>
    public static string CheckCode(this FieldCheck fields, string? code)
    {
        if (string.IsNullOrEmpty(code)) fields.AddError("merchant_code", "is required");
        else if (!Code().IsMatch(code)) fields.AddError("merchant_code", "must be 4 to 16 capital letters and digits");
        return code ?? "";
    }

    /// <summary>Checks all that people say about a merchant.</summary>
    /// <param name="fields">Where errors are added.</param>
    /// <param name="terms">The fields.</param>
    /// <param name="rules">For which addresses its outcomes may have, and whether it is a sandbox.</param>
    public static MerchantTerms CheckTerms(this FieldCheck fields, MerchantTerms terms, MerchantRules rules)
    {
        if (terms.Name is { } name) fields.RequireName("name", name, MaxName);
        fields.Require("country", terms.Country, Country(), "must be two capital letters, for example DE");
        fields.Require("locale", terms.Locale, Locale(), "must be a language and a country, for example de-DE");
        if (terms.Currency is { } currency && Currencies.MinorUnitOf(currency) is null)
            fields.AddError("currency", "is not a supported currency");
        if (terms.TimeZone is { } zone && !IsTimeZone(zone))
            fields.AddError("time_zone", "must be the name of a time zone, for example Europe/Berlin");
        if (terms.LargestAmount is < 1 or > Money.MaxValue)
            fields.AddError("largest_amount", $"must be from 1 to {Money.MaxValue}");
        if (terms is { LargestAmount: not null, Currency: null })
            fields.AddError("largest_amount", "needs a currency, whose minor units it counts");
        if (terms.TestCents && !rules.Sandbox)
            fields.AddError("test_cents", "is for sandbox merchants only: the cards of this merchant are real");
        fields.CheckUrl("return_url", terms.ReturnUrl, rules);
        return terms;
    }

    /// <summary>Checks an affiliate key that is added.</summary>
    public static AffiliateKey CheckAffiliate(
        this FieldCheck fields, string? name, string? appId, string? key, DateTimeOffset now)
    {
        fields.RequireName("name", name, MaxAffiliateName);
        if (name?.Contains('/', StringComparison.Ordinal) is true)
            fields.AddError("name", "must not have a slash, because it is a part of an address");
        fields.RequireText("app_id", appId, MaxAffiliateKey);
        fields.RequireText("key", key, MaxAffiliateKey);
        return new(name ?? "", appId ?? "", AffiliateApp.HashKey(key ?? ""), now);
    }

    /// <summary>Whether this is the name of a time zone that this machine knows.</summary>
    public static bool IsTimeZone(string name) =>
        name.Length <= MaxTimeZone && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId;

    private static void Require(this FieldCheck fields, string field, string? text, Regex pattern, string message)
    {
        if (text is not null && !pattern.IsMatch(text)) fields.AddError(field, message);
    }

    [GeneratedRegex(CodePattern)]
    private static partial Regex Code();

    [GeneratedRegex(CountryPattern)]
    private static partial Regex Country();

    [GeneratedRegex(LocalePattern)]
    private static partial Regex Locale();
}

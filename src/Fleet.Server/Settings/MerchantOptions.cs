using System.ComponentModel.DataAnnotations;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Merchants;
using Fleet.Core.Webhooks;

namespace Fleet.Server.Settings;

/// <summary>One merchant.</summary>
public sealed class MerchantOptions : IValidatableObject
{
    private const int MaxSecrets = 2;

    /// <summary>SumUp's merchant code, for example <c>MH4H92C7</c>.</summary>
    [Required, RegularExpression(MerchantFields.CodePattern)]
    public string Code { get; set; } = "";

    /// <summary>Takes virtual readers and no money. Default false.</summary>
    public bool Sandbox { get; set; }

    /// <summary>
    /// Whether the last two digits of an amount decide how a virtual reader ends the payment, by the table in
    /// <c>docs/simulator.md</c>; for sandbox merchants only. Default false.
    /// </summary>
    public bool TestCents { get; set; }

    /// <summary>
    /// The name that its customers know; returned to clients that ask for the merchant. Default none.
    /// </summary>
    [StringLength(MerchantFields.MaxName, MinimumLength = 1)]
    public string? Name { get; set; }

    /// <summary>Its country, two letters of ISO 3166-1; returned like its name. Default none.</summary>
    [RegularExpression(MerchantFields.CountryPattern)]
    public string? Country { get; set; }

    /// <summary>
    /// The only currency it takes, three letters of ISO 4217; returned like its name. Default none: it takes all.
    /// </summary>
    public string? Currency { get; set; }

    /// <summary>Its language and country, for example <c>de-DE</c>; returned like its name. Default none.</summary>
    [RegularExpression(MerchantFields.LocalePattern)]
    public string? Locale { get; set; }

    /// <summary>Its time zone, for example <c>Europe/Berlin</c>; returned like its name. Default none.</summary>
    public string? TimeZone { get; set; }

    /// <summary>
    /// The largest amount of a checkout, in minor units of <see cref="Currency"/>. Default none of its own.
    /// </summary>
    [Range(1, Money.MaxValue)]
    public long? LargestAmount { get; set; }

    /// <summary>Where outcomes are sent when a till names no <c>return_url</c>. Default none.</summary>
    [StringLength(CheckoutRequest.MaxUrl)]
    public string? ReturnUrl { get; set; }

    /// <summary>
    /// Keeps a reader's slot closed for the whole 60 seconds after an acceptance. Default:
    /// <c>Fleet:StrictSixtySeconds</c>.
    /// </summary>
    public bool? StrictSixtySeconds { get; set; }

    /// <summary>Affiliate keys that its tills may use; empty accepts any.</summary>
    public List<string> AffiliateKeys { get; } = [];

    /// <summary>
    /// Whether several payments may have one <c>foreign_transaction_id</c>, as when the guests of a table pay one bill
    /// in parts. Default false: a checkout is refused when another one with the same id was paid or still may be.
    /// </summary>
    public bool AllowRepeatedForeignTransactionIds { get; set; }

    /// <summary>
    /// Secrets with which its webhooks are signed, <c>whsec_</c> and Base64 of 24 to 64 bytes; two while they are
    /// changed. Default none: not signed.
    /// </summary>
    public List<string> WebhookSecrets { get; } = [];

    /// <summary>
    /// Origins whose pages may call for this merchant from a browser, in addition to those of <c>Fleet:Cors</c>.
    /// Default none.
    /// </summary>
    public List<string> CorsOrigins { get; } = [];

    /// <summary>The API keys of its tills.</summary>
    public List<KeyOptions> Keys { get; } = [];

    /// <summary>Its account at SumUp, when its readers are real ones.</summary>
    public SumUpOptions SumUp { get; } = new();

    /// <summary>Checks that no merchant and no key is given twice.</summary>
    /// <exception cref="ValidationException">One is; the message names both places.</exception>
    internal static void CheckTwice(FleetOptions options)
    {
        CheckTwice("merchant", options.Merchants.Select((one, i) => (one.Code, $"Fleet:Merchants:{i}")));
        CheckTwice("key", options.Keys.Select((key, i) => (key.Sha256, $"Fleet:Keys:{i}")).Concat(
            options.Merchants.SelectMany((one, i) =>
                one.Keys.Select((key, k) => (key.Sha256, $"Fleet:Merchants:{i}:Keys:{k}")))));
    }

    private static void CheckTwice(string what, IEnumerable<(string Name, string Place)> all)
    {
        foreach (var same in all.GroupBy(one => one.Name, StringComparer.OrdinalIgnoreCase))
            if (same.Select(one => one.Place).ToArray() is [var first, var second, ..])
                throw new ValidationException($"{second} is the same {what} as {first}: give each one once.");
    }

    /// <summary>Checks rules that no attribute can express; the message never repeats a secret.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WebhookSecrets.Count > MaxSecrets || !WebhookSecrets.All(WebhookSignature.IsSecret))
            yield return new($"The field WebhookSecrets must be at most {MaxSecrets} secrets, each whsec_ and Base64 "
                + "of 24 to 64 bytes.");
        if (CorsOptions.FirstWrong(CorsOrigins) is { } origin)
            yield return new($"The field CorsOrigins has {origin}, which is not an origin like https://till.example.");
        if (Sandbox && SumUp.ApiKey is not null)
            yield return new("The field SumUp is set, but Sandbox is true: its readers are virtual.");
        if (TestCents && !Sandbox)
            yield return new("The field TestCents is true, but Sandbox is false: its cards are real.");
        if (TimeZone is not null && !MerchantFields.IsTimeZone(TimeZone))
            yield return new($"The field TimeZone is {TimeZone}, which is not a time zone like Europe/Berlin.");
        if (LargestAmount is not null && Currency is null)
            yield return new("The field LargestAmount is set, but Currency, whose minor units it counts, is not.");
        if (Currency is not null && Currencies.MinorUnitOf(Currency) is null)
            yield return new($"The field Currency is {Currency}, which readers do not take.");
    }
}

/// <summary>A merchant's account at SumUp. The two keys and the application are needed; default none.</summary>
public sealed class SumUpOptions : IValidatableObject
{
    /// <summary>The secret key of its API, as SumUp shows it once.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The id of the affiliate application, to which the affiliate key belongs.</summary>
    [StringLength(200, MinimumLength = 1)]
    public string? AffiliateAppId { get; set; }

    /// <summary>The affiliate key; without it SumUp takes no reference by which a payment is found again.</summary>
    public string? AffiliateKey { get; set; }

    /// <summary>Where SumUp's API is for this merchant. Default: <c>Fleet:Cloud:BaseUrl</c>.</summary>
    [Url]
    public string? BaseUrl { get; set; }

    /// <summary>Requests per second with its API key. Default: <c>Fleet:Cloud:RequestsPerSecond</c>.</summary>
    [Range(1, LinkFields.MaxRate)]
    public int? RequestsPerSecond { get; set; }

    /// <summary>Requests at once after a quiet time. Default: <c>Fleet:Cloud:Burst</c>.</summary>
    [Range(1, LinkFields.MaxBurst)]
    public int? Burst { get; set; }

    /// <summary>
    /// The secret with which SumUp signs its events about readers, as its dashboard shows it; at most 500 characters.
    /// Default none: events are not taken.
    /// </summary>
    public string? EventSecret { get; set; }

    /// <summary>Checks rules that no attribute can express; the message never repeats a secret.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        string?[] all = [ApiKey, AffiliateAppId, AffiliateKey];
        if (all.Any(one => one is not null) && !all.All(LinkFields.IsKey))
            yield return new("The fields ApiKey, AffiliateAppId and AffiliateKey must be given together, each with "
                + "letters, digits and punctuation only.");
        if (EventSecret is not null && !(LinkFields.IsKey(EventSecret) && ApiKey is not null))
            yield return new("The field EventSecret must have letters, digits and punctuation only, and needs ApiKey.");
    }
}

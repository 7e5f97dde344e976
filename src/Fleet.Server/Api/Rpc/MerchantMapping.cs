using Fleet.Core.Merchants;
using Fleet.Server.Access;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Merchants as gRPC callers send and receive them. Empty and 0 mean that nothing is said.</summary>
internal static class MerchantMapping
{
    /// <summary>Digits of a hash by which people recognise a key.</summary>
    private const int FingerprintDigits = 12;

    /// <summary>A merchant, without its link.</summary>
    public static Proto.Merchant ToMessage(this Merchant merchant)
    {
        var message = new Proto.Merchant
        {
            MerchantCode = merchant.Code,
            Name = merchant.Profile.Name ?? "",
            Sandbox = merchant.Rules.Sandbox,
            Source = merchant.Record is null ? MerchantQuery.Configuration : MerchantQuery.Api,
            Revision = merchant.Record?.Revision ?? 0,
            Country = merchant.Profile.Country ?? "",
            Currency = merchant.Profile.Currency ?? "",
            Locale = merchant.Profile.Locale ?? "",
            TimeZone = merchant.Profile.TimeZone ?? "",
            ReturnUrl = merchant.Rules.ReturnUrl ?? "",
            LargestAmount = merchant.Rules.LargestAmount ?? 0,
            StrictSixtySeconds = merchant.Rules.StrictSixtySeconds,
            AllowRepeatedForeignTransactionIds = merchant.Rules.AllowsRepeats,
            TestCents = merchant.Rules.TestCents,
            CreatedAt = merchant.Record?.CreatedAt.ToTimestamp(),
            CreatedBy = merchant.Record?.CreatedBy ?? "",
            UpdatedAt = merchant.Record?.UpdatedAt.ToTimestamp(),
        };
        if (merchant.Record is not { } record) return message;
        message.StrictSixtySeconds = record.Terms.StrictSixtySeconds;
        message.AffiliateKeys.AddRange(record.Affiliates.Select(ToMessage));
        message.WebhookSecrets.AddRange(record.Secrets.Select(ToMessage));
        if (record.Suspension is { } since)
            message.Suspension = new() { Reason = since.Reason, Since = since.Since.ToTimestamp(), By = since.By };
        return message;
    }

    /// <summary>What a request says of a new merchant.</summary>
    public static MerchantTerms ToTerms(this Proto.CreateMerchantRequest ask) => new()
    {
        Name = Given(ask.Name),
        Country = Given(ask.Country),
        Currency = Given(ask.Currency),
        Locale = Given(ask.Locale),
        TimeZone = Given(ask.TimeZone),
        ReturnUrl = Given(ask.ReturnUrl),
        LargestAmount = Given(ask.LargestAmount),
        StrictSixtySeconds = ask.StrictSixtySeconds,
        AllowsRepeats = ask.AllowRepeatedForeignTransactionIds,
        TestCents = ask.TestCents,
    };

    /// <summary>A merchant's terms with what a request changes.</summary>
    public static MerchantTerms ChangeTerms(this Proto.UpdateMerchantRequest ask, MerchantTerms old) => new()
    {
        Name = ask.HasName ? Given(ask.Name) : old.Name,
        Country = ask.HasCountry ? Given(ask.Country) : old.Country,
        Currency = ask.HasCurrency ? Given(ask.Currency) : old.Currency,
        Locale = ask.HasLocale ? Given(ask.Locale) : old.Locale,
        TimeZone = ask.HasTimeZone ? Given(ask.TimeZone) : old.TimeZone,
        ReturnUrl = ask.HasReturnUrl ? Given(ask.ReturnUrl) : old.ReturnUrl,
        LargestAmount = ask.HasLargestAmount ? Given(ask.LargestAmount) : old.LargestAmount,
        StrictSixtySeconds = ask.HasStrictSixtySeconds ? ask.StrictSixtySeconds : old.StrictSixtySeconds,
        AllowsRepeats = ask.HasAllowRepeatedForeignTransactionIds
            ? ask.AllowRepeatedForeignTransactionIds
            : old.AllowsRepeats,
        TestCents = ask.HasTestCents ? ask.TestCents : old.TestCents,
    };

    /// <summary>The fields that a request changes, for the audit.</summary>
    public static string NamesOf(Proto.UpdateMerchantRequest ask) => string.Join(' ',
        Proto.UpdateMerchantRequest.Descriptor.Fields.InFieldNumberOrder()
            .Where(field => field.HasPresence && field.Accessor.HasValue(ask)).Select(field => field.Name));

    private static Proto.AffiliateKey ToMessage(AffiliateKey key) => new()
    {
        Name = key.Name,
        AppId = key.AppId,
        Fingerprint = key.KeyHash[..FingerprintDigits].ToLowerInvariant(),
        CreatedAt = key.CreatedAt.ToTimestamp(),
        RetiredAt = key.RetiredAt?.ToTimestamp(),
    };

    private static Proto.WebhookSecret ToMessage(SigningSecret secret) => new()
    {
        SecretId = secret.Id.ToString(),
        CreatedAt = secret.CreatedAt.ToTimestamp(),
        ExpiresAt = secret.ExpiresAt?.ToTimestamp(),
    };

    private static string? Given(string text) => text.Length == 0 ? null : text;

    private static long? Given(long number) => number == 0 ? null : number;
}

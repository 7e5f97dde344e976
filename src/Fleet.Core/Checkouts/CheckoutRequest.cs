using System.Text.Json;
using Fleet.Core.Merchants;

namespace Fleet.Core.Checkouts;

/// <summary>A checkout as a caller wrote it, unchecked. A JSON null means the same as an absent member.</summary>
public sealed record CheckoutRequest
{
    /// <summary>SumUp's bounds for the tip screen, in seconds.</summary>
    public const int MinTipTimeoutSeconds = 30, MaxTipTimeoutSeconds = 120, DefaultTipTimeoutSeconds = 30;

    /// <summary>SumUp's longest instalment plan.</summary>
    public const int MaxInstallments = 12;

    /// <summary>Our bounds for the time that a customer has, in seconds after the acceptance.</summary>
    public const int MinDeadlineSeconds = 10, MaxDeadlineSeconds = 3_600;

    /// <summary>Our own limits where SumUp names none.</summary>
    public const int MaxTipRates = 10, MaxUrl = 2_048, MaxReference = 255, MaxSignature = 4_096, MaxTill = 64;

    public AmountRequest? TotalAmount { get; init; }
    public string? Description { get; init; }
    public string? CardType { get; init; }
    public int? Installments { get; init; }
    public IReadOnlyList<decimal>? TipRates { get; init; }
    public int? TipTimeout { get; init; }
    public string? ReturnUrl { get; init; }
    public AffiliateRequest? Affiliate { get; init; }
    public AadeRequest? Aade { get; init; }

    /// <summary>Seconds after which Fleet ends the checkout by itself; null for never. Ours, and not SumUp's.</summary>
    public int? DeadlineSeconds { get; init; }

    /// <summary>The name of the till, by which people find the payment. Ours, and not SumUp's.</summary>
    public string? Till { get; init; }

    /// <summary>Checks every field. Returns all errors at once, or sets <paramref name="terms"/>.</summary>
    /// <param name="merchant">Whose rules apply: a sandbox may leave out the affiliate and use plain http.</param>
    /// <param name="terms">The checked request, or null.</param>
    public IReadOnlyList<FieldError> CheckFields(MerchantRules merchant, out CheckoutTerms? terms)
    {
        var fields = new FieldCheck();
        terms = new CheckoutTerms
        {
            Amount = TotalAmount.CheckAmount(fields),
            Description = fields.CheckText("description", Description),
            CardType = CheckCardType(fields),
            Installments = fields.CheckRange("installments", Installments, 1, MaxInstallments),
            TipRates = CheckTipRates(fields),
            TipTimeoutSeconds = CheckTipTimeout(fields),
            ReturnUrl = fields.CheckUrl("return_url", ReturnUrl, merchant) ?? merchant.ReturnUrl,
            HasDefaultReturnUrl = ReturnUrl is null && merchant.ReturnUrl is not null,
            Affiliate = Affiliate.CheckAffiliate(fields, merchant),
            Aade = Aade?.CheckAade(fields),
            DeadlineSeconds = fields.CheckRange(
                "deadline_seconds", DeadlineSeconds, MinDeadlineSeconds, MaxDeadlineSeconds),
            Till = fields.CheckTill("till", Till),
        };
        if (fields.Errors.Count > 0) terms = null;
        return fields.Errors;
    }

    private CardType? CheckCardType(FieldCheck fields)
    {
        CardType? type = CardType switch
        {
            "credit" => Checkouts.CardType.Credit,
            "debit" => Checkouts.CardType.Debit,
            _ => null,
        };
        if (type is null && CardType is not null) fields.AddError("card_type", "is invalid");
        return type;
    }

    private IReadOnlyList<decimal> CheckTipRates(FieldCheck fields)
    {
        if (TipRates is not { Count: > 0 } rates) return [];
        if (rates.Count > MaxTipRates) fields.AddError("tip_rates", $"must have at most {MaxTipRates} entries");
        else if (rates.Any(rate => rate is < 0.01m or > 0.99m))
            fields.AddError("tip_rates", "must be between 0.01 and 0.99");
        else if (rates.Any(rate => rate % 0.01m != 0)) fields.AddError("tip_rates", "must be multiples of 0.01");
        else if (rates.Zip(rates.Skip(1)).Any(pair => pair.First >= pair.Second))
            fields.AddError("tip_rates", "must be in ascending order");
        return [.. rates.Select(InHundredths)];
    }

    /// <summary>Writes a rate in one way, because 0.1 and 0.10 are the same rate.</summary>
    private static decimal InHundredths(decimal rate) => decimal.Round(rate, 2) + 0.00m;

    private int CheckTipTimeout(FieldCheck fields)
    {
        if (TipTimeout is not null && TipRates is not { Count: > 0 })
            fields.AddError("tip_timeout", "can only be set together with tip_rates");
        return fields.CheckRange("tip_timeout", TipTimeout, MinTipTimeoutSeconds, MaxTipTimeoutSeconds)
            ?? DefaultTipTimeoutSeconds;
    }
}

/// <summary>An amount as a caller wrote it.</summary>
public sealed record AmountRequest
{
    public string? Currency { get; init; }
    public int? MinorUnit { get; init; }
    public long? Value { get; init; }
}

/// <summary>The affiliate as a caller wrote it: all three of its references, or none of it.</summary>
public sealed record AffiliateRequest
{
    public string? AppId { get; init; }
    public string? Key { get; init; }
    public string? ForeignTransactionId { get; init; }
    public JsonElement? Tags { get; init; }
}

/// <summary>The Greek signature as a caller wrote it: all of it, or nothing.</summary>
public sealed record AadeRequest
{
    public string? ProviderId { get; init; }
    public string? Signature { get; init; }
    public string? SignatureData { get; init; }
}

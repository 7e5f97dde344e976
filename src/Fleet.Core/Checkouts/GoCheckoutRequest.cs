using Fleet.Core.Merchants;

namespace Fleet.Core.Checkouts;

/// <summary>
/// A checkout that is answered with its outcome, as a caller wrote it, unchecked. SumUp has it for its Go terminals.
/// </summary>
public sealed record GoCheckoutRequest
{
    public GoAmountRequest? TotalAmount { get; init; }

    /// <summary>Minor units, charged on top of the amount without a question to the customer.</summary>
    public long? TipAmount { get; init; }

    /// <summary>The caller's own id of the payment: the same id means the same payment.</summary>
    public string? ClientTransactionId { get; init; }

    public GoAffiliateRequest? Affiliate { get; init; }

    /// <summary>The name of the till, by which people find the payment. Ours, and not SumUp's.</summary>
    public string? Till { get; init; }

    /// <summary>Checks every field. Returns all errors at once, or sets <paramref name="terms"/>.</summary>
    /// <param name="merchant">Whose rules apply.</param>
    /// <param name="terms">The checked request, or null.</param>
    public IReadOnlyList<FieldError> CheckFields(MerchantRules merchant, out CheckoutTerms? terms)
    {
        var fields = new FieldCheck();
        var callersId =
            fields.RequireText("client_transaction_id", ClientTransactionId, CheckoutRequest.MaxReference);
        var amount = TotalAmount?.ToAmount().CheckAmount(fields) ?? ((AmountRequest?)null).CheckAmount(fields);
        terms = new()
        {
            Amount = amount,
            FixedTip = CheckTip(fields, Money.MaxValue - amount.Value),
            Affiliate = Affiliate?.ToAffiliate(callersId).CheckAffiliate(fields, merchant),
            CallersId = callersId,
            ReturnUrl = merchant.ReturnUrl,
            HasDefaultReturnUrl = merchant.ReturnUrl is not null,
            Till = fields.CheckTill("till", Till),
        };
        if (fields.Errors.Count > 0) terms = null;
        return fields.Errors;
    }

    private long? CheckTip(FieldCheck fields, long max)
    {
        if (TipAmount < 0 || TipAmount > max) fields.AddError("tip_amount", $"must be between 0 and {max}");
        return TipAmount > 0 ? TipAmount : null;
    }
}

/// <summary>An amount whose decimals are those of its currency, as a caller wrote it.</summary>
public sealed record GoAmountRequest
{
    public string? Currency { get; init; }
    public long? Value { get; init; }

    internal AmountRequest ToAmount() => new()
    {
        Currency = Currency,
        MinorUnit = Currencies.MinorUnitOf(Currency ?? "") ?? 0,
        Value = Value,
    };
}

/// <summary>The affiliate of a caller whose reference is the id of the payment.</summary>
public sealed record GoAffiliateRequest
{
    public string? AppId { get; init; }
    public string? Key { get; init; }

    internal AffiliateRequest ToAffiliate(string callersId) =>
        new() { AppId = AppId, Key = Key, ForeignTransactionId = callersId };
}

using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Fleet.Core.Merchants;

namespace Fleet.Core.Checkouts;

/// <summary>Collects the errors in the fields of one request.</summary>
public sealed class FieldCheck
{
    private List<FieldError>? _errors;

    /// <summary>All that was found, in the order of the checks.</summary>
    public IReadOnlyList<FieldError> Errors => _errors as IReadOnlyList<FieldError> ?? [];

    /// <summary>Adds one broken rule.</summary>
    public void AddError(string field, string message) => (_errors ??= []).Add(new(field, message));

    /// <summary>
    /// A text that may be missing: at most <paramref name="max"/> UTF-16 units, all of which a database can save.
    /// Without a limit of its own, the limit of the request applies.
    /// </summary>
    [return: NotNullIfNotNull(nameof(text))]
    public string? CheckText(string field, string? text, int max = int.MaxValue)
    {
        if (text is null) return null;
        if (text.Length > max) AddError(field, $"must have at most {max} characters");
        if (!IsStorable(text)) AddError(field, "must not contain NUL characters or unpaired surrogates");
        return text;
    }

    /// <summary>A text that is required and must not be blank.</summary>
    public string RequireText(string field, string? text, int max)
    {
        if (!string.IsNullOrWhiteSpace(text)) return CheckText(field, text, max);
        AddError(field, "is required");
        return "";
    }

    /// <summary>
    /// A name for people that is required and must not be blank: at most <paramref name="max"/> characters as a person
    /// sees them, and <see cref="Characters.MaxUnits"/> times as many UTF-16 units.
    /// </summary>
    public string RequireName(string field, string? text, int max)
    {
        var name = RequireText(field, text, int.MaxValue);
        CheckLength(field, name, max);
        return name;
    }

    /// <summary>
    /// The name of a till, which may be missing, without the blanks around it: at most
    /// <see cref="CheckoutRequest.MaxTill"/> characters as a person sees them, of which one at least can be seen and
    /// none is a control character. An empty one is none.
    /// </summary>
    public string? CheckTill(string field, string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var till = text.Trim();
        if (till.Any(char.IsControl)) AddError(field, "must not contain control characters");
        else if (!Characters.CanBeSeen(till)) AddError(field, "must have a character that can be seen");
        CheckLength(field, till, CheckoutRequest.MaxTill);
        return CheckText(field, till);
    }

    private void CheckLength(string field, string name, int max)
    {
        if (name.Length > max * Characters.MaxUnits || !Characters.AreAtMost(max, name))
            AddError(field, $"must have at most {max} characters");
    }

    /// <summary>A number that may be missing and must be within bounds, both included.</summary>
    public int? CheckRange(string field, int? value, int min, int max)
    {
        if (value < min || value > max) AddError(field, $"must be between {min} and {max}");
        return value;
    }

    /// <summary>
    /// A JSON object of the caller's own, kept as the text in which it came: at most <paramref name="maxMembers"/>
    /// members, and no text inside that a database cannot save. Null when it is absent.
    /// </summary>
    public string? JsonObject(string field, JsonElement? json, int maxMembers)
    {
        if (json is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value) return null;
        if (value.ValueKind != JsonValueKind.Object) AddError(field, "must be an object");
        else if (value.GetPropertyCount() > maxMembers) AddError(field, $"must have at most {maxMembers} members");
        else if (!IsStorable(value)) AddError(field, "must not contain NUL characters or unpaired surrogates");
        return value.GetRawText();
    }

    private static bool IsStorable(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject()
                    .All(member => IsStorable(member.Name) && IsStorable(member.Value)),
                JsonValueKind.Array => json.EnumerateArray().All(IsStorable),
                JsonValueKind.String => IsStorable(json.GetString() ?? ""),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false; // its escapes are not valid text: an unpaired surrogate
        }
    }

    /// <summary>Whether a database can save a text: no NUL characters, no unpaired surrogates.</summary>
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0') return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsSurrogatePair(text, i)) return false;
            i++;
        }
        return true;
    }
}

internal static class RequestChecks
{
    /// <summary>The official TypeScript sample writes a currency's factor (100) instead of its decimals (2).</summary>
    private const int FactorTakenForDecimals = 100;

    public static Money CheckAmount(this AmountRequest? amount, FieldCheck fields)
    {
        if (amount is null)
        {
            fields.AddError("total_amount", "is required");
            return new("", 0, 0);
        }
        if (amount.Value is null) fields.AddError("total_amount.value", "is required");
        else if (amount.Value <= 0) fields.AddError("total_amount", "must be greater than 0");
        else if (amount.Value > Money.MaxValue) fields.AddError("total_amount", $"must be at most {Money.MaxValue}");
        return new(amount.Currency ?? "", amount.CheckUnit(fields), amount.Value ?? 0);
    }

    private static int CheckUnit(this AmountRequest amount, FieldCheck fields)
    {
        if (amount.MinorUnit is null) fields.AddError("total_amount.minor_unit", "is required");
        if (string.IsNullOrEmpty(amount.Currency)) fields.AddError("total_amount.currency", "is required");
        else if (Currencies.MinorUnitOf(amount.Currency) is not { } decimals)
            fields.AddError("total_amount.currency", "is not a supported currency");
        else if (amount.MinorUnit is { } unit && unit != decimals && !(decimals == 2 && unit == FactorTakenForDecimals))
            fields.AddError("total_amount.minor_unit", $"must be {decimals} for {amount.Currency}");
        else return decimals;
        return 0;
    }

    public static AffiliateTerms? CheckAffiliate(
        this AffiliateRequest? affiliate, FieldCheck fields, MerchantRules merchant)
    {
        if (affiliate is null)
        {
            if (!merchant.Sandbox) fields.AddError("affiliate", "is required");
            return null;
        }
        const int max = CheckoutRequest.MaxReference;
        var key = fields.RequireText("affiliate.key", affiliate.Key, max);
        return new(
            fields.RequireText("affiliate.app_id", affiliate.AppId, max),
            key,
            fields.RequireText("affiliate.foreign_transaction_id", affiliate.ForeignTransactionId, max),
            fields.JsonObject("affiliate.tags", affiliate.Tags, Readers.ReaderFields.MaxMetadata));
    }

    public static AadeTerms CheckAade(this AadeRequest aade, FieldCheck fields) => new(
        fields.RequireText("aade.provider_id", aade.ProviderId, CheckoutRequest.MaxReference),
        fields.RequireText("aade.signature", aade.Signature, CheckoutRequest.MaxSignature),
        fields.RequireText("aade.signature_data", aade.SignatureData, CheckoutRequest.MaxSignature));
}

namespace Fleet.Core.Tests;

/// <summary>Requests as callers write them, and what is wrong with them in one line of text.</summary>
internal static class Requests
{
    public static readonly MerchantRules Sandbox = new(Sandbox: true);

    public static readonly MerchantRules Live = new(Sandbox: false);

    public static readonly AffiliateRequest Affiliate =
        new() { AppId = "com.example.till", Key = "sup_afk_1", ForeignTransactionId = "order-1" };

    public static readonly AadeRequest Aade =
        new() { ProviderId = "126", Signature = "c2ln", SignatureData = "ZGF0YQ" };

    /// <summary>The least a sandbox merchant can ask for.</summary>
    public static readonly CheckoutRequest Plain = new() { TotalAmount = Amount("EUR", 2, 350) };

    /// <summary>Texts of every kind no database takes: NUL, and either half of a surrogate pair on its own.</summary>
    public static readonly TheoryData<string> Unstorable =
        ["\0", "a\0b", "\ud83d", "\ude00", "\ude00\ud83d", "a\ud83db"];

    public const string NotStorable = "must not contain NUL characters or unpaired surrogates";

    public static AmountRequest Amount(string? currency, int? minorUnit, long? value) =>
        new() { Currency = currency, MinorUnit = minorUnit, Value = value };

    /// <summary>All errors as "field message; field message", in order; empty when the request is fine.</summary>
    public static string Faults(this CheckoutRequest request, MerchantRules? merchant = null)
    {
        var errors = request.CheckFields(merchant ?? Sandbox, out var terms);
        Assert.Equal(errors.Count == 0, terms is not null);
        return string.Join("; ", errors.Select(error => $"{error.Field} {error.Message}"));
    }

    /// <summary>The terms of a request that must be fine.</summary>
    public static CheckoutTerms Terms(this CheckoutRequest request, MerchantRules? merchant = null)
    {
        Assert.Equal("", request.Faults(merchant));
        request.CheckFields(merchant ?? Sandbox, out var terms);
        return Assert.IsType<CheckoutTerms>(terms);
    }
}

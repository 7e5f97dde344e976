using Fleet.Server.Access;







namespace Fleet.Server.Api.Rest;

/// <summary>A merchant. What its settings do not say is left out.</summary>
/// <param name="MerchantCode">SumUp's code.</param>
/// <param name="Country">ISO 3166-1, two letters.</param>
/// <param name="DefaultCurrency">ISO 4217, three letters.</param>
/// <param name="DefaultLocale">BCP 47, for example <c>de-DE</c>.</param>
/// <param name="BusinessProfile">What its customers see.</param>
/// <param name="Sandbox">Whether it takes virtual readers and no money.</param>
/// <param name="CreatedAt">When it was made; of the configuration: when this node read its settings.</param>
/// <param name="UpdatedAt">When it was changed; of the configuration: the same as above.</param>
public sealed record MerchantView(
    string MerchantCode, string? Country, string? DefaultCurrency, string? DefaultLocale,
    BusinessProfileView? BusinessProfile, bool Sandbox, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <param name="merchant">The merchant.</param>
    /// <param name="since">When this node read its settings.</param>
    internal static MerchantView FromMerchant(Merchant merchant, DateTimeOffset since) => new(
        merchant.Code,
        merchant.Profile.Country,
        merchant.Profile.Currency,
        merchant.Profile.Locale,
        BusinessProfileView.FromName(merchant.Profile.Name),
        merchant.Rules.Sandbox,
        merchant.Record?.CreatedAt ?? since,
        merchant.Record?.UpdatedAt ?? since);
}

/// <summary>What a merchant's customers see.</summary>
public sealed record BusinessProfileView(string Name)
{
    internal static BusinessProfileView? FromName(string? name) => name is null ? null : new(name);
}

/// <summary>The answer to older clients that test their key and read the merchant's code.</summary>
public sealed record MeView(MerchantProfileView MerchantProfile);

/// <summary>The merchant of the key, in SumUp's older shape.</summary>
public sealed record MerchantProfileView(
    string MerchantCode, string? CompanyName, string? Country, string? Locale, DoingBusinessAsView? DoingBusinessAs)
{
    internal static MerchantProfileView FromMerchant(Merchant merchant) => new(
        merchant.Code,
        merchant.Profile.Name,
        merchant.Profile.Country,
        merchant.Profile.Locale,
        merchant.Profile.Name is { } name ? new(name) : null);
}

/// <summary>What a merchant's customers see, in SumUp's older shape.</summary>
public sealed record DoingBusinessAsView(string BusinessName);

/// <summary>What a merchant takes.</summary>
public sealed record PaymentMethodsView(IReadOnlyList<PaymentMethodView> AvailablePaymentMethods);

/// <summary>A way to pay.</summary>
public sealed record PaymentMethodView(string Id);

/// <summary>The merchants a user belongs to.</summary>
public sealed record MembershipListView(IReadOnlyList<EmptyView> Items, int TotalCount);

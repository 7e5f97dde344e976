using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Describes the merchant to clients that ask before they take payments. What is not known of it is left out.
/// </summary>
internal static class MerchantEndpoints
{
    /// <summary>The only way to pay in person.</summary>
    private const string Card = "card";

    public static void MapMerchants(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/merchants/{merchant_code}", GetMerchant).WithTags("Merchants").RequireScope(Scopes.None)
            .DescribeRoute<MerchantView>("GetMerchant", "Get a merchant", 401, 404);
        api.MapGet("/v0.1/merchants/{merchant_code}/payment-methods", ListPaymentMethods).WithTags("Merchants")
            .RequireScope(Scopes.None)
            .TakesQuery(("amount", "Of the payment; changes nothing."), ("currency", "Of the payment."))
            .DescribeRoute<PaymentMethodsView>("ListPaymentMethods", "List what a merchant takes in person", 401, 404);
        api.MapOlderRoutes();
    }

    /// <summary>
    /// Routes that older clients still call; where the path names no merchant, the merchant of the key is meant.
    /// </summary>
    private static void MapOlderRoutes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v0.1/merchants/{merchant_code}", GetMerchant).RequireScope(Scopes.None).ExcludeFromDescription();
        api.MapGet("/v0.1/me", GetMe).RequireScope(Scopes.None).ExcludeFromDescription();
        api.MapGet("/v0.1/me/merchant-profile", GetProfile).RequireScope(Scopes.None).ExcludeFromDescription();

        // Fleet has no online checkouts, and a key is not a user who could be a member, so these lists are always
        // empty.
        api.MapGet("/v0.1/checkouts", ListOnlineCheckouts).RequireScope(Scopes.None).ExcludeFromDescription();
        api.MapGet("/v0.1/memberships", ListMemberships).RequireScope(Scopes.None).ExcludeFromDescription();
    }

    private static JsonAnswer<MerchantView> GetMerchant(MerchantScope merchant, MerchantDirectory merchants) =>
        Answer.Json(MerchantView.FromMerchant(merchant.Merchant, merchants.Since), ApiJson.Default.MerchantView);

    private static JsonAnswer<PaymentMethodsView> ListPaymentMethods(MerchantScope merchant, string? currency) =>
        Answer.Json(
            new PaymentMethodsView(currency is null || Currencies.MinorUnitOf(currency) is not null ? [new(Card)] : []),
            ApiJson.Default.PaymentMethodsView);

    private static JsonAnswer<MeView> GetMe(MerchantScope merchant) =>
        Answer.Json(new MeView(MerchantProfileView.FromMerchant(merchant.Merchant)), ApiJson.Default.MeView);

    private static JsonAnswer<MerchantProfileView> GetProfile(MerchantScope merchant) =>
        Answer.Json(MerchantProfileView.FromMerchant(merchant.Merchant), ApiJson.Default.MerchantProfileView);

    private static JsonAnswer<EmptyView[]> ListOnlineCheckouts(MerchantScope merchant) =>
        Answer.Json<EmptyView[]>([], ApiJson.Default.EmptyViewArray);

    private static JsonAnswer<MembershipListView> ListMemberships(MerchantScope merchant) =>
        Answer.Json(new MembershipListView([], 0), ApiJson.Default.MembershipListView);
}

using Fleet.Server.Http;

namespace Fleet.Server.Merchants;

/// <summary>Who am I? Older clients ask it to test their key and to learn the merchant's code.</summary>
public sealed record MeView(MeProfileView MerchantProfile);

/// <summary>The merchant of the key.</summary>
public sealed record MeProfileView(string MerchantCode);

internal static class MeEndpoint
{
    public static void MapMe(this IEndpointRouteBuilder api) =>
        api.MapGet("/v0.1/me", Me).RequireScope(Scopes.None).ExcludeFromDescription();

    private static JsonAnswer<MeView> Me(MerchantScope merchant) =>
        Answer.Json(new MeView(new(merchant.Code)), ApiJson.Default.MeView);
}

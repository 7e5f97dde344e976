using Fleet.Server.Access;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Fleet.Server.Console.Access;

/// <summary>
/// Signs in people at an identity provider (OpenID Connect, code flow with PKCE). The access token decides what they
/// may do, by the rules for tokens that are sent like keys.
/// </summary>
internal static class ProviderSignIn
{
    private const string Scheme = "provider", Unused = "unused", To = "to",
        NotSignedIn = "The identity provider did not sign you in.";

    /// <summary>Claims that may hold a name, the best one first.</summary>
    private static readonly string[] Names = ["name", "preferred_username", "email", "sub"];

    public static void AddProviderSignIn(this WebApplicationBuilder builder, JwtOptions jwt)
    {
        // The library wants a scheme that keeps who signed in. It never does: Fleet keeps sessions of its own.
        builder.Services.AddAuthentication(Unused).AddCookie(Unused)
            .AddOpenIdConnect(Scheme, oidc => Configure(oidc, jwt));
        builder.Services.AddOptions<OpenIdConnectOptions>(Scheme).Configure<TimeProvider>((oidc, time) =>
            oidc.TokenValidationParameters.LifetimeValidator = JwtBearers.LifetimeBy(time));
    }

    public static bool IsOn(PageRequest page) =>
        page.Get<IOptions<FleetOptions>>().Value.Jwt.ConsoleClient is not null;

    /// <summary>Sends the browser to the provider.</summary>
    public static Task Ask(PageRequest page)
    {
        if (!IsOn(page)) throw new PageRefusal(StatusCodes.Status404NotFound, "There is no identity provider.");
        var asked = new AuthenticationProperties { RedirectUri = page.Base, Items = { [To] = page.Query(To) } };
        return page.Http.ChallengeAsync(Scheme, asked);
    }

    private static void Configure(OpenIdConnectOptions oidc, JwtOptions jwt)
    {
        (oidc.Authority, oidc.ClientId, oidc.ClientSecret) = (jwt.Authority, jwt.ConsoleClient, jwt.ConsoleSecret);
        oidc.RequireHttpsMetadata = jwt.Authority?.StartsWith(Uri.UriSchemeHttps, StringComparison.Ordinal) is true;
        oidc.CallbackPath = $"{PageRequest.Root}/signed-in";
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.MapInboundClaims = false;
        oidc.TimeProvider = TimeProvider.System; // cookies of the browser end by the real clock
        oidc.Scope.Clear();
        foreach (var word in jwt.ConsoleScope.Split(' ', StringSplitOptions.RemoveEmptyEntries)) oidc.Scope.Add(word);
        oidc.CorrelationCookie.SameSite = oidc.NonceCookie.SameSite = SameSiteMode.Lax;
        oidc.CorrelationCookie.SecurePolicy = oidc.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        oidc.Events.OnTokenValidated = Enter;
        oidc.Events.OnRemoteFailure = async failed =>
        {
            failed.HandleResponse();
            await SignInRoutes.Show(new(failed.HttpContext), NotSignedIn);
        };
    }

    /// <summary>Opens a session for a person whom the provider knows.</summary>
    private static async Task Enter(TokenValidatedContext context)
    {
        var page = new PageRequest(context.HttpContext);
        var token = context.TokenEndpointResponse?.AccessToken ?? "";
        context.HandleResponse();
        if (await page.Get<JwtBearers>().FindGrant(token, page.Aborted) is not { } grant)
        {
            await SignInRoutes.Show(page, "Your account has no rights here. Ask who gives them.");
            return;
        }
        var name = Names.Select(claim => context.Principal?.FindFirst(claim)?.Value)
            .FirstOrDefault(one => one is not null);
        var secret = await page.Get<SessionDirectory>().SignIn(grant with { Name = name ?? "" }, page.Http);
        await SignInRoutes.Welcome(page, secret, context.Properties?.Items[To] ?? "");
    }
}

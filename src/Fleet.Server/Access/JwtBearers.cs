using System.Security.Claims;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Fleet.Server.Access;

/// <summary>Checks tokens of the identity provider, which callers may send instead of a key.</summary>
internal sealed class JwtBearers : IDisposable
{
    private const string WholeChain = "*", Subject = "sub";

    /// <summary>Longest subject, in characters, and largest document of the provider, in bytes.</summary>
    private const int MaxSubject = 200, MaxDocument = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Skew = TimeSpan.FromSeconds(60);

    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    private readonly HttpClient _http = new() { Timeout = Patience, MaxResponseContentBufferSize = MaxDocument };
    private readonly JwtOptions _options;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _provider;
    private readonly TokenValidationParameters _rules;

    public JwtBearers(IOptions<FleetOptions> options, TimeProvider time)
    {
        _options = options.Value.Jwt;
        if (_options.Authority is { } authority)
        {
            _provider = new($"{authority.TrimEnd('/')}/.well-known/openid-configuration",
                new OpenIdConnectConfigurationRetriever(),
                new HttpDocumentRetriever(_http)
                {
                    RequireHttps = authority.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase),
                });
        }
        _rules = new()
        {
            ConfigurationManager = _provider, // knows the issuer and its keys; an unknown key makes it read them again
            ValidAudience = _options.Audience,
            // Only asymmetric signatures: otherwise the provider's public key could be used as a shared secret to sign
            // with.
            ValidAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
            LifetimeValidator = LifetimeBy(time),
        };
    }

    /// <summary>Whether a token is valid by a clock.</summary>
    public static LifetimeValidator LifetimeBy(TimeProvider time) => (from, until, _, _) =>
        until is not null && time.GetUtcNow().UtcDateTime is var now && now < until + Skew
        && (from is null || from - Skew <= now);

    /// <summary>Whether a text has the form of such a token.</summary>
    public static bool IsOne(string text) =>
        text.StartsWith("ey", StringComparison.Ordinal) && text.AsSpan().Count('.') == 2;

    /// <summary>What the bearer of a token may do, or null when the token is not valid.</summary>
    /// <exception cref="TimeoutException">The provider does not answer.</exception>
    public async ValueTask<KeyGrant?> FindGrant(string token, CancellationToken cancel)
    {
        if (_provider is null) return null;
        await RequireProvider(_provider, cancel);
        var result = await Handler.ValidateTokenAsync(token, _rules);
        return result.IsValid ? GrantOf(result.ClaimsIdentity) : null;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Fails when the provider's keys cannot be read; otherwise a valid token would be refused as invalid.
    /// </summary>
    private static async Task RequireProvider(
        ConfigurationManager<OpenIdConnectConfiguration> provider, CancellationToken cancel)
    {
        try
        {
            await provider.GetConfigurationAsync(cancel);
        }
        catch (InvalidOperationException e)
        {
            throw new TimeoutException("The OpenID Connect provider does not answer.", e);
        }
    }

    private KeyGrant? GrantOf(ClaimsIdentity identity)
    {
        var (subject, merchant) = (SingleClaim(identity, Subject), SingleClaim(identity, _options.MerchantClaim));
        var stores = identity.FindAll(_options.StoreClaim).Select(claim => claim.Value).ToList();
        if (subject is null or { Length: 0 or > MaxSubject } || !FieldCheck.IsStorable(subject)) return null;
        // A key is for one store at most, and the id of a store means nothing without its merchant.
        if (merchant is null || stores.Count > (merchant is WholeChain ? 0 : 1)) return null;
        var scopes = identity.FindAll(_options.ScopeClaim).SelectMany(claim => claim.Value.Split(' '))
            .Aggregate(Scopes.None, (known, word) => known | ScopeWords.FindExact(word).GetValueOrDefault());
        return new($"jwt:{subject}", "", scopes, merchant is WholeChain ? null : merchant, stores.SingleOrDefault());
    }

    private static string? SingleClaim(ClaimsIdentity identity, string type) =>
        identity.FindAll(type).Select(claim => claim.Value).ToList() is [var only] ? only : null;
}

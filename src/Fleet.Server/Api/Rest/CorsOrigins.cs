using System.Collections.Frozen;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Which web pages may call the tills' APIs from a browser. A preflight has no key, so the merchant is read from the
/// path. Where the path names none, the origins of all merchants are accepted, and the key decides later as always.
/// </summary>
internal sealed class CorsOrigins : ICorsPolicyProvider
{
    /// <summary>How long a browser may cache the policy.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    private readonly CorsPolicy _ofEveryMerchant, _ofAny;
    private readonly FrozenDictionary<string, CorsPolicy> _ofMerchant;

    public CorsOrigins(IOptions<FleetOptions> options)
    {
        var settings = options.Value;
        _ofEveryMerchant = BuildPolicy(settings.Cors.Origins);
        _ofAny =
            BuildPolicy([.. settings.Cors.Origins, .. settings.Merchants.SelectMany(merchant => merchant.CorsOrigins)]);
        _ofMerchant = settings.Merchants.Where(merchant => merchant.CorsOrigins.Count > 0)
            .ToFrozenDictionary(one => one.Code, one => BuildPolicy([.. settings.Cors.Origins, .. one.CorsOrigins]));
    }

    /// <summary>Whether any origin may call at all.</summary>
    public static bool IsOn(FleetOptions options) =>
        options.Cors.Origins.Count > 0 || options.Merchants.Exists(merchant => merchant.CorsOrigins.Count > 0);

    /// <summary>The policy for the APIs of tills; null for all other paths.</summary>
    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName) => Task.FromResult(
        (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [var api, ..] when !HttpSetup.IsApi(api) => null,
            [] => null,
            [_, var word, var code, ..] when word.Equals("merchants", StringComparison.OrdinalIgnoreCase) =>
                _ofMerchant.GetValueOrDefault(code, _ofEveryMerchant),
            _ => _ofAny,
        });

    /// <summary>
    /// Answers preflights, and adds the headers to all answers, errors too: without them a page cannot read an answer.
    /// Answers that depend on the origin have a Vary header for caches.
    /// </summary>
    public static void UseCors(WebApplication app)
    {
        app.Use((http, next) =>
        {
            http.Response.OnStarting(() =>
            {
                var vary = http.Response.Headers.Vary;
                if (!vary.Contains(HeaderNames.Origin))
                    http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Origin);
                return Task.CompletedTask;
            });
            return next(http);
        });
        app.UseCors();
    }

    /// <summary>
    /// Allows no cookies, because the key is in a header. Allows every header, because SDKs add many of their own and
    /// no header but the key gives any right.
    /// </summary>
    private static CorsPolicy BuildPolicy(IEnumerable<string> origins) => new CorsPolicyBuilder([.. origins.Distinct()])
        .WithMethods("GET", "HEAD", "POST", "PATCH", "DELETE")
        .AllowAnyHeader()
        .WithExposedHeaders(HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate, Answer.Warning)
        .SetPreflightMaxAge(MaxAge)
        .Build();
}

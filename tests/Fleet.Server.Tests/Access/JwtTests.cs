using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fleet.Server.Tests;

/// <summary>Tokens of an identity provider are taken like keys, if everything about them is right.</summary>
public sealed class JwtTests(JwtTests.Provider provider) : IClassFixture<JwtTests.Provider>
{
    [Theory]
    [InlineData("readers.read", 200)]
    [InlineData("openid readers.read profile", 200)]
    [InlineData("openid profile", 401)]
    [InlineData("readers.write", 401)]
    [InlineData("", 401)]
    public async Task A_token_may_do_what_its_scopes_say(string scope, int status) =>
        Assert.Equal(status, await Ask(provider.Token(("scope", scope))));

    [Fact]
    public async Task Scopes_may_be_a_list_and_a_merchant_may_be_all()
    {
        Assert.Equal(200, await Ask(provider.Token(("scope", new[] { "fleet.read", "readers.read" }))));
        Assert.Equal(200, await Ask(provider.Token(("merchant_code", "*"))));
        Assert.Equal(200, await Ask(provider.Token(("merchant_code", "*")), FleetApp.OtherMerchant));
        Assert.Equal(404, await Ask(provider.Token(), FleetApp.OtherMerchant));
    }

    [Fact]
    public async Task A_token_of_one_store_is_no_key_of_the_merchant()
    {
        var till = provider.Fleet.TillOf(FleetApp.Merchant, provider.Token(("store", "default"), ("scope", "admin")));

        Assert.Equal(403, await till.Status(KeyCalls.Keys));
    }

    [Fact]
    public async Task People_sign_in_to_the_console_at_the_provider()
    {
        using var visitor = Visitor.Of(provider.Fleet);
        provider.Scopes = "fleet.read admin";
        var welcome = await visitor.Open("sign-in/provider?to=audit");
        var audit = await visitor.Open("audit?action=session.open");

        Assert.Contains("url=/console/audit", welcome.Text);
        Assert.Contains("Anna S.", audit.Text);
        Assert.Contains("jwt:anna", audit.Text);
    }

    [Fact]
    public async Task An_account_without_rights_sees_nothing_in_the_console()
    {
        using var visitor = Visitor.Of(provider.Fleet);
        provider.Scopes = "profile";
        await visitor.Open("sign-in/provider");

        Assert.Equal(403, (int)(await visitor.Open("fleet.json")).Status);
    }

    [Fact]
    public async Task An_answer_of_the_provider_that_was_not_asked_for_signs_in_no_one()
    {
        using var visitor = Visitor.Of(provider.Fleet);
        var answer = await visitor.Open("signed-in?code=stolen&state=made-up");

        Assert.Contains("The identity provider did not sign you in.", answer.Text);
        Assert.Equal(401, (int)(await visitor.Open("fleet.json")).Status);
    }

    [Fact]
    public async Task The_audit_calls_a_token_by_its_subject()
    {
        var till = provider.Fleet.TillOf(FleetApp.Merchant, provider.Token(("scope", "admin readers.read")));
        var made = await till.MakeKey(new { name = "lane", scopes = new[] { "readers.read" } });

        var row = Assert.Single(await till.AuditRows("action=key.create"));
        Assert.Equal(("jwt:anna", made.Id), (row.Text("key_id"), row.Text("subject")));
    }

    [Fact]
    public async Task A_token_that_is_not_good_in_every_way_is_refused()
    {
        var good = provider.Token();
        var parts = good.Split('.');
        string[] tokens =
        [
            provider.Token(lasts: TimeSpan.FromMinutes(-5)), // over
            provider.Token(begins: TimeSpan.FromMinutes(5)), // not yet
            provider.Token(audience: "another"),
            provider.Token(issuer: "https://somebody.example"),
            provider.Token(key: new RsaSecurityKey(RSA.Create(2048)) { KeyId = Provider.KeyId }),
            provider.Token(key: new RsaSecurityKey(RSA.Create(2048)) { KeyId = "unknown" }),
            $"{parts[0]}.{Encode(Decode(parts[1]).Replace(FleetApp.Merchant, FleetApp.OtherMerchant))}.{parts[2]}",
            $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.",
            $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.{parts[2]}",
            provider.SignedWithItsPublicKey(),
            provider.Token(("merchant_code", null)),
            provider.Token(("merchant_code", "MNOSUCH1")),
            provider.Token(("merchant_code", new[] { FleetApp.Merchant, FleetApp.OtherMerchant })),
            provider.Token(("merchant_code", "*"), ("store", "default")),
            provider.Token(("store", new[] { "default", "other" })),
            provider.Token(("sub", null)),
            provider.Token(("sub", new string('x', 201))),
        ];

        Assert.Equal(200, await Ask(good));
        foreach (var (i, token) in tokens.Index()) Assert.Equal((i, 401), (i, await Ask(token)));
    }

    [Fact]
    public async Task Without_a_provider_no_token_is_taken_and_keys_are()
    {
        await using var fleet = await FleetApp.Start();

        Assert.Equal(401, await fleet.TillOf(FleetApp.Merchant, provider.Token()).Status());
        Assert.Equal((200, 200), (await fleet.Till.Status(), await provider.Fleet.Till.Status()));
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_503_for_tokens_only()
    {
        await using var fleet = await FleetApp.Start(null, "--sandbox=true", "--sandbox-readers=false",
            "--Fleet:Jwt:Authority=http://127.0.0.1:1", "--Fleet:Jwt:Audience=fleet");

        Assert.Equal(503, await fleet.TillOf(FleetApp.Merchant, provider.Token()).Status());
        Assert.Equal(200, await fleet.Till.Status());
    }

    private Task<int> Ask(string token, string merchant = FleetApp.Merchant) =>
        provider.Fleet.TillOf(merchant, token).Status();

    private static string Encode(string text) => Base64UrlEncoder.Encode(text);

    private static string Decode(string text) => Base64UrlEncoder.Decode(text);

    /// <summary>A small identity provider, and a node that trusts it.</summary>
    public sealed class Provider : IAsyncLifetime
    {
        public const string KeyId = "key-1";

        private const string Audience = "fleet", Client = "console";

        private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

        private readonly RSA _rsa = RSA.Create(2048);
        private readonly WebApplication _app;
        private FleetApp? _fleet;

        public Provider()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _app = builder.Build();
            _app.MapGet("/.well-known/openid-configuration", () => Results.Text(
                $$"""
                {"issuer":"{{Issuer}}","jwks_uri":"{{Issuer}}/keys",
                 "authorization_endpoint":"{{Issuer}}/authorize","token_endpoint":"{{Issuer}}/token"}
                """, "application/json"));
            _app.MapGet("/authorize", Authorize);
            _app.MapPost("/token", GiveTokens);
            _app.MapGet("/keys", () => Results.Text(
                $$"""{"keys":[{"kty":"RSA","use":"sig","kid":"{{KeyId}}","""
                + $$""" "n":"{{Part(_rsa.ExportParameters(false).Modulus)}}","e":"AQAB"}]}""",
                "application/json"));
        }

        /// <summary>The scopes that the next person who signs in to the console has.</summary>
        public string Scopes { get; set; } = "fleet.read";

        public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

        private string Issuer => _app.Urls.First();

        public async ValueTask InitializeAsync()
        {
            await _app.StartAsync(TestContext.Current.CancellationToken);
            _fleet = await FleetApp.Start(null, "--sandbox=true", "--sandbox-readers=false",
                $"--Fleet:Jwt:Authority={Issuer}", $"--Fleet:Jwt:Audience={Audience}",
                $"--Fleet:Jwt:ConsoleClient={Client}", "--Fleet:Jwt:ConsoleSecret=of-the-client");
        }

        public async ValueTask DisposeAsync()
        {
            await Fleet.DisposeAsync();
            await _app.DisposeAsync();
            _rsa.Dispose();
        }

        /// <summary>Where a browser signs in: here everybody is Anna, and signed in already.</summary>
        private static IResult Authorize(HttpRequest request) => Results.Redirect(
            $"{request.Query["redirect_uri"]}?code={request.Query["nonce"]}"
            + $"&state={Uri.EscapeDataString(request.Query["state"].ToString())}");

        /// <summary>The code of this provider is the nonce.</summary>
        private async Task<IResult> GiveTokens(HttpRequest request)
        {
            var form = await request.ReadFormAsync(TestContext.Current.CancellationToken);
            var known = form["client_id"] == Client && form["client_secret"] == "of-the-client"
                && form["code_verifier"].ToString().Length > 0;
            if (!known) return Results.Json(new { error = "invalid_client" }, statusCode: 400);
            return Results.Json(new
            {
                token_type = "Bearer",
                id_token = Token(audience: Client, claims: [("nonce", form["code"].ToString()), ("name", "Anna S.")]),
                access_token = Token(("scope", Scopes)),
            });
        }

        /// <summary>A good token, in which some claims are others, or missing.</summary>
        public string Token(params (string Claim, object? Value)[] claims) =>
            Token(claims: claims, begins: TimeSpan.Zero);

        public string Token(
            TimeSpan? lasts = null, TimeSpan begins = default, string audience = Audience, string? issuer = null,
            SecurityKey? key = null, string algorithm = "RS256", (string Claim, object? Value)[]? claims = null)
        {
            var all = new Dictionary<string, object>
            {
                ["sub"] = "anna", ["merchant_code"] = FleetApp.Merchant, ["scope"] = "readers.read",
            };
            foreach (var (claim, value) in claims ?? [])
            {
                if (value is null) all.Remove(claim);
                else all[claim] = value;
            }
            var now = Fleet.Clock.GetUtcNow().UtcDateTime;
            return Handler.CreateToken(new SecurityTokenDescriptor
            {
                Issuer = issuer ?? Issuer,
                Audience = audience,
                Claims = all,
                NotBefore = now + begins - TimeSpan.FromHours(begins > TimeSpan.Zero ? 0 : 1),
                Expires = now + (lasts ?? TimeSpan.FromHours(1)),
                SigningCredentials = new(key ?? new RsaSecurityKey(_rsa) { KeyId = KeyId }, algorithm),
            });
        }

        /// <summary>Signs with the public key as if it were a shared secret.</summary>
        public string SignedWithItsPublicKey() => Token(
            key: new SymmetricSecurityKey(
                Encoding.UTF8.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()))
            { KeyId = KeyId }, algorithm: "HS256");

        private static string Part(byte[]? bytes) => Base64UrlEncoder.Encode(bytes ?? []);
    }
}

using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>What may be asked for when a merchant is linked, and where keys go; SumUp is a stand-in.</summary>
public sealed class LinkRequestTests : IAsyncLifetime
{
    private const string Second = "MLIVE002";

    private readonly ConcurrentQueue<string> _log = new();
    private CloudStandIn? _cloud;
    private FleetApp? _fleet;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("It is not running.");

    private CloudStandIn Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    private Till Chain => Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.ChainKey);

    public async ValueTask InitializeAsync()
    {
        _cloud = await CloudStandIn.Start(TimeProvider.System);
        _cloud.Usually(LinkCalls.AnswerTrial);
        _fleet = await FleetApp.Start(null, builder => builder.Services
            .AddSingleton<ILoggerProvider>(new LogLines(_log, LogLevel.Trace))
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace)),
            [.. Connector.AddressOf(_cloud.Url), $"--Fleet:Merchants:3:Code={Second}"]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    [Theory]
    [InlineData("""{}""", "api_key is required")]
    [InlineData("""{"api_key":"two words"}""",
        "api_key must have at most 500 characters, which are letters, digits and punctuation")]
    [InlineData("""{"api_key":"k","affiliate_key":"afk"}""",
        "affiliate_app_id is required together with affiliate_key")]
    [InlineData("""{"api_key":"k","affiliate_app_id":"app"}""",
        "affiliate_key is required together with affiliate_app_id")]
    [InlineData("""{"api_key":"k"}""", "affiliate_app_id is required; affiliate_key is required")]
    [InlineData("""{"api_key":"k","base_url":"https://10.0.0.1"}""", "base_url is for keys of the whole chain")]
    [InlineData("""{"api_key":"k","requests_per_second":101}""", "requests_per_second must be between 1 and 100")]
    [InlineData("""{"api_key":"k","burst":1001}""", "burst must be between 1 and 1000")]
    [InlineData("""{"api_key":"k","secret":"s"}""",
        "secret is unknown; known are merchant_code, api_key, affiliate_app_id, affiliate_key, "
        + "base_url, requests_per_second, burst, dry_run")]
    public async Task A_request_that_is_wrong_names_its_field_and_calls_nothing(string body, string wrong)
    {
        Assert.Equal($"400 {wrong}.",
            await Fleet.Live().Send(HttpMethod.Post, LinkCalls.Path, Lane.Json(body)).Wrong());
        Assert.Empty(Cloud.Requests);
        Assert.Equal("device", await Fleet.LinkWords());
    }

    [Theory]
    [InlineData("http://api.sumup.com", "must begin with https; with TestBase also http://127.0.0.1 is right")]
    [InlineData("https://api.sumup.com/", "must have no slash at its end, no query and no user")]
    [InlineData("somewhere", "must be a URL")]
    public async Task An_address_that_is_wrong_is_refused_for_the_chain_too(string url, string wrong) =>
        Assert.Equal($"400 base_url {wrong}.",
            await Chain.Post(LinkCalls.Path, new { api_key = "k", base_url = url }).Wrong());

    [Fact]
    public async Task A_sandbox_merchant_cannot_be_linked()
    {
        var path = $"/fleet/v1/merchants/{FleetApp.Merchant}/link";
        Assert.Equal("400 merchant_code is a sandbox merchant, whose readers are virtual.",
            await Fleet.Till.Post(path, LinkCalls.Ask("k")).Wrong());
        Assert.Equal("404", await Fleet.Till.Post(LinkCalls.Path, LinkCalls.Ask("k")).Tried());
    }

    [Fact]
    public async Task A_cloud_that_cannot_be_reached_is_said_to_be_away_and_nothing_is_kept()
    {
        await Cloud.DisposeAsync();

        Assert.Equal("PROVIDER_UNAVAILABLE",
            await Fleet.PassUntil(Fleet.Live().Post(LinkCalls.Path, LinkCalls.Ask("k")).Reason()));
        var tried = await Fleet.PassUntil(Fleet.Link(LinkCalls.Ask("k", dryRun: true)));
        Assert.Equal("PROVIDER_UNAVAILABLE", tried.GetProperty("refused").Text("reason"));
        Assert.Contains("readers.read unreachable", tried.Permissions());
        Assert.Equal("device", await Fleet.LinkWords());
    }

    [Fact]
    public async Task A_key_whose_profile_is_another_merchants_is_refused()
    {
        Cloud.Usually(200, """{"merchant_code":"MOTHER99","items":[],"links":[]}""");

        Assert.Equal("400 api_key is the key of another merchant.",
            await Fleet.Live().Post(LinkCalls.Path, LinkCalls.Ask("k")).Wrong());
    }

    [Fact]
    public async Task A_server_that_is_not_SumUp_is_not_taken_for_it()
    {
        Cloud.Usually(200, "<html>Welcome</html>");

        Assert.Equal("PROVIDER_UNAVAILABLE", await Fleet.Live().Post(LinkCalls.Path, LinkCalls.Ask("k")).Reason());
    }

    [Fact]
    public async Task Each_merchant_may_have_its_own_address_and_budget()
    {
        await using var other = await CloudStandIn.Start(TimeProvider.System);
        other.Usually(200, """{"items":[],"links":[]}""");
        await Fleet.Link("first-key");
        using var linked = await Chain.Post($"/fleet/v1/merchants/{Second}/link", new
        {
            api_key = "second-key", affiliate_app_id = "app", affiliate_key = "afk", base_url = $"{other.Url}/sumup",
            requests_per_second = 7, burst = 9,
        });

        var link = (await linked.Json()).GetProperty("link");
        Assert.Equal(($"{other.Url}/sumup", "7", "9"),
            (link.Text("base_url"), link.Text("requests_per_second"), link.Text("burst")));
        Assert.Equal(3, other.Requests.Count);
        Assert.All(other.Requests, one => Assert.Equal("Bearer second-key", one.Headers["Authorization"]));
        Assert.All(other.Requests, one => Assert.StartsWith("/sumup/v", one.Path, StringComparison.Ordinal));
        Assert.All(Cloud.Requests, one => Assert.Equal("Bearer first-key", one.Headers["Authorization"]));
    }

    [Fact]
    public async Task What_a_new_link_does_not_say_stays_and_the_chain_lists_all_merchants()
    {
        using var linked = await Chain.Post(LinkCalls.Path, new
        {
            api_key = "k1", affiliate_app_id = "app", affiliate_key = "afk", requests_per_second = 7,
        });
        await Fleet.Link(new { api_key = "k2", burst = 30 });
        using var listed = await Chain.Get("/fleet/v1/merchants");

        var link = await Fleet.ShowLink();
        Assert.Equal(("app", "7", "30"),
            (link.Text("affiliate_app_id"), link.Text("requests_per_second"), link.Text("burst")));
        Assert.Equal(
            [
                $"{FleetApp.LiveMerchant} sumup", $"{Second} device", $"{FleetApp.OtherMerchant} device",
                $"{FleetApp.Merchant} device",
            ],
            (await listed.Json()).GetProperty("merchants").EnumerateArray()
                .Select(one => $"{one.Text("merchant_code")} {one.GetProperty("link").Text("kind")}"));
    }

    [Fact]
    public async Task The_keys_are_in_no_log_no_answer_and_no_file()
    {
        var ask = new
        {
            api_key = LinkCalls.Secret, affiliate_app_id = "app", affiliate_key = LinkCalls.AffiliateSecret,
        };
        var told = new StringBuilder($"{await Fleet.Link(ask)}");
        told.Append(await Fleet.ShowLink());
        Cloud.Then(http => EchoKey(http)).Then(http => EchoKey(http)).Then(http => EchoKey(http));
        using var refused = await Fleet.Live().Post(LinkCalls.Path, ask);
        told.Append(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var listed = await Fleet.Live().Get("/fleet/v1/merchants");
        told.Append(await listed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        foreach (var row in await Fleet.Live().AuditRows()) told.Append(row);
        await Fleet.Stop();
        var kept = Fleet.IsOnPostgres ? await Fleet.StoredStates() : FilesOf(Fleet.Folder);

        Assert.Equal(400, (int)refused.StatusCode);
        Assert.NotEmpty(_log);
        Assert.Contains("SealedApiKey", kept, StringComparison.OrdinalIgnoreCase);
        foreach (var secret in new[] { LinkCalls.Secret, LinkCalls.AffiliateSecret })
        {
            Assert.DoesNotContain(secret, told.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(secret, kept, StringComparison.Ordinal);
            Assert.DoesNotContain(_log, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static Task EchoKey(HttpContext http) =>
        CloudStandIn.Write(http, 401, $$"""{"message":"not {{http.Request.Headers.Authorization}}"}""");

    private static string FilesOf(string folder) => string.Join('\n',
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Encoding.Latin1.GetString(File.ReadAllBytes(path))));
}

using System.Net;

namespace Fleet.Server.Tests;

/// <summary>At which addresses the console is, and below which path.</summary>
public sealed class PlaceTests
{
    private const string SignIn = "console/sign-in";

    [Fact]
    public async Task By_default_the_console_is_at_the_address_for_operators_only()
    {
        await using var app = await FleetApp.Start();

        Assert.Equal(HttpStatusCode.OK, await Ask(app.OperationsAddress));
        Assert.Equal(HttpStatusCode.NotFound, await Ask(app.Address));
    }

    [Fact]
    public async Task A_public_console_is_at_the_addresses_of_the_API_only()
    {
        await using var app = await FleetApp.Start(null, "--Fleet:Console=public");

        Assert.Equal(HttpStatusCode.NotFound, await Ask(app.OperationsAddress));
        Assert.Equal(HttpStatusCode.OK, await Ask(app.Address));
    }

    [Fact]
    public async Task A_console_that_is_off_is_nowhere()
    {
        await using var app = await FleetApp.Start(null, "--Fleet:Console=off");

        Assert.Equal(HttpStatusCode.NotFound, await Ask(app.OperationsAddress));
        Assert.Equal(HttpStatusCode.NotFound, await Ask(app.Address));
    }

    [Fact]
    public async Task Behind_a_proxy_that_adds_to_the_path_all_links_have_it()
    {
        await using var app = await FleetApp.Start(null, "--Fleet:TrustedProxies:0=127.0.0.0/8");
        using var http = Browser();
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        http.DefaultRequestHeaders.Add("X-Forwarded-Prefix", "/ops");
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using var page = await http.GetAsync(
            new Uri(app.OperationsAddress, "console/fleet"), TestContext.Current.CancellationToken);
        var text = await http.GetStringAsync(
            new Uri(app.OperationsAddress, SignIn), TestContext.Current.CancellationToken);

        Assert.Equal("/ops/console/sign-in?to=fleet", page.Headers.Location?.ToString());
        Assert.Contains("<base href=\"/ops/console/\"", text);
        Assert.DoesNotContain("href=\"/", text.Replace("<base href=\"/", ""));
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/ops//evil.example")]
    public async Task A_prefix_that_a_browser_takes_for_another_host_leads_nowhere_else(string prefix)
    {
        await using var app = await FleetApp.Start(null, "--Fleet:TrustedProxies:0=127.0.0.0/8");
        using var http = Browser();
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        http.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-Prefix", prefix);
        using var page = await http.GetAsync(
            new Uri(app.OperationsAddress, "console/fleet"), TestContext.Current.CancellationToken);
        var text = await http.GetStringAsync(
            new Uri(app.OperationsAddress, SignIn), TestContext.Current.CancellationToken);

        Assert.Equal("/console/sign-in?to=fleet", page.Headers.Location?.ToString());
        Assert.DoesNotContain("evil", text);
    }

    private static async Task<HttpStatusCode> Ask(Uri address)
    {
        using var http = Browser();
        using var answer = await http.GetAsync(new Uri(address, SignIn), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static HttpClient Browser() =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
}

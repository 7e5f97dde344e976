using System.Net;

namespace Fleet.Server.Tests;

/// <summary>
/// Tills that are web pages: only pages of origins that were named may call, and they can read every answer.
/// </summary>
public sealed class BrowserTillTests
{
    private const string Everywhere = "https://till.example", Theirs = "https://theirs.example:8443",
        Other = "https://other.example";

    private static readonly string[] Settings =
        [$"--Fleet:Cors:Origins:0={Everywhere}", $"--Fleet:Merchants:1:CorsOrigins:0={Theirs}"];

    [Fact]
    public async Task Without_settings_no_page_may_call_and_nothing_is_said_of_it()
    {
        await using var fleet = await FleetApp.Start();
        using var preflight = await Preflight(fleet, Everywhere, FleetApp.Merchant);
        using var list = await fleet.Till.Send(HttpMethod.Get, "readers", null, ("Origin", Everywhere));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, preflight.StatusCode);
        Assert.Equal((null, ""), (Allowed(list), $"{list.Headers.Vary}"));
    }

    [Theory]
    [InlineData(Everywhere, FleetApp.Merchant, true)]
    [InlineData(Everywhere, FleetApp.OtherMerchant, true)]
    [InlineData(Theirs, FleetApp.OtherMerchant, true)]
    [InlineData(Theirs, FleetApp.Merchant, false)]
    [InlineData(Other, FleetApp.Merchant, false)]
    [InlineData("null", FleetApp.Merchant, false)]
    public async Task A_preflight_has_no_key_and_is_decided_by_the_merchant_in_the_path(
        string origin, string merchant, bool may)
    {
        await using var fleet = await FleetApp.Start(null, Settings);
        using var answer = await Preflight(fleet, origin, merchant);

        Assert.Equal((HttpStatusCode.NoContent, may ? origin : null), (answer.StatusCode, Allowed(answer)));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        Assert.Contains("Origin", answer.Headers.Vary);
        if (!may) return;
        Assert.Contains("POST", One(answer, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("idempotency-key", One(answer, "Access-Control-Allow-Headers"),
            StringComparison.OrdinalIgnoreCase);
        Assert.Equal("600", One(answer, "Access-Control-Max-Age"));
    }

    [Fact]
    public async Task A_page_takes_a_payment_and_can_read_refusals_and_when_to_ask_again()
    {
        await using var fleet = await FleetApp.Start(null, [.. Settings, "--Fleet:RequestsPerSecond=3"]);
        await using var device = await fleet.PairedDevice();
        var answers = new Dictionary<HttpStatusCode, string?>();
        foreach (var till in new[]
        {
            fleet.Till, fleet.TillOf(FleetApp.Merchant, "wrong"), fleet.TillOf("MNOBODY1", FleetApp.Key),
        })
        {
            using var answer = await till.Send(HttpMethod.Get, "readers", null, ("Origin", Everywhere));
            answers[answer.StatusCode] = Allowed(answer);
            Assert.Contains("Retry-After", One(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        }
        for (var i = 0; i < 20 && !answers.ContainsKey(HttpStatusCode.TooManyRequests); i++)
        {
            using var answer = await fleet.Till.Send(HttpMethod.Get, "readers", null, ("Origin", Everywhere));
            answers[answer.StatusCode] = Allowed(answer);
        }

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.NotFound, HttpStatusCode.TooManyRequests],
            answers.Keys.Order().ToArray());
        Assert.All(answers.Values, allowed => Assert.Equal(Everywhere, allowed));
    }

    [Fact]
    public async Task The_address_of_operations_is_for_no_page()
    {
        await using var fleet = await FleetApp.Start(null, Settings);
        using var http = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(fleet.OperationsAddress, "/metrics"));
        ask.Headers.Add("Origin", Everywhere);
        using var answer = await http.SendAsync(ask, TestContext.Current.CancellationToken);

        Assert.Null(Allowed(answer));
    }

    private static Task<HttpResponseMessage> Preflight(FleetApp fleet, string origin, string merchant) =>
        new Till(fleet.Address, merchant, key: null).Send(
            HttpMethod.Options, $"/v0.1/merchants/{merchant}/readers", null, ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key"));

    private static string? Allowed(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;

    private static string One(HttpResponseMessage answer, string header) =>
        string.Join(',', answer.Headers.GetValues(header));
}

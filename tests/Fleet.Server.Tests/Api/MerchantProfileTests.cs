using System.Net;

namespace Fleet.Server.Tests;

/// <summary>Who the merchant is, at the paths that clients of every age call.</summary>
public sealed class MerchantProfileTests
{
    private static readonly string[] Settings =
    [
        "--Fleet:Merchants:0:Name=Corner Shop", "--Fleet:Merchants:0:Country=DE", "--Fleet:Merchants:0:Currency=EUR",
        "--Fleet:Merchants:0:Locale=de-DE",
    ];

    [Theory]
    [InlineData("/v1/merchants/MTILL001")]
    [InlineData("/v0.1/merchants/MTILL001")]
    public async Task A_merchant_is_told_as_its_settings_have_it(string path)
    {
        await using var fleet = await FleetApp.Start(null, Settings);
        var told = await Json(fleet.Till, path);

        Assert.Equal("MTILL001 DE EUR de-DE True",
            $"{told.Text("merchant_code")} {told.Text("country")} {told.Text("default_currency")} "
                + $"{told.Text("default_locale")} {told.Text("sandbox")}");
        Assert.Equal("Corner Shop", told.GetProperty("business_profile").Text("name"));
        Assert.True(told.GetProperty("created_at").GetDateTimeOffset() <= fleet.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Older_clients_find_the_profile_of_their_key()
    {
        await using var fleet = await FleetApp.Start(null, Settings);
        var profile = await Json(fleet.Till, "/v0.1/me/merchant-profile");

        Assert.Equal("MTILL001 Corner Shop", $"{profile.Text("merchant_code")} {profile.Text("company_name")}");
        Assert.Equal("MTILL001",
            (await Json(fleet.Till, "/v0.1/me")).GetProperty("merchant_profile").Text("merchant_code"));
    }

    [Theory]
    [InlineData("", "card")]
    [InlineData("?amount=9.99&currency=EUR", "card")]
    [InlineData("?amount=9.99&currency=XXX", "")]
    public async Task A_merchant_takes_cards_in_person(string query, string ids)
    {
        await using var fleet = await FleetApp.Start();
        var told = await Json(fleet.Till, $"payment-methods{query}");

        Assert.Equal(
            ids, string.Join(
                ' ', told.GetProperty("available_payment_methods").EnumerateArray().Select(one => one.Text("id"))));
    }

    [Fact]
    public async Task What_Fleet_does_not_have_is_an_empty_list()
    {
        await using var fleet = await FleetApp.Start();

        Assert.Equal("[]", $"{await Json(fleet.Till, "/v0.1/checkouts")}");
        Assert.Equal(0, (await Json(fleet.Till, "/v0.1/memberships")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Terminals_are_readers_and_old_receipts_are_receipts()
    {
        await using var fleet = await FleetApp.Start();
        await using var device = await fleet.PairedDevice();
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();

        Assert.Equal($"{await Json(fleet.Till, "readers")}", $"{await Json(fleet.Till, "terminals")}");
        Assert.Equal(
            $"{await Json(fleet.Till, $"/v1.1/receipts/{id}?mid={FleetApp.Merchant}")}",
            $"{await Json(fleet.Till, $"/v1.0/receipts/{id}?mid={FleetApp.Merchant}")}");
    }

    [Theory]
    [InlineData("/v1/merchants/MOTHER01", HttpStatusCode.NotFound)]
    [InlineData("/v0.1/merchants/MOTHER01", HttpStatusCode.NotFound)]
    [InlineData("/v0.1/merchants/MOTHER01/payment-methods", HttpStatusCode.NotFound)]
    public async Task Another_merchant_does_not_exist(string path, HttpStatusCode status)
    {
        await using var fleet = await FleetApp.Start();
        using var answer = await fleet.Till.Get(path);

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Links_lead_where_the_caller_came_in_and_a_proxy_is_believed_when_it_is_named(bool trusted)
    {
        await using var fleet = await FleetApp.Start(null, trusted ? ["--Fleet:TrustedProxies:0=127.0.0.0/8"] : []);
        await using var device = await fleet.PairedDevice();
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        using var answer = await fleet.Till.Send(
            HttpMethod.Get, $"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={id}", null,
            ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "pay.example"), ("X-Forwarded-Prefix", "/fleet-a"),
            ("X-Forwarded-For", "192.0.2.7"));
        var links = (await answer.Json()).GetProperty("links").EnumerateArray().Select(link => link.Text("href"));

        var origin = trusted ? "https://pay.example/fleet-a/" : $"{fleet.Address}";
        Assert.All(links, href => Assert.StartsWith($"{origin}v1.", href, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0", 400)]
    [InlineData("-1", 400)]
    [InlineData("1000", 200)]
    [InlineData("1001", 200)]
    [InlineData("99999999999999999999", 200)]
    public async Task A_page_of_history_that_is_too_long_is_capped(string limit, int status)
    {
        await using var fleet = await FleetApp.Start();
        using var answer = await fleet.Till.Get(
            $"/v2.1/merchants/{FleetApp.Merchant}/transactions/history?limit={limit}");

        Assert.Equal(status, (int)answer.StatusCode);
        if (status is 200)
            Assert.Equal("""{"items":[]}""",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<System.Text.Json.JsonElement> Json(Till till, string path)
    {
        using var answer = await till.Get(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }
}

using System.Net;
using System.Text.Json;
using Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>A till that says its name, and people who look for its payments.</summary>
public sealed class TillNameTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private readonly RpcCaller _caller = new(fleet);
    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await Device.DisposeAsync();
    }

    [Fact]
    public async Task The_name_is_on_the_timeline_and_on_the_page_of_the_payment()
    {
        var id = await Pay("Bar \u0141\u00f3d\u017a");
        using var visitor = await Visitor.SignIn(fleet, FleetApp.Key);

        Assert.Equal("Bar \u0141\u00f3d\u017a", (await fleet.Till.Timeline(id)).GetProperty("till").GetString());
        var page = await visitor.Open($"m/{FleetApp.Merchant}/checkouts/{id}");
        Assert.Contains("<dt>Till</dt>", page.Text);
        Assert.Contains("<bdi>Bar \u0141\u00f3d\u017a</bdi>", WebUtility.HtmlDecode(page.Text));
    }

    [Fact]
    public async Task The_origin_of_a_route_is_the_name_and_so_is_the_till_of_a_start()
    {
        var start = new StartRequest
        {
            TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 }, Route = new() { Origin = "routed" },
        };
        var routed = await _caller.Checkouts.StartAsync(
            start, _caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("routed", await TillOf(routed.CheckoutId));
        await Device.Approve(Guid.Parse(routed.CheckoutId));

        start = new() { TotalAmount = start.TotalAmount, ReaderId = Device.ReaderId, Till = "named" };
        var named = await _caller.Checkouts.StartAsync(
            start, _caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("named", await TillOf(named.CheckoutId));
        await Device.Approve(Guid.Parse(named.CheckoutId));
    }

    [Fact]
    public async Task The_history_lists_the_payments_and_refunds_of_one_till_in_pages()
    {
        var first = await Pay("till <3>");
        var other = await Pay("till");
        var second = await Pay("till <3>");
        using var refund = await fleet.Till.Send(HttpMethod.Post,
            $"/v1.0/merchants/{FleetApp.Merchant}/payments/{first}/refunds", null);
        Assert.True(refund.IsSuccessStatusCode);

        Assert.Equal([(second, "PAYMENT"), (first, "PAYMENT")], await History("till=till+%3C3%3E&types[]=PAYMENT"));
        Assert.Equal([(first, "REFUND")], await History("till=till+%3C3%3E&types[]=REFUND"));
        Assert.Equal([(other, "PAYMENT")], await History("till=till"));
        Assert.Equal(3, (await History("till=till+%3C3%3E&changes_since=2020-01-01T00:00:00Z")).Count);
        Assert.Empty(await History("till=Till"));
    }

    [Theory]
    [InlineData("line\nbreak", "must not contain control characters")]
    [InlineData("65", "must have at most 64 characters")]
    [InlineData("\u200e\u3000", "must have a character that can be seen")]
    public async Task A_name_that_cannot_be_printed_or_is_too_long_is_refused(string till, string why)
    {
        var name = till == "65" ? new string('x', 65) : till;
        using var answer = await fleet.Till.Post($"readers/{Device.ReaderId}/checkout", BodyOf(name));
        using var history = await fleet.Till.Get(
            $"/v2.1/merchants/{FleetApp.Merchant}/transactions/history?till={Uri.EscapeDataString(name)}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(why, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.BadRequest, history.StatusCode);
    }

    [Fact]
    public async Task A_repeat_from_another_till_is_the_same_payment()
    {
        var key = ("Idempotency-Key", $"{Guid.NewGuid()}");
        using var first = await fleet.Till.Post($"readers/{Device.ReaderId}/checkout", BodyOf("one"), key);
        using var again = await fleet.Till.Post($"readers/{Device.ReaderId}/checkout", BodyOf("two"), key);

        var id = IdOf(await first.Json());
        Assert.Equal(id, IdOf(await again.Json()));
        Assert.Equal("one", (await fleet.Till.Timeline(id)).GetProperty("till").GetString());
        await Device.Approve(id);
    }

    [Fact]
    public async Task The_search_of_the_console_finds_payments_by_the_exact_name_of_a_till()
    {
        var first = await Pay("Kasse 7");
        var second = await Pay(" Kasse 7 ");
        var open = IdOf(await (await fleet.Till.Post(
            $"readers/{Device.ReaderId}/checkout", BodyOf("Kasse 7"))).Json());
        Assert.True(await Device.AskStart(open));
        using var visitor = await Visitor.SignIn(fleet, FleetApp.Key);

        var found = await visitor.Open("search.json?q=Kasse+7");
        using var json = JsonDocument.Parse(found.Text);
        Assert.Equal(new[] { open, second, first }.Select(id => $"m/{FleetApp.Merchant}/checkouts/{id}"),
            json.RootElement.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("to").GetString()));
        Assert.Contains("Nothing was found.", (await visitor.Open("search?q=Kasse")).Text);
        using var other = await Visitor.SignIn(fleet, FleetApp.OtherKey);
        Assert.Contains("Nothing was found.", (await other.Open("search?q=Kasse+7")).Text);
        var listed = await visitor.Open($"m/{FleetApp.Merchant}/transactions?till=+Kasse+7+");
        Assert.Equal(2, listed.Text.Split("data-name=\"Sale\"").Length - 1);
        await Device.Approve(open);
    }

    private static object BodyOf(string till) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, till,
    };

    private static Guid IdOf(JsonElement answer) => answer.GetProperty("data").GetProperty("checkout_id").GetGuid();

    private async Task<Guid> Pay(string till)
    {
        var id = await fleet.Till.Charge(Device.ReaderId, BodyOf(till));
        Assert.True(await Device.AskStart(id));
        await Device.Approve(id);
        fleet.Pass(1);
        return id;
    }

    private async Task<string> TillOf(string id)
    {
        Assert.True(await Device.AskStart(Guid.Parse(id)));
        return (await _caller.Checkouts.GetAsync(
            new() { CheckoutId = id }, _caller.Headers, cancellationToken: TestContext.Current.CancellationToken)).Till;
    }

    private async Task<IReadOnlyList<(Guid, string?)>> History(string query)
    {
        using var answer = await fleet.Till.Get(
            $"/v2.1/merchants/{FleetApp.Merchant}/transactions/history?order=descending&{query}");
        return [.. (await answer.Json()).GetProperty("items").EnumerateArray()
            .Select(one => (one.GetProperty("transaction_id").GetGuid(), one.GetProperty("type").GetString()))];
    }
}

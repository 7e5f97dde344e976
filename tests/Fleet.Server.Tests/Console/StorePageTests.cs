using System.Net;
using System.Text.RegularExpressions;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>The board of a store in the console, and payments that are started there.</summary>
public sealed partial class StorePageTests : IAsyncLifetime
{
    private const string Board = $"m/{FleetApp.Merchant}/stores/front";
    private const string Hostile = "\"><script>alert(1)</script> \u202Eevil\u202C";

    private readonly FleetApp _app = new();
    private RpcCaller? _caller;

    private RpcCaller Caller => _caller ??= new(_app);

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        await Caller.Store("front");
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task The_board_shows_each_reader_with_its_state_and_its_payment()
    {
        await using var free = await Caller.Paired("front", "Lane 1", ["mobile"]);
        await using var busy = await Caller.Paired("front", "Lane 2");
        var started = await Caller.Start(busy);
        await Eventually.Equal(Proto.Presence.Busy, () => Caller.Presence("front", busy));
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = await visitor.Open(Board);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains(">Lane 1<", page.Text);
        Assert.Contains(">mobile<", page.Text);
        Assert.Contains("15.00 EUR", page.Text);
        Assert.Contains($"checkouts/{started.CheckoutId}", page.Text);
        Assert.Contains("fleet stores board front", page.Text);
        Assert.DoesNotContain("affiliate_key", page.Text); // a sandbox needs none
        Assert.Contains("\"reader_id\"", (await visitor.Open(Board + ".json")).Text);
    }

    [Fact]
    public async Task A_payment_started_at_a_reader_leads_to_its_page()
    {
        await using var device = await Caller.Paired("front");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var answer = await visitor.Send(Board, Board + "/start",
            ("idempotency_key", "a"), ("reader", device.ReaderId), ("amount", "12,50"), ("currency", "EUR"));

        Assert.Contains($"/console/m/{FleetApp.Merchant}/checkouts/", answer.At.ToString());
        var open = (await Caller.Get(device)).Checkout;
        Assert.EndsWith(open.CheckoutId, answer.At.ToString());
        Assert.Equal(1250, open.TotalAmount.Value);
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_charges_once()
    {
        await using var one = await Caller.Paired("front", "Lane 1");
        await using var two = await Caller.Paired("front", "Lane 2");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var form = (await visitor.Open(Board)).Text;
        var (key, token) = (Key().Match(form).Groups[1].Value, Token().Match(form).Groups[1].Value);
        var both = await Task.WhenAll(Start(), Start());

        Assert.Equal(both[0].At, both[1].At);
        Assert.NotEqual(key, Key().Match((await visitor.Open(Board)).Text).Groups[1].Value);
        await Eventually.Equal(1, async () => (await Caller.Board("front")).Readers.Count(r => r.Checkout is not null));

        Task<Visitor.Answer> Start() => visitor.Post(Board + "/start", ("form_token", token), ("idempotency_key", key),
            ("reader", ""), ("amount", "15.00"), ("currency", "EUR"), ("description", "coffee"));
    }

    [Theory]
    [InlineData("15", "EUR", "amount")]
    [InlineData("1.500,00", "EUR", "amount")]
    [InlineData("0.00", "EUR", "amount")]
    [InlineData("-1.00", "EUR", "amount")]
    [InlineData("15.00", "HUF", "amount")]
    [InlineData("15.00", "XXX", "currency")]
    public async Task An_amount_that_could_be_read_in_two_ways_starts_nothing(string amount, string money, string field)
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var answer = await visitor.Send(Board, Board + "/start",
            ("idempotency_key", "a"), ("amount", amount), ("currency", money));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains($"<strong>{field}</strong>", answer.Text);
    }

    [Fact]
    public async Task A_start_without_the_key_of_its_form_starts_nothing()
    {
        await using var device = await Caller.Paired("front");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var answer = await visitor.Send(Board, Board + "/start", ("amount", "15.00"), ("currency", "EUR"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Null((await Caller.Get(device)).Checkout);
    }

    [Fact]
    public async Task Only_the_payment_that_the_page_showed_is_ended()
    {
        await using var device = await Caller.Paired("front");
        var started = await Caller.Start(device);
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var end = $"m/{FleetApp.Merchant}/readers/{device.ReaderId}/terminate?store=front";

        Assert.NotEqual(HttpStatusCode.OK, (await visitor.Send(Board, end)).Status);
        Assert.NotEqual(HttpStatusCode.OK,
            (await visitor.Send(Board, end, ("checkout", Guid.NewGuid().ToString()))).Status);
        Assert.Equal(started.CheckoutId, (await Caller.Get(device)).Checkout.CheckoutId);

        var answer = await visitor.Send(Board, end, ("checkout", started.CheckoutId));
        Assert.EndsWith($"/console/{Board}?ended={started.CheckoutId}", answer.At.ToString());
        Assert.Null((await Caller.Get(device)).Checkout);
    }

    [Fact]
    public async Task Who_watches_sees_only_the_readers_that_change()
    {
        await using var device = await Caller.Paired("front", "Lane 1");
        await using var other = await Caller.Paired("front", "Lane 2");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var watching = visitor.Watch(Board + "/live", ">offline<");
        await using (var third = await Caller.Paired("front", "Lane 3"))
            await Caller.Start(third);
        var told = await watching;

        Assert.DoesNotContain("form_token", told);
        Assert.Contains("15.00 EUR", told);
        Assert.Equal(1, Regex.Count(told, $"<tr id=\"{other.ReaderId}\""));
    }

    [Fact]
    public async Task A_reader_that_is_unpaired_goes_from_the_board_of_who_watches()
    {
        await using var device = await Caller.Paired("front");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var watching = visitor.Watch(Board + "/live", $"event: gone\ndata: {device.ReaderId}");
        await visitor.Send(Board, $"m/{FleetApp.Merchant}/readers/{device.ReaderId}/unpair");

        Assert.Contains($"event: gone\ndata: {device.ReaderId}", await watching);
    }

    [Fact]
    public async Task A_name_that_is_hostile_is_only_a_text()
    {
        await using var device = await Caller.Paired("front", Hostile);
        await using var lengthy = await Caller.Paired("front", new string('W', 500));
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);

        foreach (var text in new[]
        {
            (await visitor.Open(Board)).Text, await visitor.Watch(Board + "/live", device.ReaderId),
            (await visitor.Open($"{Board}?unpaired={Uri.EscapeDataString(Hostile)}&reader=%22%3E%3Cscript%3E")).Text,
        })
        {
            Assert.DoesNotContain("<script>alert", text);
            Assert.DoesNotContain("\"><script>", text);
        }
    }

    [Fact]
    public async Task A_key_without_the_right_sees_no_forms_and_starts_nothing()
    {
        var scopes = new[] { "fleet.read", "readers.read" };
        var reading = await _app.Till.MakeKey(new { name = "reading", scopes });
        await using var device = await Caller.Paired("front");
        using var visitor = await Visitor.SignIn(_app, reading.Key);
        var page = await visitor.Open(Board);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.DoesNotContain("name=\"amount\"", page.Text);
        Assert.Contains("class=\"no-start no-change\"", page.Text);
        var answer = await visitor.Send(Board, Board + "/start", ("idempotency_key", "a"),
            ("reader", device.ReaderId), ("amount", "15.00"), ("currency", "EUR"));
        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Null((await Caller.Get(device)).Checkout);
    }

    [Theory]
    [InlineData(FleetApp.ReadOnlyKey, Board, HttpStatusCode.Forbidden)]
    [InlineData(FleetApp.OtherKey, Board, HttpStatusCode.NotFound)]
    [InlineData(FleetApp.OtherKey, Board + "/live", HttpStatusCode.NotFound)]
    [InlineData(FleetApp.Key, $"m/{FleetApp.Merchant}/stores/none", HttpStatusCode.NotFound)]
    [InlineData(FleetApp.ChainKey, Board, HttpStatusCode.OK)]
    public async Task The_board_is_for_those_who_may_see_it(string key, string path, HttpStatusCode status)
    {
        using var visitor = await Visitor.SignIn(_app, key);
        Assert.Equal(status, (await visitor.Open(path)).Status);
    }

    [GeneratedRegex("""name="idempotency_key" value="([^"]+)""")]
    private static partial Regex Key();

    [GeneratedRegex("""name="form_token" value="([^"]+)""")]
    private static partial Regex Token();
}

namespace Fleet.Server.Tests;

/// <summary>Starts of which the cloud does not say clearly whether it took them.</summary>
public sealed class UnclearAnswerTests : IAsyncLifetime
{
    private CloudLane? _lane;

    private CloudLane Lane => _lane ?? throw new InvalidOperationException("It is not open.");

    private FleetApp Fleet => Lane.Fleet;

    private CloudStandIn Cloud => Lane.Cloud;

    private Till Till => Lane.Till;

    public async ValueTask InitializeAsync() => _lane = await CloudLane.Open();

    public ValueTask DisposeAsync() => _lane?.DisposeAsync() ?? default;

    [Theory]
    [InlineData(502, """{"errors":{"detail":"Bad Gateway"}}""")]
    [InlineData(504, """{"errors":{"detail":"Gateway Timeout"}}""")]
    [InlineData(500, """{"errors":{"detail":"Internal Server Error"}}""")]
    [InlineData(502, "<html><body>502 Bad Gateway</body></html>")]
    [InlineData(201, """{"data":{"checkout_id":""")]
    [InlineData(408, "{}")]
    [InlineData(429, "{}")]
    public async Task An_unclear_answer_is_told_as_unknown_and_the_payment_is_found(int status, string body)
    {
        Cloud.Then(status, body);
        var (word, id) = await Lane.Start();
        Assert.Equal("503 OUTCOME_UNKNOWN", word);
        Assert.Equal("pending", await Till.Outcome(Lane.ReaderId, id));
        Lane.Transaction = CloudLane.Paid(id);
        await Lane.Becomes(id, "successful");
        Assert.Single(Lane.Creates);
    }

    [Fact]
    public async Task A_person_who_starts_one_in_the_console_comes_to_its_page()
    {
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.LiveKey);
        var board = $"m/{FleetApp.LiveMerchant}/stores/default";
        Assert.Contains("name=\"affiliate_key\"", (await visitor.Open(board)).Text);
        Cloud.Then(502, "{}");
        var page = await visitor.Send(board, board + "/start", ("idempotency_key", "one-sale"),
            ("reader", Lane.ReaderId), ("amount", "15.00"), ("currency", "EUR"), ("app_id", Connector.AppId),
            ("affiliate_key", FleetApp.LiveAffiliateKey), ("reference", "receipt 7"));

        Assert.Contains($"{FleetApp.LiveMerchant}/checkouts/", page.At.ToString());
        Assert.Contains("unknown", page.Text);
        Assert.Single(Lane.Creates);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_told_as_unknown_and_holds_the_reader()
    {
        Cloud.Then(CloudStandIn.Abort);
        var (word, id) = await Lane.Start();
        Assert.Equal("503 OUTCOME_UNKNOWN", word);
        using var other = await Till.Post($"readers/{Lane.ReaderId}/checkout", Connector.Coffee());
        Assert.Equal("422 READER_BUSY", await other.Refusal());
        Assert.Equal($"{id}", (await other.Json()).GetProperty("errors").GetProperty("checkout_id").GetString());
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_finds_the_checkout_and_sends_nothing()
    {
        Cloud.Then(502, "{}");
        var (order, key) = (Connector.Coffee(), ("Idempotency-Key", "one-sale"));
        var (first, id) = await Lane.Start(order, key);
        var (second, same) = await Lane.Start(order, key);
        Assert.Equal(("503 OUTCOME_UNKNOWN", "503 OUTCOME_UNKNOWN"), (first, second));
        Assert.Equal(id, same);
        Lane.Transaction = CloudLane.Paid(id);
        await Lane.Becomes(id, "successful");
        Assert.Equal(("201", id), await Lane.Start(order, key));
        Assert.Single(Lane.Creates);
    }

    [Fact]
    public async Task What_the_cloud_never_had_ends_after_two_minutes_as_not_started()
    {
        Cloud.Then(504, "{}");
        var (_, id) = await Lane.Start();
        Fleet.Pass(100);
        Assert.Equal("pending", await Till.Outcome(Lane.ReaderId, id));
        await Lane.Becomes(id, "cancelled/not_started", 5);
        var charged = await Till.Charge(Lane.ReaderId, Connector.Coffee());
        Assert.NotEqual(id, charged);
    }

    [Fact]
    public async Task A_history_that_is_too_long_to_be_read_keeps_no_reader_from_its_next_payment()
    {
        Lane.History = """{"items":[],"links":[{"rel":"next","href":"limit=100&oldest_ref=1"}]}""";
        Cloud.Then(502, "{}");
        var (_, id) = await Lane.Start();
        await Lane.Becomes(id, "cancelled/not_started", 5);
        await Till.Charge(Lane.ReaderId, Connector.Coffee());
    }

    [Fact]
    public async Task A_charge_of_another_amount_is_a_dispute_and_no_success()
    {
        Cloud.Then(502, "{}");
        var (_, id) = await Lane.Start();
        Lane.Transaction = CloudLane.Paid(id, "99.00");
        await Eventually.Equal(true, async () =>
            (await Till.Timeline(id)).GetProperty("disputed").GetBoolean(),
            () => Fleet.Pass(1));
        Assert.Equal("pending", await Till.Outcome(Lane.ReaderId, id));
    }

    [Fact]
    public async Task A_cloud_that_takes_no_connection_is_said_to_be_away()
    {
        await Cloud.DisposeAsync();
        var (word, _) = await Lane.Start();
        Assert.Equal("422 PROVIDER_UNAVAILABLE", word);
    }

    [Theory]
    [InlineData(401, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(404, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(422, """{"errors":{"detail":"busy or offline"}}""", "422 PROVIDER_REFUSED")]
    [InlineData(422, """{"errors":{"type":"READER_OFFLINE","detail":"-"}}""", "422 READER_OFFLINE")]
    public async Task A_definite_no_is_a_refusal_and_frees_the_reader(int status, string body, string word)
    {
        Cloud.Then(status, body);
        Assert.Equal(word, (await Lane.Start()).Word);
        await Till.Charge(Lane.ReaderId, Connector.Coffee());
    }
}

using System.Net;
using System.Text;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>A till that got no answer asks again with the same key, and never charges twice.</summary>
public sealed class IdempotencyTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Header = "Idempotency-Key";

    /// <summary>The same request in other words; the others repeat the first one.</summary>
    private const string Order = """
        {"total_amount":{"currency":"EUR","minor_unit":2,"value":1500},"description":"Cake","tip_rates":[0.1,0.2],
         "affiliate":{"app_id":"a","key":"k","foreign_transaction_id":"f","tags":{"till":1,"shift":"late"}}}
        """;

    /// <summary>A key no other test uses.</summary>
    private readonly string _key = $"order-{Guid.NewGuid()}";

    [Fact]
    public async Task The_same_request_twice_is_one_checkout()
    {
        await using var device = await fleet.PairedDevice();

        var first = await Charged(device.ReaderId);
        var second = await Charged(device.ReaderId);

        Assert.Equal(first, second);
        Assert.Equal(IdIn(first), (await device.Expect<ShowCheckout>()).Checkout.CheckoutId);
        Assert.False(await ShowsAnother(device));
    }

    [Theory]
    [InlineData(Outcomes.Approved, null)]
    [InlineData(Outcomes.Failed, Reasons.Declined)]
    [InlineData(Outcomes.Cancelled, Reasons.CustomerCancelled)]
    public async Task A_repeat_after_the_end_gets_the_first_answer(string outcome, string? reason)
    {
        await using var device = await fleet.PairedDevice();
        var first = await Charged(device.ReaderId);
        Assert.True(await device.AskStart(IdIn(first)));
        await device.Report(new Result(device.Epoch, IdIn(first), outcome, reason, reason is null ? 1500 : 0));

        Assert.Equal(first, await Charged(device.ReaderId));

        Assert.False(await ShowsAnother(device));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_repeat_after_the_window_revives_nothing()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Charged(device.ReaderId);
        fleet.Pass(60);

        Assert.Equal(first, await Charged(device.ReaderId));
        Assert.Equal("cancelled/expired", await fleet.Till.Outcome(device.ReaderId, IdIn(first)));
    }

    [Fact]
    public async Task A_repeat_while_another_is_open_gets_the_first_answer()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Charged(device.ReaderId);
        await device.Pay();
        var open = await fleet.Till.Charge(device.ReaderId);

        Assert.Equal(first, await Charged(device.ReaderId));
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, open));
    }

    [Fact]
    public async Task A_repeat_while_offline_gets_the_first_answer()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Charged(device.ReaderId);
        await device.HangUp();
        await Eventually.Equal("OFFLINE", () => Status(device.ReaderId));

        Assert.Equal(first, await Charged(device.ReaderId));
    }

    [Fact]
    public async Task A_repeat_after_a_restart_gets_the_first_answer()
    {
        await using var before = await FleetApp.Start();
        await using var device = await before.PairedDevice();
        var first = await Charged(device.ReaderId, before.Till);
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder);

        Assert.Equal(first, await Charged(device.ReaderId, after.Till));
        await using var again = await device.ConnectAgain(after.LinkAddress);
        Assert.Equal(IdIn(first), (await again.Resume()).Checkout?.CheckoutId);
        Assert.Equal(first, await Charged(device.ReaderId, after.Till));
    }

    [Theory]
    [InlineData("""
        { "description" : "Cake",
          "affiliate":{"key":"k","tags":{"till":1,"shift":"late"},"foreign_transaction_id":"f","app_id":"a"},
          "tip_rates" : [ 0.1, 0.2 ], "x" : null, "card_type" : null,
          "total_amount" : { "value" : 1500, "minor_unit" : 2, "currency" : "EUR" } }
        """)]
    [InlineData("""
        {"total_amount":{"currency":"EUR","minor_unit":100,"value":1500},"description":"\u0043ake",
         "tip_timeout":30,"tip_rates":[0.1,0.2],
         "affiliate":{"app_id":"a","key":"k","foreign_transaction_id":"f","tags":{"till":1,"shift":"late"}}}
        """)]
    [InlineData("""
        {"total_amount":{"currency":"EUR","minor_unit":2,"value":1500},"description":"Cake","tip_rates":[0.10,2e-1],
         "affiliate":{"app_id":"a","key":"k","foreign_transaction_id":"f","tags":{"till":1,"shift":"late"}}}
        """)]
    public async Task The_same_order_in_other_words_is_the_same_request(string otherWords)
    {
        await using var device = await fleet.PairedDevice();
        using var first = await Send(device.ReaderId, Order);
        using var second = await Send(device.ReaderId, otherWords);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));
        Assert.Equal(await Text(first), await Text(second));
    }

    [Theory]
    [InlineData("1500", "1501")]
    [InlineData("EUR", "CHF")]
    [InlineData("Cake", "Coffee")]
    [InlineData("\"description\":\"Cake\",", "")]
    [InlineData("[0.1,0.2]", "[0.1,0.25]")]
    [InlineData("\"app_id\":\"a\"", "\"app_id\":\"b\"")]
    [InlineData("late", "early")]
    public async Task The_same_key_for_another_order_is_refused(string part, string other)
    {
        await using var device = await fleet.PairedDevice();
        using var first = await Send(device.ReaderId, Order);
        using var second = await Send(device.ReaderId, Order.Replace(part, other));

        Assert.Equal("422 IDEMPOTENCY_KEY_REUSED", await second.Refusal());
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, IdIn(await Text(first))));
    }

    [Fact]
    public async Task The_same_key_is_refused_after_the_end_too()
    {
        await using var device = await fleet.PairedDevice();
        await Charged(device.ReaderId);
        await device.Pay();

        using var second = await Send(device.ReaderId, Order);

        Assert.Equal("422 IDEMPOTENCY_KEY_REUSED", await second.Refusal());
        Assert.False(await ShowsAnother(device));
    }

    [Fact]
    public async Task The_same_key_for_another_reader_is_refused()
    {
        await using var one = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        await Charged(one.ReaderId);

        using var second = await fleet.Till.Post(
            $"readers/{other.ReaderId}/checkout", Checkouts.Coffee, (Header, _key));

        Assert.Equal("422 IDEMPOTENCY_KEY_REUSED", await second.Refusal());
        await fleet.Till.Charge(other.ReaderId);
    }

    [Fact]
    public async Task The_same_key_of_another_merchant_is_another_key()
    {
        await using var mine = await fleet.PairedDevice();
        await using var theirs = await fleet.Device();
        await theirs.Introduce();
        var till = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        var code = (await theirs.Expect<PairingCode>()).Code;
        using var paired = await till.Post("readers", new { pairing_code = code, name = "Theirs" });
        await theirs.ConfirmPairing();

        Assert.NotEqual(await Charged(mine.ReaderId), await Charged(theirs.ReaderId, till));
    }

    [Fact]
    public async Task Fifty_at_once_with_one_key_are_one_checkout()
    {
        await using var device = await fleet.PairedDevice();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Charged(device.ReaderId)));

        Assert.Single(answers.Distinct());
        await device.Expect<ShowCheckout>();
        Assert.False(await ShowsAnother(device));
    }

    [Fact]
    public async Task A_busy_reader_does_not_use_up_the_key()
    {
        await using var device = await fleet.PairedDevice();
        await fleet.Till.Charge(device.ReaderId);
        using var busy = await Send(device.ReaderId, Order);
        Assert.Equal("422 READER_BUSY", await busy.Refusal());
        await device.Pay();

        await Charged(device.ReaderId);
    }

    [Fact]
    public async Task An_invalid_request_or_offline_reader_does_not_use_it_up()
    {
        await using var device = await fleet.PairedDevice();
        await device.HangUp();
        await Eventually.Equal("OFFLINE", () => Status(device.ReaderId));
        using var invalid = await Send(device.ReaderId, "{}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, invalid.StatusCode);
        using var offline = await Send(device.ReaderId, Order);
        Assert.Equal("422 READER_OFFLINE", await offline.Refusal());

        await using var again = await device.ConnectAgain();
        await again.Resume();
        await Charged(device.ReaderId);
    }

    [Fact]
    public async Task A_key_is_free_after_24_hours_and_not_before()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Charged(device.ReaderId);
        await device.Pay();
        await device.HangUp();
        fleet.Pass((24 * 3600) - 1);
        await using var again = await device.ConnectAgain();
        await again.Resume();

        Assert.Equal(first, await Charged(device.ReaderId));
        fleet.Pass(1);
        Assert.NotEqual(first, await Charged(device.ReaderId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("caf\u00e9")]
    [InlineData("\ud83c\udf70")]
    [InlineData("a\tb")]
    public async Task A_key_that_is_not_plain_text_is_refused(string key)
    {
        await using var device = await fleet.PairedDevice();

        (await Raw(device.ReaderId, $"{Header}: {key}")).MustRefuse(400, Header);

        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task Two_keys_are_refused_even_when_they_are_the_same()
    {
        await using var device = await fleet.PairedDevice();

        (await Raw(device.ReaderId, $"{Header}: a", $"{Header}: a")).MustRefuse(400, Header);

        await fleet.Till.Charge(device.ReaderId);
    }

    [Theory]
    [InlineData(1, 201)]
    [InlineData(255, 201)]
    [InlineData(256, 400)]
    public async Task A_key_has_at_most_255_characters(int length, int status)
    {
        await using var device = await fleet.PairedDevice();
        var key = (_key + new string('~', 300))[^length..];

        Assert.Equal(status, (await Raw(device.ReaderId, $"{Header}: {key}")).Status);
    }

    private static Guid IdIn(string created) =>
        JsonElement.Parse(created).GetProperty("data").GetProperty("checkout_id").GetGuid();

    private static Task<string> Text(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    /// <summary>Whether the device was shown more; a refused start marks the end of what was sent.</summary>
    private static async Task<bool> ShowsAnother(TestDevice device)
    {
        await device.Send(new Start(device.Epoch, Guid.NewGuid()));
        while (await device.Next() is var next and not Refused)
            if (next is ShowCheckout) return true;
        return false;
    }

    /// <summary>The whole answer to a coffee with this test's key; it must be accepted, now or before.</summary>
    private async Task<string> Charged(string readerId, Till? till = null)
    {
        using var answer = await (till ?? fleet.Till).Post(
            $"readers/{readerId}/checkout", Checkouts.Coffee, (Header, _key));
        Assert.True(answer.StatusCode is HttpStatusCode.Created, $"{answer.StatusCode}: {await Text(answer)}");
        return await Text(answer);
    }

    private Task<HttpResponseMessage> Send(string readerId, string body) => fleet.Till.Send(HttpMethod.Post,
        $"readers/{readerId}/checkout", new StringContent(OfThisTest(body), Encoding.UTF8, "application/json"),
        (Header, _key));

    /// <summary>A sale of its own: the same one is paid once only.</summary>
    private string OfThisTest(string body) => body.Replace(
        "\"foreign_transaction_id\":\"f\"", $"\"foreign_transaction_id\":\"{_key}\"", StringComparison.Ordinal);

    private Task<RawAnswer> Raw(string readerId, params string[] headers) => RawHttp.SendJson(fleet.Address,
        $"POST /v0.1/merchants/{FleetApp.Merchant}/readers/{readerId}/checkout",
        JsonSerializer.Serialize(Checkouts.Coffee),
        [$"Authorization: Bearer {FleetApp.Key}", .. headers]);

    private async Task<string?> Status(string readerId)
    {
        using var answer = await fleet.Till.Get($"readers/{readerId}/status");
        return (await answer.Json()).GetProperty("data").GetProperty("status").GetString();
    }
}

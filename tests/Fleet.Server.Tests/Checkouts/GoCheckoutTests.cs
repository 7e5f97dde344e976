using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Payments that are answered with their outcome: SumUp's go-checkout.</summary>
public sealed class GoCheckoutTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private readonly string _id = $"{Guid.NewGuid()}";
    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task The_answer_is_the_outcome_with_the_callers_id_and_the_code()
    {
        var asked = Ask(fleet.Till, Device.ReaderId, Order());
        await Device.Pay();

        using var answer = await asked;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var data = (await answer.Json()).GetProperty("data");
        Assert.Equal(_id, data.GetProperty("client_transaction_id").GetString());
        var paid = await Transaction();
        Assert.Equal(("SUCCESSFUL", _id, data.GetProperty("transaction_code").GetString()),
            (paid.GetProperty("status").GetString(), paid.GetProperty("client_transaction_id").GetString(),
                paid.GetProperty("transaction_code").GetString()));
    }

    [Fact]
    public async Task A_tip_is_charged_with_the_amount_and_told_apart()
    {
        var asked = Ask(fleet.Till, Device.ReaderId, Order(tip: 200));
        var shown = (await Device.Expect<ShowCheckout>()).Checkout;
        Assert.Equal((1700, null), (shown.Amount, shown.TipRates));
        Assert.True(await Device.AskStart(shown.CheckoutId));
        await Device.Approve(shown.CheckoutId, 1700);

        using var answer = await asked;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var paid = await Transaction();
        Assert.Equal((17.00m, 2.00m),
            (paid.GetProperty("amount").GetDecimal(), paid.GetProperty("tip_amount").GetDecimal()));
    }

    [Theory]
    [InlineData("failed", "declined", "422 PAYMENT_FAILED")]
    [InlineData("cancelled", "customer_cancelled", "422 PAYMENT_CANCELLED")]
    public async Task A_payment_that_was_not_made_is_a_problem_with_its_reason(string how, string reason, string word)
    {
        var asked = Ask(fleet.Till, Device.ReaderId, Order());
        var id = (await Device.Expect<ShowCheckout>()).Checkout.CheckoutId;
        await Device.AskStart(id);
        await Device.Report(new Result(Device.Epoch, id, how, reason, 0));

        using var answer = await asked;
        using var again = await Ask(fleet.Till, Device.ReaderId, Order());

        Assert.Equal((word, word), (await answer.Refusal(), await again.Refusal()));
        var errors = (await answer.Json()).GetProperty("errors");
        Assert.Equal((reason, _id, $"{id}"), (errors.GetProperty("reason").GetString(),
            errors.GetProperty("client_transaction_id").GetString(), errors.GetProperty("checkout_id").GetString()));
        var detail = (await answer.Json()).GetProperty("detail").GetString();
        Assert.Contains(_id, detail);
        Assert.Contains(reason, detail);
    }

    [Fact]
    public async Task The_same_id_again_waits_for_the_same_payment()
    {
        var (first, second) = (Ask(fleet.Till, Device.ReaderId, Order()), Ask(fleet.Till, Device.ReaderId, Order()));
        await Device.Pay();

        using var one = await first;
        using var other = await second;
        using var late = await Ask(fleet.Till, Device.ReaderId, Order());

        Assert.Equal([200, 200, 200], new[] { one, other, late }.Select(answer => (int)answer.StatusCode));
        Assert.Equal($"{await one.Json()}", $"{await other.Json()}");
        Assert.Equal($"{await one.Json()}", $"{await late.Json()}");
        Assert.False(Device.HasNews);
    }

    [Fact]
    public async Task The_same_id_for_another_amount_or_reader_is_refused_by_name()
    {
        await using var elsewhere = await fleet.PairedDevice();
        var asked = Ask(fleet.Till, Device.ReaderId, Order());
        await Device.Pay();
        using var paid = await asked;

        using var more = await Ask(fleet.Till, Device.ReaderId, Order(value: 1501));
        using var tip = await Ask(fleet.Till, Device.ReaderId, Order(tip: 1));
        using var other = await Ask(fleet.Till, elsewhere.ReaderId, Order());

        const string reused = "422 CLIENT_TRANSACTION_ID_REUSED";
        Assert.Equal((reused, reused, reused), (await more.Refusal(), await tip.Refusal(), await other.Refusal()));
        Assert.False(elsewhere.HasNews);
    }

    [Fact]
    public async Task The_same_id_for_two_readers_at_once_is_one_payment()
    {
        await using var elsewhere = await fleet.PairedDevice();
        var asked = new[] { Device, elsewhere }
            .Select(one => (one, Answer: Ask(fleet.Till, one.ReaderId, Order()))).ToArray();
        await Task.WhenAny(asked.Select(one => one.one.Pay()));
        var answers = await Task.WhenAll(asked.Select(one => one.Answer));

        Assert.Equal([200, 422], answers.Select(answer => (int)answer.StatusCode).Order());
        Assert.Equal("422 CLIENT_TRANSACTION_ID_REUSED",
            await answers.Single(answer => (int)answer.StatusCode != 200).Refusal());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task Of_two_amounts_with_one_id_at_once_only_the_one_that_was_paid_is_told()
    {
        var asked = new[] { Order(), Order(tip: 200) }
            .Select(order => Ask(fleet.Till, Device.ReaderId, order)).ToArray();
        await Device.Pay();
        var answers = await Task.WhenAll(asked);

        Assert.Equal([200, 422], answers.Select(answer => (int)answer.StatusCode).Order());
        Assert.Equal("422 CLIENT_TRANSACTION_ID_REUSED",
            await answers.Single(answer => (int)answer.StatusCode != 200).Refusal());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task The_same_id_of_another_merchant_is_another_payment()
    {
        var till = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        await using var theirs = await fleet.PairedDevice(till: till);
        var (ours, other) =
            (Ask(fleet.Till, Device.ReaderId, Order()), Ask(till, theirs.ReaderId, Order(), FleetApp.OtherMerchant));
        await Device.Pay();
        await theirs.Pay();

        Assert.NotEqual(await Code(ours), await Code(other));
    }

    [Fact]
    public async Task What_has_not_ended_in_time_is_pending_and_its_repeat_hears_the_outcome()
    {
        var asked = Ask(fleet.Till, Device.ReaderId, Order());
        var id = (await Device.Expect<ShowCheckout>()).Checkout.CheckoutId;
        await Device.AskStart(id);
        await Eventually.Equal(true, () => Task.FromResult(asked.IsCompleted), () => fleet.Pass(1));
        using var late = await asked;
        Assert.Equal("504 PAYMENT_PENDING", await late.Refusal());

        var again = Ask(fleet.Till, Device.ReaderId, Order());
        await Device.Approve(id);

        using var paid = await again;
        Assert.Equal(HttpStatusCode.OK, paid.StatusCode);
    }

    [Fact]
    public async Task A_released_payment_says_that_it_is_not_certain_and_after_a_late_charge_that_it_is_disputed()
    {
        var asked = Ask(fleet.Till, Device.ReaderId, Order());
        var id = (await Device.Expect<ShowCheckout>()).Checkout.CheckoutId;
        await Device.AskStart(id);
        fleet.Pass(300);
        using (await asked) { }
        using var release = await fleet.Till.Post($"/fleet/v1/checkouts/{id}/release", new { reason = "it hangs" });
        using var released = await Ask(fleet.Till, Device.ReaderId, Order());
        await Device.Approve(id);
        using var disputed = await Ask(fleet.Till, Device.ReaderId, Order());

        foreach (var (answer, words) in new[] { (released, "not certain whether"), (disputed, "in dispute whether") })
        {
            Assert.Equal("422 PAYMENT_CANCELLED", await answer.Refusal());
            Assert.Contains(words, (await answer.Json()).Text("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_reader_that_is_busy_or_offline_is_told_as_ever_and_the_id_is_free()
    {
        await fleet.Till.Charge(Device.ReaderId);
        using var busy = await Ask(fleet.Till, Device.ReaderId, Order());
        await Device.Pay();
        await Device.HangUp();
        await fleet.Till.Becomes(Device.ReaderId, "OFFLINE");
        using var offline = await Ask(fleet.Till, Device.ReaderId, Order());
        await using var back = await Device.ConnectAgain();
        await back.Resume();
        var asked = Ask(fleet.Till, Device.ReaderId, Order());
        await back.Pay();
        using var paid = await asked;

        Assert.Equal(("422 READER_BUSY", "422 READER_OFFLINE", HttpStatusCode.OK),
            (await busy.Refusal(), await offline.Refusal(), paid.StatusCode));
    }

    [Fact]
    public async Task After_another_start_of_the_node_the_repeat_finds_the_payment()
    {
        await using var node = await FleetApp.Start();
        await using var device = await node.PairedDevice();
        using var giveUp = new CancellationTokenSource();
        var lost = node.Till.Hold(
            HttpMethod.Post, PathOf(device.ReaderId), JsonContent.Create(Order()), giveUp.Token);
        var id = (await device.Expect<ShowCheckout>()).Checkout.CheckoutId;
        await device.AskStart(id);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost);
        await node.Stop();
        await node.InitializeAsync();
        await using var back = await device.ConnectAgain(node.LinkAddress);
        Assert.Equal(id, (await back.Resume()).Checkout?.CheckoutId);
        var asked = Ask(node.Till, device.ReaderId, Order());
        await back.Approve(id);

        using var paid = await asked;

        Assert.Equal(HttpStatusCode.OK, paid.StatusCode);
        using var listed = await node.Till.Get($"/v2.1/merchants/{FleetApp.Merchant}/transactions/history");
        Assert.Equal(1, (await listed.Json()).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"total_amount":{"currency":"EUR","value":1}}""", "client_transaction_id")]
    [InlineData("""{"client_transaction_id":"a"}""", "total_amount")]
    [InlineData("""{"total_amount":{"currency":"EUR","value":0},"client_transaction_id":"a"}""", "total_amount")]
    [InlineData("""{"total_amount":{"currency":"XXX","value":1},"client_transaction_id":"a"}""",
        "total_amount.currency")]
    [InlineData("""{"total_amount":{"currency":"EUR","value":1},"client_transaction_id":"a","tip_amount":-1}""",
        "tip_amount")]
    public async Task A_broken_rule_is_told_with_its_field(string body, string field)
    {
        using var answer = await fleet.Till.Send(HttpMethod.Post, PathOf(Device.ReaderId),
            new StringContent(body, null, "application/json"));

        Assert.Equal("422 VALIDATION_ERROR", await answer.Refusal());
        Assert.Equal(field, (await answer.Json()).GetProperty("fields")[0].GetProperty("name").GetString());
    }

    private static string PathOf(string readerId, string merchant = FleetApp.Merchant) =>
        $"/v0/merchants/{merchant}/readers/{readerId}/go-checkout";

    private object Order(long value = 1500, long? tip = null) => new
    {
        total_amount = new { currency = "EUR", value }, client_transaction_id = _id, tip_amount = tip,
    };

    private static Task<HttpResponseMessage> Ask(
        Till till, string readerId, object order, string merchant = FleetApp.Merchant) =>
        till.Post(PathOf(readerId, merchant), order);

    private static async Task<string?> Code(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return (await answer.Json()).GetProperty("data").GetProperty("transaction_code").GetString();
    }

    private async Task<JsonElement> Transaction()
    {
        using var answer =
            await fleet.Till.Get($"/v2.1/merchants/{FleetApp.Merchant}/transactions?client_transaction_id={_id}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }
}

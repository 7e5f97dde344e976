using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Payments of real readers: Fleet starts them in SumUp's cloud and tells their outcomes.</summary>
public sealed class ConnectorTests(Connector world) : IClassFixture<Connector>
{
    [Fact]
    public async Task A_payment_goes_through_the_cloud_and_is_told_to_the_till()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await world.Till.Charge(reader, Connector.Coffee());
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.Equal(1500, shown.Amount);
        Assert.Equal("pending", await world.Till.Outcome(reader, id));
        Assert.True(await device.AskStart(shown.CheckoutId));
        await device.Approve(shown.CheckoutId);
        await world.BecomesOf(reader, id, "successful");
        using var paid = await world.CloudTill.Get($"/v2.1/merchants/{FleetApp.LiveMerchant}/transactions"
            + $"?foreign_transaction_id=fleet-{id:N}");
        Assert.Equal("SUCCESSFUL", (await paid.Json()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_payment_that_the_customer_cancels_is_told_as_cancelled()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await world.Till.Charge(reader, Connector.Coffee());
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.True(await device.AskStart(shown.CheckoutId));
        await device.Report(new Result(device.Epoch, shown.CheckoutId, Outcomes.Cancelled, "customer_cancelled"));
        await world.BecomesOf(reader, id, "cancelled/customer_cancelled");
    }

    [Fact]
    public async Task A_terminate_is_passed_on_and_confirmed_by_what_the_cloud_says()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await world.Till.Charge(reader, Connector.Coffee());
        await device.Expect<ShowCheckout>();
        using var terminated = await world.Till.Post($"readers/{reader}/terminate", new { });
        Assert.Equal(HttpStatusCode.Accepted, terminated.StatusCode);
        await world.BecomesOf(reader, id, "cancelled/terminated");
    }

    [Fact]
    public async Task A_deadline_is_a_terminate_that_the_cloud_passes_on()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await world.Till.Charge(reader, Connector.Coffee(deadlineSeconds: 30));
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.True(await device.AskStart(shown.CheckoutId));
        await Eventually.Equal(true, () => Task.FromResult(device.HasNews), () => world.Fleet.Pass(0.5));
        Assert.Equal(shown.CheckoutId, (await device.Expect<Terminate>()).CheckoutId);
        await device.Report(new Terminated(device.Epoch, shown.CheckoutId));
        await world.BecomesOf(reader, id, "cancelled/deadline");
    }

    [Fact]
    public async Task A_payment_that_the_cloud_refused_is_started_by_its_repeat()
    {
        var (device, reader) = await world.PairedDevice("Go");
        var path = $"/v0/merchants/{FleetApp.LiveMerchant}/readers/{reader}/go-checkout";
        var order = new
        {
            total_amount = new { currency = "EUR", value = 1500 }, tip_amount = 100, client_transaction_id = "go-1",
        };
        await device.HangUp();
        await world.CloudTill.Becomes(await CloudIdOf("Go"), "OFFLINE");
        using var refused = await world.Till.Post(path, order);
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
        await using var back = await device.ConnectAgain();
        await back.Resume();

        var asked = world.Till.Post(path, order);
        await back.Pay();
        await Eventually.Equal(true, () => Task.FromResult(asked.IsCompleted), () => world.Fleet.Pass(0.5));

        using var paid = await asked;
        Assert.Equal(HttpStatusCode.OK, paid.StatusCode);
        using var found = await world.Till.Get(
            $"/v2.1/merchants/{FleetApp.LiveMerchant}/transactions?client_transaction_id=go-1");
        Assert.Equal(16.00m, (await found.Json()).GetProperty("amount").GetDecimal());
    }

    [Fact]
    public async Task A_reader_that_the_cloud_does_not_reach_refuses_as_ours_do()
    {
        var (device, reader) = await world.PairedDevice();
        await device.DisposeAsync();
        await world.CloudTill.Becomes(await CloudIdOf("Lane"), "OFFLINE");
        using var refused = await world.Till.Post($"readers/{reader}/checkout", Connector.Coffee());
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
    }

    [Fact]
    public async Task A_reader_that_is_busy_in_the_cloud_refuses_and_frees_the_key()
    {
        var (device, reader) = await world.PairedDevice("Busy");
        await using var _ = device;
        var other = await world.CloudTill.Charge(await CloudIdOf("Busy"), Connector.Coffee());
        var order = Connector.Coffee();
        var key = ("Idempotency-Key", $"busy-{other:N}");
        using var refused = await world.Till.Post($"readers/{reader}/checkout", order, key);
        Assert.Equal("422 READER_BUSY", await refused.Refusal());
        await device.Pay();
        using var accepted = await world.Till.Post($"readers/{reader}/checkout", order, key);
        Assert.Equal(HttpStatusCode.Created, accepted.StatusCode);
    }

    [Fact]
    public async Task A_wrong_pairing_code_is_refused_as_ours_are()
    {
        using var answer = await world.Till.Post("readers", new { pairing_code = "AAAABBBB", name = "None" });
        Assert.Equal("404 PAIRING_CODE_UNKNOWN", await answer.Refusal());
    }

    private async Task<string> CloudIdOf(string name)
    {
        using var answer = await world.CloudTill.Get("readers");
        return (await answer.Json()).GetProperty("items").EnumerateArray()
            .Last(reader => reader.GetProperty("name").GetString() == name).GetProperty("id").GetString() ?? "";
    }
}

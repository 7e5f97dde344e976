using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>The comparison of a day, with a second node that plays SumUp's cloud.</summary>
public sealed class ConnectorReconcileTests(Connector world) : IClassFixture<Connector>
{
    [Fact]
    public async Task What_was_paid_refunded_and_cancelled_agrees_and_what_the_cloud_did_alone_is_found()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var paid = await Pay(device, reader);
        await Pay(device, reader);
        using var refunded = await world.Till.Post(
            $"/v1.0/merchants/{FleetApp.LiveMerchant}/payments/{paid}/refunds", new { amount = 4.50 });
        var cancelled = await world.Till.Charge(reader, Connector.Coffee());
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.True(await device.AskStart(shown.CheckoutId));
        await device.Report(new Result(device.Epoch, shown.CheckoutId, Outcomes.Cancelled, "customer_cancelled"));
        await world.BecomesOf(reader, cancelled, "cancelled/customer_cancelled");

        var equal = await Compare();
        Assert.Equal(0, equal.GetProperty("differences").GetArrayLength());
        var sum = Assert.Single(equal.GetProperty("sums").EnumerateArray());
        Assert.Equal(sum.GetProperty("ours").GetRawText(), sum.GetProperty("theirs").GetRawText());
        Assert.Equal(450, sum.GetProperty("theirs").GetProperty("refunded").GetInt64());

        await world.CloudTill.Charge(await CloudReader(), Connector.Coffee());
        await device.Pay();
        var found = Assert.Single((await Compare()).GetProperty("differences").EnumerateArray());
        Assert.Equal(("THEIRS_ONLY", ""), (found.Text("kind"), found.Text("checkout_id")));
        await Eventually.Equal("reconcile_difference 1", () => world.Till.OpenAbout("day", "2026-03-01"));
    }

    private async Task<Guid> Pay(TestDevice device, string reader)
    {
        var id = await world.Till.Charge(reader, Connector.Coffee());
        await device.Pay();
        await world.BecomesOf(reader, id, "successful");
        return id;
    }

    private async Task<JsonElement> Compare()
    {
        using var answer = await world.Till.Post("/fleet/v1/reconciliation/2026-03-01", new { });
        return await answer.Json();
    }

    private async Task<string> CloudReader()
    {
        using var answer = await world.CloudTill.Get("readers");
        return (await answer.Json()).GetProperty("items")[0].GetProperty("id").GetString() ?? "";
    }
}

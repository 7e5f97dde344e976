using System.Text.Json;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Tests;

/// <summary>An operator frees a reader whose payment has no outcome, and evidence that comes later is kept.</summary>
public sealed class ReleaseTests(WebhookTests.Shop shop) : IClassFixture<WebhookTests.Shop>
{
    private FleetApp Fleet => shop.Fleet;

    [Fact]
    public async Task A_device_that_is_connected_and_says_nothing_does_not_hold_its_reader_for_ever()
    {
        await using var device = await Fleet.PairedDevice();
        var checkout = await Started(device);
        Assert.Equal("TOO_EARLY_TO_RECORD", await Refused(checkout));
        Fleet.Pass(300);
        Assert.Equal("READER_ONLINE", await Fleet.Till.Post($"/fleet/v1/checkouts/{checkout}/outcome",
            new { outcome = "FAILED", reason = "x", reference = "y" }).Reason());
        await Release(checkout);
        await Release(checkout); // the same request again

        Assert.Equal("cancelled/released_by_operator", await Fleet.Till.Outcome(device.ReaderId, checkout));
        await Fleet.Till.Charge(device.ReaderId);
        var row = Assert.Single(await Fleet.HeadOffice().AuditRows("action=checkout.release"),
            one => one.Text("subject") == $"{checkout}");
        Assert.Equal(device.ReaderId, row.Text("detail"));
        var last = (await Fleet.Till.Timeline(checkout)).GetProperty("events").EnumerateArray().Last();
        Assert.Equal(("operator", "it hangs"), (last.Text("actor"), last.GetProperty("record").Text("reason")));
        Assert.False(last.GetProperty("reason").GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public async Task A_charge_that_is_reported_after_a_release_is_a_dispute_a_webhook_and_an_incident()
    {
        await using var device = await Fleet.PairedDevice();
        var inbox = shop.Receiver.Open();
        var checkout = await Started(device, $"{inbox.Url}");
        await device.HangUp();
        await Fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        Fleet.Pass(300);
        await Release(checkout);
        var outcome = JsonElement.Parse((await inbox.Next()).Body);
        Assert.Equal(("solo.transaction.updated", "released_by_operator"),
            (outcome.Text("event_type"), outcome.GetProperty("payload").Text("failure_reason")));

        await using var again = await device.ConnectAgain();
        await again.Resume();
        await again.Approve(checkout);
        var dispute = JsonElement.Parse((await inbox.Next()).Body);
        var payload = dispute.GetProperty("payload");
        Assert.Equal(("fleet.checkout.disputed", "cancelled", "successful", 1500), (dispute.Text("event_type"),
            payload.Text("status"), payload.Text("claimed_status"), payload.GetProperty("claimed_amount").GetInt32()));
        Assert.NotEqual($"{checkout}", dispute.Text("id"));
        Assert.Equal("cancelled/released_by_operator", await Fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal("disputed_result 1", await Fleet.Till.OpenAbout("checkout_id", checkout));
    }

    [Fact]
    public async Task A_payment_of_a_deleted_reader_is_released_from_the_command_line()
    {
        await using var device = await Fleet.PairedDevice();
        var checkout = await Started(device);
        using var deleted = await Fleet.Till.Delete($"readers/{device.ReaderId}");
        Fleet.Pass(300);
        var shell = new Shell(Fleet);

        Assert.Equal($"Released: checkout {checkout} over 15.00 EUR. It is not certain whether the card was charged.\n",
            await shell.Does($"checkout release {checkout} --reason \"The reader is gone\""));
        Assert.Contains("It is not known how it ended.", await shell.Does($"why {checkout}"), StringComparison.Ordinal);
        await device.Approve(checkout);
        var why = await shell.Does($"why {checkout}");
        Assert.Contains($"The record says released_by_operator. For the clerk: {ReasonAdvice.Disputed}", why,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_without_a_reason_is_refused()
    {
        await using var device = await Fleet.PairedDevice();
        var checkout = await Started(device);
        using var answer = await Fleet.Till.Post($"/fleet/v1/checkouts/{checkout}/release", new { });

        Assert.Equal(400, (int)answer.StatusCode);
    }

    private async Task<Guid> Started(TestDevice device, string? hook = null)
    {
        var checkout = await Fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, return_url = hook,
        });
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    private async Task Release(Guid checkout)
    {
        using var answer = await Fleet.Till.Post(
            $"/fleet/v1/checkouts/{checkout}/release", new { reason = "it hangs" });
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("released_by_operator", (await answer.Json()).GetProperty("reason").Text("code"));
    }

    private Task<string?> Refused(Guid checkout) =>
        Fleet.Till.Post($"/fleet/v1/checkouts/{checkout}/release", new { reason = "it hangs" }).Reason();
}

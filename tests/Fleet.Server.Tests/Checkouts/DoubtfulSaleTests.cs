using Fleet.Core.Errors;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>A sale whose payment ended, and may have been charged all the same, is not charged again.</summary>
public sealed class DoubtfulSaleTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private readonly object _sale = SaleTests.Sale();

    [Fact]
    public async Task A_released_payment_holds_its_sale_before_and_after_its_device_says_that_it_was_charged()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Started(device);
        fleet.Pass(300);
        await Post($"{first}/release", new { reason = "it hangs" });
        await Refused(device, first, "cancelled");

        await device.Approve(first);

        Assert.True((await fleet.Till.Timeline(first)).GetProperty("disputed").GetBoolean());
        await Refused(device, first, "cancelled");
        await fleet.Forget(device.ReaderId);
        await Refused(device, first, "cancelled");
        await fleet.Till.Charge(device.ReaderId, SaleTests.Sale());
    }

    [Fact]
    public async Task A_record_of_no_charge_frees_the_sale_and_a_charge_that_is_told_later_holds_it()
    {
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        var first = await Started(device);
        await device.HangUp();
        await fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        await Post($"{first}/outcome", new { outcome = "FAILED", reason = "not settled", reference = "7" });
        var second = await fleet.Till.Charge(other.ReaderId, _sale);
        using (await fleet.Till.Post($"readers/{other.ReaderId}/terminate", new { })) { }
        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(other.ReaderId, second));

        fleet.Pass(1);
        await using var again = await device.ConnectAgain();
        await again.Resume();
        await again.Approve(first);

        await Refused(other, first, "failed");
        await fleet.Till.Charge(other.ReaderId, SaleTests.Sale());
    }

    [Fact]
    public async Task A_charge_that_is_told_after_the_sale_was_paid_by_another_checkout_is_a_dispute_all_the_same()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Started(device);
        await device.Report(new Result(device.Epoch, first, Outcomes.Failed, Reasons.Declined));
        var second = await fleet.Till.Charge(device.ReaderId, _sale);
        await device.Pay();

        await device.Approve(first);

        Assert.True((await fleet.Till.Timeline(first)).GetProperty("disputed").GetBoolean());
        Assert.Equal("disputed_result 1", await fleet.Till.OpenAbout("checkout_id", first));
        await Refused(device, second, "successful");
    }

    [Fact]
    public async Task A_charge_that_is_told_while_the_sale_is_open_again_holds_it_when_that_fails()
    {
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        var first = await Started(device);
        await device.Report(new Result(device.Epoch, first, Outcomes.Failed, Reasons.Declined));
        var second = await fleet.Till.Charge(other.ReaderId, _sale);
        Assert.True(await other.AskStart(second));
        await device.Approve(first);
        await Refused(device, second, "started");

        await other.Report(new Result(other.Epoch, second, Outcomes.Failed, Reasons.Declined));

        await Refused(other, first, "failed");
    }

    [Fact]
    public async Task A_charge_without_a_grant_holds_its_sale_when_its_window_is_over()
    {
        await using var fleet = await FleetApp.Start();
        await using var device = await fleet.PairedDevice();
        var first = await fleet.Till.Charge(device.ReaderId, _sale);
        await device.Approve(first);
        fleet.Pass(60);

        using var again = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", _sale);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await again.Refusal());
        Assert.Equal("cancelled/expired", await fleet.Till.Outcome(device.ReaderId, first));
        await fleet.Till.Charge(device.ReaderId, SaleTests.Sale());
    }

    [Fact]
    public async Task The_same_idempotency_key_still_gets_the_answer_of_the_payment_in_doubt()
    {
        await using var device = await fleet.PairedDevice();
        var (path, key) = ($"readers/{device.ReaderId}/checkout", ("Idempotency-Key", $"{Guid.NewGuid()}"));
        using var first = await fleet.Till.Post(path, _sale, key);
        var id = (await first.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid();
        Assert.True(await device.AskStart(id));
        await device.Report(new Result(device.Epoch, id, Outcomes.Failed, Reasons.Declined));
        await device.Approve(id);

        using var same = await fleet.Till.Post(path, _sale, key);
        Assert.Equal($"{await first.Json()}", $"{await same.Json()}");
        await Refused(device, id, "failed");
    }

    private async Task<Guid> Started(TestDevice device)
    {
        var checkout = await fleet.Till.Charge(device.ReaderId, _sale);
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    private async Task Post(string path, object ask)
    {
        using var answer = await fleet.Till.Post($"/fleet/v1/checkouts/{path}", ask);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    /// <summary>The sale is refused because of a checkout, and the sentence says whether that is in doubt.</summary>
    private async Task Refused(TestDevice device, Guid holder, string state)
    {
        using var answer = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", _sale);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await answer.Refusal());
        var errors = (await answer.Json()).GetProperty("errors");
        Assert.Equal($"{holder} {state}", $"{errors.Text("checkout_id")} {errors.Text("checkout_state")}");
        Assert.Equal(state is "failed" or "cancelled", errors.Text("detail") == CheckoutErrors.DoubtfulSale);
    }
}

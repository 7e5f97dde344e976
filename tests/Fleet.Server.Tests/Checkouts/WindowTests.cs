using System.Net;

namespace Fleet.Server.Tests;

/// <summary>The 60 seconds in which an accepted checkout must start, on a clock that the test moves.</summary>
public sealed class WindowTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(59.9)]
    public async Task A_second_checkout_within_the_window_is_refused(double seconds)
    {
        await using var device = await fleet.PairedDevice();
        var first = await fleet.Till.Charge(device.ReaderId);
        fleet.Pass(seconds);

        using var second = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);

        Assert.Equal("422 READER_BUSY", await second.Refusal());
        Assert.Equal(first, (await second.Json()).GetProperty("errors").GetProperty("checkout_id").GetGuid());
    }

    [Fact]
    public async Task A_checkout_not_started_at_60_s_is_cancelled_and_frees_the_slot()
    {
        await using var device = await fleet.PairedDevice();
        var first = await fleet.Till.Charge(device.ReaderId);
        fleet.Pass(60);

        Assert.Equal("cancelled/expired", await fleet.Till.Outcome(device.ReaderId, first));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_checkout_started_at_59_s_never_expires()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        fleet.Pass(59);
        Assert.True(await device.AskStart(checkout));
        fleet.Pass(3600);

        using var second = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, second.StatusCode);
        await device.Approve(checkout);
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_start_asked_after_60_s_is_refused()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        fleet.Pass(60);

        Assert.False(await device.AskStart(checkout));
        Assert.Equal("cancelled/expired", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_payment_goes_through_from_the_screen_to_the_outcome()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));

        await device.Pay();

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }
}

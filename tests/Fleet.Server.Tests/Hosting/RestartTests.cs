using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>A node that stops and starts again on its data.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task A_restarted_node_finds_its_readers_and_their_open_checkout()
    {
        await using var before = await FleetApp.Start();
        await using var device = await before.PairedDevice("Lane 7");
        var checkout = await before.Till.Charge(device.ReaderId);
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder);
        using var busy = await after.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
        Assert.Equal("422 READER_BUSY", await busy.Refusal());
        await using var again = await device.ConnectAgain(after.LinkAddress);
        var welcome = await again.Resume();
        Assert.Equal(("Lane 7", checkout), (welcome.Name, welcome.Checkout?.CheckoutId));

        Assert.True(await again.AskStart(checkout));
        await again.Approve(checkout);
        Assert.Equal("successful", await after.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_node_that_stops_tells_its_devices_to_come_back()
    {
        await using var node = await FleetApp.Start();
        await using var device = await node.PairedDevice();
        await node.Stop();

        await device.Ended();
        Assert.StartsWith($"{Link.GoingAway}", device.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_window_that_ended_while_the_node_was_down_is_over_when_it_starts()
    {
        await using var before = await FleetApp.Start();
        await using var device = await before.PairedDevice();
        var checkout = await before.Till.Charge(device.ReaderId);
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder);
        after.Pass(61);
        Assert.Equal("cancelled/expired", await after.Till.Outcome(device.ReaderId, checkout));
    }
}

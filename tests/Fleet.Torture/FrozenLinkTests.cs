using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// The node to which a device is connected freezes for a moment: the reader takes its device for lost, although the
/// connection is still there afterwards.
/// </summary>
public sealed class FrozenLinkTests(Databases databases)
{
    [Fact]
    public async Task A_device_whose_node_froze_for_a_moment_is_found_again_and_gets_its_checkout()
    {
        await using var cluster = await Cluster.Started(databases);
        await using var first = await cluster.Nodes[0].Paired();
        await cluster.Nodes[0].Till.Charge(first.ReaderId);
        await first.Pay();
        var home = await cluster.FindHome();
        var other = cluster.Nodes.First(node => node != home);
        await using var device = await first.ConnectAgain(other.LinkAddress);
        await device.Resume();
        await cluster.Freeze(other);
        var id = await home.Till.Charge(device.ReaderId);
        await Eventually.Equal("OFFLINE", () => Status(home, device));
        other.Thaw();

        await device.Send(new DeviceStatus(device.Epoch, 80, 30, "Wi-Fi"));
        Assert.Equal(id, (await device.Expect<ShowCheckout>()).Checkout.CheckoutId);
        Assert.True(await device.AskStart(id));
        await device.Approve(id);
        Assert.Equal("successful", await home.Till.Outcome(device.ReaderId, id));
        Assert.Equal("ONLINE", await Status(home, device));
        cluster.Discard();
    }

    private static async Task<string?> Status(ServerProcess node, TestDevice device)
    {
        using var answer = await node.Till.Get($"readers/{device.ReaderId}/status");
        return (await answer.Json()).GetProperty("data").GetProperty("status").GetString();
    }
}

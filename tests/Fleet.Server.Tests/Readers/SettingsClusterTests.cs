using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Two nodes: a device is connected to one, and its settings are changed through the other.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class SettingsClusterTests
{
    [Fact]
    public async Task Settings_are_changed_from_either_node_and_a_passcode_that_one_sealed_the_other_opens()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        foreach (var (near, far) in new[] { (first, second), (second, first) })
        {
            await using var device = await near.LockableDevice();
            var path = $"readers/{device.ReaderId}/settings";
            var patch = far.Till.Patch(path, new { menu_lock = new { enabled = true, passcode = "4713" } });
            Assert.Equal(new MenuLockSettings(true, "4713"), await device.Apply());
            Assert.Equal(HttpStatusCode.OK, (await patch).StatusCode);
            first.Pass(1); // each node may have just made a key; the other one reads the ring again after a second
            foreach (var node in new[] { near, far })
            {
                using var told = await node.Till.Get(path);
                Assert.Equal("4713", (await told.Json()).GetProperty("data").GetProperty("menu_lock")
                    .GetProperty("passcode").GetString());
            }
        }
    }
}

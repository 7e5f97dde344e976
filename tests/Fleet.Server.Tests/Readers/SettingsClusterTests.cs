using System.Net;
using System.Text.Json;
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
            // Each node may have just made a key; the other one reads the ring again after a second.
            foreach (var node in new[] { near, far })
                await Eventually.Equal("4713", () => PasscodeOf(node.Till, path), () => first.Pass(1));
        }
    }

    /// <summary>The passcode that a node tells; null while it cannot open it.</summary>
    private static async Task<string?> PasscodeOf(Till till, string path)
    {
        using var told = await till.Get(path);
        var text = await told.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(told.IsSuccessStatusCode, text);
        var settings = JsonElement.Parse(text).GetProperty("data").GetProperty("menu_lock");
        return settings.TryGetProperty("passcode", out var passcode) ? passcode.GetString() : null;
    }
}

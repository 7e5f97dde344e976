using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Settings of real readers, from the till through SumUp's cloud to the device.</summary>
public sealed class ConnectorSettingsTests(Connector world) : IClassFixture<Connector>
{
    [Fact]
    public async Task A_change_goes_through_the_cloud_to_the_device_and_is_read_there()
    {
        var (device, reader) = await world.PairedDevice(hasMenuLock: true);
        await using var _ = device;
        var patch = world.Till.Patch(
            $"readers/{reader}/settings", new { menu_lock = new { enabled = true, passcode = "6420" } });
        Assert.Equal(new MenuLockSettings(true, "6420"), await device.Apply());
        Assert.Equal("""{"data":{"status":"applied","menu_lock":{"enabled":true,"passcode":"6420"}}}""",
            await TextOf(await patch));
        var elsewhere = world.CloudTill.Patch( // of which Fleet knows nothing
            $"readers/{device.ReaderId}/settings", new { menu_lock = new { enabled = false } });
        await device.Apply();
        Assert.Equal(HttpStatusCode.OK, (await elsewhere).StatusCode);
        using var told = await world.Fleet.PassUntil(world.Till.Get($"readers/{reader}/settings"));
        Assert.Equal("""{"data":{"menu_lock":{"enabled":false,"passcode":"6420"}}}""", await TextOf(told));
    }

    [Fact]
    public async Task A_reader_that_is_offline_or_has_no_passcode_is_refused()
    {
        var (device, reader) = await world.PairedDevice(hasMenuLock: true);
        await using var _ = device;
        using var without = await world.Till.Patch(
            $"readers/{reader}/settings", new { menu_lock = new { enabled = true } });
        Assert.Equal("422 PROVIDER_REFUSED", await without.Refusal());
        await device.HangUp();
        await world.CloudTill.Becomes(device.ReaderId, "OFFLINE");
        using var offline = await world.Till.Patch(
            $"readers/{reader}/settings", new { menu_lock = new { enabled = false } });
        Assert.Equal("422 READER_OFFLINE", await offline.Refusal());
    }

    [Fact]
    public async Task A_real_reader_has_what_its_store_says_as_soon_as_the_cloud_sees_it()
    {
        var (device, reader) = await world.PairedDevice(hasMenuLock: true);
        await using var first = device;
        await device.HangUp();
        await world.CloudTill.Becomes(device.ReaderId, "OFFLINE");
        using var said = await world.Till.Patch(
            "/fleet/v1/stores/default/settings", new { menu_lock = new { enabled = true, passcode = "7531" } });
        Assert.Equal(HttpStatusCode.OK, said.StatusCode);
        await Eventually.Equal("SETTINGS_PENDING", () => State(reader), () => world.Fleet.Pass(1));

        await using var again = await device.ConnectAgain();
        await again.Resume();
        await Eventually.Equal(true, async () =>
        {
            await world.Till.HowIs(reader); // so that Fleet asks the cloud
            return again.HasNews;
        }, () => world.Fleet.Pass(0.2));
        Assert.Equal(new MenuLockSettings(true, "7531"), await again.Apply());
        await Eventually.Equal("SETTINGS_APPLIED", () => State(reader), () => world.Fleet.Pass(1));
        using var cleared = await world.Till.Delete("/fleet/v1/stores/default/settings");
        Assert.Equal(HttpStatusCode.OK, cleared.StatusCode);
    }

    private async Task<string?> State(string reader)
    {
        using var answer = await world.Fleet.PassUntil(world.Till.Get($"/fleet/v1/readers/{reader}/settings"));
        return (await answer.Json()).GetProperty("state").GetString();
    }

    private static Task<string> TextOf(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

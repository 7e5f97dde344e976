using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>The two routes of SumUp's Cloud API for the menu lock, with devices of Fleet's own.</summary>
public sealed class MenuLockTests : IAsyncLifetime
{
    private readonly FleetApp _fleet = new();

    public ValueTask InitializeAsync() => _fleet.InitializeAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task Success_means_that_the_device_has_applied_it_and_tells_only_what_was_sent()
    {
        await using var device = await _fleet.LockableDevice();
        var patch = Patch(device, new { enabled = true, passcode = "1234" });
        Assert.Equal(new MenuLockSettings(true, "1234"), await device.Apply());
        Assert.Equal(
            """200 {"data":{"status":"applied","menu_lock":{"enabled":true,"passcode":"1234"}}}""", await patch);
        Assert.Equal("""200 {"data":{"menu_lock":{"enabled":true,"passcode":"1234"}}}""", await Get(device));

        patch = Patch(device, new { enabled = false });
        Assert.Equal(new MenuLockSettings(false, "1234"), await device.Apply());
        Assert.Equal("""200 {"data":{"status":"applied","menu_lock":{"enabled":false}}}""", await patch);

        patch = Patch(device, new { enabled = true }); // it has a passcode by now
        await device.Apply();
        Assert.Equal("""200 {"data":{"status":"applied","menu_lock":{"enabled":true}}}""", await patch);
    }

    [Fact]
    public async Task Online_the_present_settings_are_told_and_offline_the_last_ones()
    {
        await using var device = await _fleet.LockableDevice();
        await Eventually.Equal("""200 {"data":{"menu_lock":{"enabled":false}}}""", () => Get(device));
        device.MenuLock = new(true, "7777"); // a person changed it at the device
        await device.TellMenuLock();
        await Eventually.Equal("""200 {"data":{"menu_lock":{"enabled":true,"passcode":"7777"}}}""", () => Get(device));
        await device.HangUp();
        await _fleet.Till.Becomes(device.ReaderId, "OFFLINE");

        Assert.Equal("""200 {"data":{"menu_lock":{"enabled":true,"passcode":"7777"}}}""", await Get(device));
        Assert.Equal("422 READER_OFFLINE", await Refused(device, new { enabled = false }));
    }

    [Fact]
    public async Task A_reader_that_never_told_settings_has_none()
    {
        await using var device = await _fleet.PairedDevice();
        Assert.StartsWith("404", await Get(device), StringComparison.Ordinal);
        await device.HangUp();
        Assert.StartsWith("404", await Get(device), StringComparison.Ordinal);
        using var other = await _fleet.Till.Get("readers/rdr_6Q2M8ZK0V4T1XW9C3HFBPANYJE/settings");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [InlineData("""{"menu_lock":{}}""", "menu_lock")]
    [InlineData("""{}""", "menu_lock")]
    [InlineData("""{"menu_lock":null}""", "menu_lock")]
    [InlineData("""{"menu_lock":{"passcode":"12a4"}}""", "menu_lock.passcode")]
    [InlineData("""{"menu_lock":{"passcode":"12345"}}""", "menu_lock.passcode")]
    [InlineData("""{"menu_lock":{"passcode":""}}""", "menu_lock.passcode")]
    [InlineData("""{"menu_lock":{"enabled":true}}""", "menu_lock.passcode")]
    public async Task What_breaks_a_rule_is_refused_and_its_field_named(string body, string field)
    {
        await using var device = await _fleet.LockableDevice();
        using var answer = await _fleet.Till.Send(
            HttpMethod.Patch, $"readers/{device.ReaderId}/settings", Lane.Json(body));
        await answer.MustRefuse(422, field);
        Assert.False(device.HasNews);
    }

    [Fact]
    public async Task A_device_with_older_firmware_or_without_settings_has_no_menu_lock()
    {
        await using var old = await _fleet.LockableDevice("3.3.43.9");
        Assert.Equal("422 SETTINGS_UNSUPPORTED", await Refused(old, new { passcode = "1234" }));
        await using var plain = await _fleet.Device();
        plain.Firmware = "3.3.44.0";
        await _fleet.Pair(plain);
        Assert.Equal("422 SETTINGS_UNSUPPORTED", await Refused(plain, new { passcode = "1234" }));
    }

    [Fact]
    public async Task A_device_that_refuses_keeps_what_it_has()
    {
        await using var device = await _fleet.LockableDevice();
        var patch = Refused(device, new { passcode = "1234" });
        await device.Apply(refused: "The storage is full");
        Assert.Equal("422 SETTINGS_REFUSED", await patch);
        Assert.Equal("""200 {"data":{"menu_lock":{"enabled":false}}}""", await Get(device));
        await using var again = await device.ConnectAgain();
        await again.Resume();
        await Eventually.Equal("""200 {"data":{"menu_lock":{"enabled":false}}}""", () => Get(again));
        Assert.False(again.HasNews); // nothing is wanted any more
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_unknown_and_the_device_is_told_again()
    {
        await using var device = await _fleet.LockableDevice();
        var patch = Refused(device, new { enabled = true, passcode = "1234" });
        var first = await device.Expect<Configure>();
        Assert.StartsWith("200", await Get(device), StringComparison.Ordinal); // it does not wait for the device
        await Eventually.Equal(true, () => Task.FromResult(patch.IsCompleted), () => _fleet.Pass(1));
        Assert.Equal("503 SETTINGS_UNKNOWN", await patch);
        Assert.Equal("""200 {"data":{"menu_lock":{"enabled":false}}}""", await Get(device)); // the last that is known

        await using var again = await device.ConnectAgain();
        await again.Resume();
        Assert.Equal(first.MenuLock, await again.Apply());
        await Eventually.Equal("""200 {"data":{"menu_lock":{"enabled":true,"passcode":"1234"}}}""", () => Get(again));
    }

    [Fact]
    public async Task A_connection_that_ends_before_the_answer_is_unknown()
    {
        await using var device = await _fleet.LockableDevice();
        var patch = Refused(device, new { enabled = true, passcode = "1234" });
        await device.Expect<Configure>();
        await device.HangUp();
        Assert.Equal("503 SETTINGS_UNKNOWN", await patch);
    }

    [Fact]
    public async Task A_reader_in_a_payment_is_not_changed()
    {
        await using var device = await _fleet.LockableDevice();
        await _fleet.Till.Charge(device.ReaderId);
        Assert.Equal("422 READER_BUSY", await Refused(device, new { passcode = "1234" }));
    }

    [Fact]
    public async Task Keys_need_the_scopes_and_other_merchants_see_nothing()
    {
        await using var device = await _fleet.LockableDevice();
        var path = $"readers/{device.ReaderId}/settings";
        var readOnly = _fleet.TillOf(FleetApp.Merchant, FleetApp.ReadOnlyKey);
        await Eventually.Equal(HttpStatusCode.OK, async () => (await readOnly.Get(path)).StatusCode);
        using var change = await readOnly.Patch(path, new { menu_lock = new { enabled = false } });
        Assert.Equal(HttpStatusCode.Unauthorized, change.StatusCode);
        using var other = await _fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey).Get(path);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private async Task<string> Get(TestDevice device)
    {
        using var answer = await _fleet.Till.Get($"readers/{device.ReaderId}/settings");
        return $"{(int)answer.StatusCode} {await TextOf(answer)}";
    }

    private async Task<string> Patch(TestDevice device, object menuLock)
    {
        using var answer = await _fleet.Till.Patch(
            $"readers/{device.ReaderId}/settings", new { menu_lock = menuLock });
        return $"{(int)answer.StatusCode} {await TextOf(answer)}";
    }

    private async Task<string> Refused(TestDevice device, object menuLock)
    {
        using var answer = await _fleet.Till.Patch(
            $"readers/{device.ReaderId}/settings", new { menu_lock = menuLock });
        return await answer.Refusal();
    }

    private static Task<string> TextOf(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

using System.Net;
using System.Text.Json;
using Fleet.Protocol;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Settings that readers have from their store, and those of their own.</summary>
public sealed class StoreSettingsTests : IAsyncLifetime
{
    private readonly FleetApp _fleet = new();
    private RpcCaller? _caller;
    private int _stores;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private RpcCaller Caller => _caller ?? throw new InvalidOperationException("The node is not running.");

    private Proto.Settings.SettingsClient Settings => Caller.Settings;

    public async ValueTask InitializeAsync()
    {
        await _fleet.InitializeAsync();
        _caller = new(_fleet);
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        await _fleet.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_has_what_its_store_says_until_it_has_settings_of_its_own()
    {
        var store = await Caller.Store($"shop-{++_stores}");
        await using var device = await Lockable(store);
        Assert.Equal(Proto.SettingsSource.OfNone, (await Of(device)).Source);

        await SetStore(store, true, "1111");
        Assert.Equal(new MenuLockSettings(true, "1111"), await device.Apply());
        await Becomes(device, Proto.SettingsSource.OfStore, Proto.SettingsState.SettingsApplied);

        var own = SetReader(device, null, "2222");
        Assert.Equal(new MenuLockSettings(true, "2222"), await device.Apply());
        Assert.Equal(Proto.SettingsSource.OfReader, (await own).Source);
        Assert.Equal(Proto.SettingsState.SettingsApplied, (await own).State);
        await SetStore(store, false, null); // it keeps its own
        await Eventually.Equal(0, async () => (await StoreOf(store)).Untold);
        Assert.Equal("2222", (await Of(device)).MenuLock.Passcode);

        var cleared = Settings.ClearReaderAsync(
            new() { ReaderId = device.ReaderId }, Caller.Headers, cancellationToken: Cancel).ResponseAsync;
        Assert.Equal(new MenuLockSettings(false, "1111"), await device.Apply());
        Assert.Equal(Proto.SettingsSource.OfStore, (await cleared).Source);

        await Settings.ClearStoreAsync(new() { Store = store }, Caller.Headers, cancellationToken: Cancel);
        await Becomes(device, Proto.SettingsSource.OfNone, Proto.SettingsState.Unspecified);
        Assert.Equal("1111", (await Of(device)).OnDevice.Passcode); // the device keeps what it has
        Assert.False(device.HasNews);
    }

    [Fact]
    public async Task A_device_that_was_offline_is_told_when_it_connects()
    {
        var store = await Caller.Store($"shop-{++_stores}");
        await using var device = await Lockable(store);
        await device.HangUp();
        await _fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        await SetStore(store, true, "1111");
        await Becomes(device, Proto.SettingsSource.OfStore, Proto.SettingsState.SettingsPending);
        Assert.Equal(Proto.SettingsState.SettingsPending, (await SetReader(device, true, "3333")).State);

        await using var again = await device.ConnectAgain();
        await again.Resume();
        Assert.Equal(new MenuLockSettings(true, "3333"), await again.Apply());
        await Becomes(device, Proto.SettingsSource.OfReader, Proto.SettingsState.SettingsApplied);
    }

    [Fact]
    public async Task A_device_in_a_payment_is_told_after_it()
    {
        var store = await Caller.Store($"shop-{++_stores}");
        await using var device = await Lockable(store);
        await _fleet.Till.Charge(device.ReaderId);
        var order = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.Equal(Proto.SettingsState.SettingsPending, (await SetReader(device, true, "4444")).State);
        Assert.False(device.HasNews);
        Assert.True(await device.AskStart(order.CheckoutId));
        await device.Approve(order.CheckoutId, order.Amount);

        await Eventually.Equal(true, () => Task.FromResult(device.HasNews), () => _fleet.Pass(1));
        Assert.Equal(new MenuLockSettings(true, "4444"), await device.Apply());
        await Becomes(device, Proto.SettingsSource.OfReader, Proto.SettingsState.SettingsApplied);
    }

    [Fact]
    public async Task A_device_that_refuses_is_not_told_again_before_it_connects_again()
    {
        await using var device = await Lockable("default");
        var set = SetReader(device, true, "5555");
        await device.Apply(refused: "No");
        Assert.Equal(Proto.SettingsState.SettingsRefused, (await set).State);
        await device.TellMenuLock();
        _fleet.Pass(60);
        Assert.Equal(Proto.SettingsState.SettingsRefused, (await Of(device)).State);
        Assert.False(device.HasNews);

        await using var again = await device.ConnectAgain();
        await again.Resume();
        Assert.Equal(new MenuLockSettings(true, "5555"), await again.Apply());
        await Becomes(device, Proto.SettingsSource.OfReader, Proto.SettingsState.SettingsApplied);
    }

    [Fact]
    public async Task A_device_that_was_changed_by_a_person_is_told_again()
    {
        await using var device = await Lockable("default");
        var set = SetReader(device, true, "6666");
        await device.Apply();
        await set;
        for (var i = 0; i < 3; i++) // one that never has what it says it applied is told every 15 seconds
        {
            device.MenuLock = new(false, "6666");
            await device.TellMenuLock();
            await Becomes(device, Proto.SettingsSource.OfReader, Proto.SettingsState.SettingsPending);
            _fleet.Pass(14);
            Assert.False(device.HasNews);
            Assert.Equal(new MenuLockSettings(true, "6666"), await Pumped(device.Apply()));
        }
    }

    [Fact]
    public async Task A_reader_that_moves_has_what_its_new_store_says()
    {
        var (from, to) = (await Caller.Store($"shop-{++_stores}"), await Caller.Store($"shop-{++_stores}"));
        await SetStore(from, true, "1111");
        await SetStore(to, true, "2222");
        await using var device = await Lockable(from);
        Assert.Equal("1111", (await Pumped(device.Apply())).Passcode);
        await Caller.Move(device, to);
        Assert.Equal("2222", (await Pumped(device.Apply())).Passcode);
        await Becomes(device, Proto.SettingsSource.OfStore, Proto.SettingsState.SettingsApplied);
    }

    [Fact]
    public async Task The_same_answers_as_json_and_the_passcode_is_told_only_when_it_is_asked_for()
    {
        await using var device = await Lockable("default");
        var path = $"/fleet/v1/readers/{device.ReaderId}/settings";
        var set = _fleet.Till.Patch(path, new { menu_lock = new { enabled = true, passcode = "7531" } });
        await device.Apply();
        using var answer = await set;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var plain = await _fleet.Till.Get(path);
        const string Locked = """{"enabled":true,"has_passcode":true,"passcode":""}""";
        Assert.Equal($"{{\"reader_id\":\"{device.ReaderId}\",\"menu_lock\":{Locked},\"source\":\"OF_READER\","
            + $"\"state\":\"SETTINGS_APPLIED\",\"on_device\":{Locked}}}", JsonSerializer.Serialize(await plain.Json()));
        using var shown = await _fleet.Till.Get($"{path}?show_passcode=true");
        Assert.Equal("7531", (await shown.Json()).GetProperty("menu_lock").GetProperty("passcode").GetString());
        using var wrong = await _fleet.Till.Patch(path, new { menu_lock = new { passcode = "75a1" } });
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("menu_lock.passcode must have four digits", $"{await wrong.Json()}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_locked_needs_a_passcode_and_another_store_is_not_there()
    {
        var store = await Caller.Store($"shop-{++_stores}");
        using var open = await _fleet.Till.Patch(
            $"/fleet/v1/stores/{store}/settings", new { menu_lock = new { enabled = true } });
        Assert.Equal(HttpStatusCode.BadRequest, open.StatusCode);
        Assert.Contains("menu_lock.passcode is required", $"{await open.Json()}", StringComparison.Ordinal);
        using var none = await _fleet.Till.Get("/fleet/v1/stores/nowhere/settings");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    private async Task<T> Pumped<T>(Task<T> work)
    {
        await Eventually.Equal(true, () => Task.FromResult(work.IsCompleted), () => _fleet.Pass(0.5));
        return await work;
    }

    private async Task<TestDevice> Lockable(string store)
    {
        var device = await _fleet.Device();
        (device.Firmware, device.MenuLock) = ("3.3.44.0", new(false));
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        await Caller.Readers.PairAsync(
            new() { PairingCode = code, Name = "Lane", Store = store }, Caller.Headers, cancellationToken: Cancel);
        await device.ConfirmPairing();
        return device;
    }

    private Task<Proto.StoreSettings> SetStore(string store, bool? enabled, string? passcode) =>
        Settings.SetStoreAsync(
            new() { Store = store, MenuLock = Change(enabled, passcode) }, Caller.Headers, cancellationToken: Cancel)
            .ResponseAsync;

    private Task<Proto.StoreSettings> StoreOf(string store) =>
        Settings.GetStoreAsync(new() { Store = store }, Caller.Headers, cancellationToken: Cancel).ResponseAsync;

    private Task<Proto.ReaderSettings> SetReader(TestDevice device, bool? enabled, string? passcode) =>
        Settings.SetReaderAsync(
            new() { ReaderId = device.ReaderId, MenuLock = Change(enabled, passcode) }, Caller.Headers,
            cancellationToken: Cancel).ResponseAsync;

    private Task<Proto.ReaderSettings> Of(TestDevice device) => Settings.GetReaderAsync(
        new() { ReaderId = device.ReaderId, ShowPasscode = true }, Caller.Headers, cancellationToken: Cancel)
        .ResponseAsync;

    private Task Becomes(TestDevice device, Proto.SettingsSource source, Proto.SettingsState state) =>
        Eventually.Equal((source, state), async () =>
        {
            var now = await Of(device);
            return (now.Source, now.State);
        });

    private static Proto.MenuLockChange Change(bool? enabled, string? passcode)
    {
        var change = new Proto.MenuLockChange();
        if (enabled is { } on) change.Enabled = on;
        if (passcode is not null) change.Passcode = passcode;
        return change;
    }
}

namespace Fleet.Server.Tests;

/// <summary>The payment that proves the whole road: one in a while, by one node of the cluster.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class CanaryTests
{
    private static readonly string[] On =
        [$"--Fleet:Canary:Merchant={FleetApp.Merchant}", $"--Fleet:Canary:Key={FleetApp.Key}"];

    [Fact]
    public async Task A_payment_is_made_at_once_and_then_every_minute()
    {
        await using var fleet = await FleetApp.Start(null, On);
        var began = fleet.Clock.GetUtcNow();

        await Eventually.Equal((1d, 0d), () => Counted(fleet));
        fleet.Pass(60);
        // After a minute in one step the device may have to connect again, which takes time.
        await Eventually.Equal((2d, 0d), () => Counted(fleet), () => fleet.Pass(0.1));
        Assert.InRange((await Metrics.Of(fleet))["fleet_canary_last_success_timestamp_seconds"] ?? 0,
            began.AddSeconds(60).ToUnixTimeSeconds(), fleet.Clock.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public async Task When_the_road_is_broken_it_fails_and_says_since_when()
    {
        await using var fleet = await FleetApp.Start(null, On);
        await Eventually.Equal((1d, 0d), () => Counted(fleet));
        var paid = (await Metrics.Of(fleet))["fleet_canary_last_success_timestamp_seconds"];
        await fleet.Sql("ALTER TABLE checkout RENAME TO checkout_away");
        fleet.Pass(60);

        await Eventually.Equal((1d, 1d), () => Counted(fleet));
        Assert.Equal(paid, (await Metrics.Of(fleet))["fleet_canary_last_success_timestamp_seconds"]);
        await fleet.Sql("ALTER TABLE checkout_away RENAME TO checkout");
    }

    [Fact]
    public async Task Another_node_goes_on_with_a_new_reader_when_the_first_is_gone()
    {
        await using var first = await FleetApp.StartCluster(On);
        await using var second = await first.StartAnother(On);
        await Eventually.Equal(true, async () =>
            (await Counted(first)).Item1 + (await Counted(second)).Item1 > 0);
        var (payer, other) = (await Counted(first)).Item1 > 0 ? (first, second) : (second, first);
        Assert.Equal((0d, 0d), await Counted(other));
        await payer.Stop();

        await Eventually.Equal(true, async () => (await Counted(other)).Item1 > 0, () => other.Pass(1));
        using var readers = await other.Till.Get("readers");
        Assert.Equal("Canary", (await readers.Json()).GetProperty("items")[0].Text("name"));
    }

    [Fact]
    public async Task A_payment_whose_device_lost_its_files_holds_its_reader_alone_and_is_released_in_time()
    {
        await using var off = await FleetApp.Start();
        await using var device = await off.PairedDevice("Canary");
        var held = await off.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(held));
        await device.DisposeAsync();
        await off.Stop();
        await using var on = await FleetApp.Start(off.Folder, On);

        await Eventually.Equal((1d, 0d), () => Counted(on));
        Assert.Equal("pending", await on.Till.Outcome(device.ReaderId, held));
        var others = await ListReaders(on);
        Assert.Equal(2, others.Count);
        Assert.True(others.Remove(device.ReaderId));
        on.Pass(TimeSpan.FromMinutes(5).TotalSeconds);
        await Eventually.Equal(others.Single(), async () => string.Join(' ', await ListReaders(on)), () => on.Pass(1));
        Assert.Equal("cancelled/released_by_operator", await on.Till.Outcome(device.ReaderId, held));
        Assert.Contains("checkout.release", await new Shell(on, FleetApp.ChainKey).Does("audit export"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_reader_is_left_when_the_canary_is_switched_off()
    {
        await using var on = await FleetApp.Start(null, On);
        await Eventually.Equal((1d, 0d), () => Counted(on));
        await on.Stop();
        await using var off = await FleetApp.Start(on.Folder);

        using var readers = await off.Till.Get("readers");
        Assert.Empty((await readers.Json()).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_key_with_the_scopes_of_the_settings_does_and_the_administration_may_have_its_own_address()
    {
        const string Key = "canary-key";
        await using var fleet = await FleetApp.Start(null,
        [
            $"--Fleet:Canary:Merchant={FleetApp.Merchant}", $"--Fleet:Canary:Key={Key}",
            $"--Fleet:Merchants:0:Keys:2:Sha256={RandomIds.HashSecret(Key)}",
            .. new[] { "tests.write", "readers.read", "readers.write", "checkouts.read", "checkouts.write" }
                .Select((scope, i) => $"--Fleet:Merchants:0:Keys:2:Scopes:{i}={scope}"),
            "--Fleet:AdminUrl=http://127.0.0.1:0",
        ]);

        await Eventually.Equal((1d, 0d), () => Counted(fleet));
    }

    [Fact]
    public async Task Without_the_setting_there_is_no_such_payment()
    {
        await using var fleet = await FleetApp.Start();
        Assert.Null((await Metrics.Of(fleet))["fleet_canary_last_success_timestamp_seconds"]);
    }

    private static async Task<List<string>> ListReaders(FleetApp fleet)
    {
        using var readers = await fleet.Till.Get("readers");
        return [.. (await readers.Json()).GetProperty("items").EnumerateArray().Select(one => one.Text("id"))];
    }

    private static async Task<(double, double)> Counted(FleetApp fleet)
    {
        var seen = await Metrics.Of(fleet);
        return (seen["fleet_canary_payments_total", ("result", "paid")] ?? 0,
            seen["fleet_canary_payments_total", ("result", "failed")] ?? 0);
    }
}

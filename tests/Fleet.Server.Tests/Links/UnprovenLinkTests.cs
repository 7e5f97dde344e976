using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>
/// Connections that any program can open: they are few, nothing is saved for them, and paired devices go on.
/// </summary>
public sealed class UnprovenLinkTests
{
    private const string Attacker = "203.0.113.7", Shop = "198.51.100.20";

    private const string Proxy = "--Fleet:TrustedProxies:0=127.0.0.0/8";

    [Fact]
    public async Task The_oldest_unpaired_connection_of_an_address_makes_room_for_a_new_one()
    {
        await using var fleet = await FleetApp.Start(null, Proxy, "--Fleet:UnpairedPerAddress=2");
        await using var first = await Showing(fleet, Attacker);
        await using var other = await Showing(fleet, Shop);
        await using var second = await Showing(fleet, Attacker);
        await using var third = await Showing(fleet, Attacker);

        await first.Ended();
        Assert.Equal($"{Link.TryLater} too many devices wait to be paired", first.Closed);
        Assert.All([second, third, other], one => Assert.Equal(" ", one.Closed));
    }

    [Fact]
    public async Task When_the_node_is_full_the_address_with_most_unpaired_connections_loses_one()
    {
        await using var fleet = await FleetApp.Start(null, Proxy, "--Fleet:UnpairedConnections=10");
        await using var shop = await Showing(fleet, Shop);
        var many = new List<TestDevice>();
        for (var number = 0; number < 20; number++) many.Add(await Showing(fleet, Attacker));

        foreach (var one in many.Take(11)) await one.Ended();
        Assert.All(many.Skip(11).Append(shop), one => Assert.Equal(" ", one.Closed));
        foreach (var one in many) await one.DisposeAsync();
    }

    [Fact]
    public async Task A_paired_device_connects_again_from_an_address_that_is_full()
    {
        await using var fleet = await FleetApp.Start(null, Proxy, "--Fleet:UnpairedPerAddress=1");
        await using var device = await fleet.PairedDevice();
        await using var idle = await Showing(fleet, Attacker);
        await using var again = await device.ConnectAgain(from: Attacker);
        await again.Resume();
        await using var more = await Showing(fleet, Attacker);
        await using var most = await Showing(fleet, Attacker);
        await more.Ended();

        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.Equal(checkout, (await again.Expect<ShowCheckout>()).Checkout.CheckoutId);
    }

    [Fact]
    public async Task Paired_devices_that_connect_at_the_same_moment_are_all_welcome()
    {
        await using var fleet = await FleetApp.Start(null, Proxy, "--Fleet:UnpairedPerAddress=1");
        TestDevice[] devices =
            [await fleet.PairedDevice("1"), await fleet.PairedDevice("2"), await fleet.PairedDevice("3")];
        var again = new List<TestDevice>();
        foreach (var device in devices) again.Add(await device.ConnectAgain(from: Shop));

        foreach (var device in again) await device.Resume();
        Assert.All(again, device => Assert.Equal(" ", device.Closed));
        foreach (var device in devices.Concat(again)) await device.DisposeAsync();
    }

    [Fact]
    public async Task An_address_that_wants_too_many_codes_gets_them_one_by_one()
    {
        await using var fleet = await FleetApp.Start(null, Proxy);
        for (var number = 0; number < 200; number++)
        {
            await using var device = await Showing(fleet, Attacker);
        }
        await using var refused = await fleet.DeviceFrom(Attacker);
        await refused.Introduce();
        await refused.Ended();
        Assert.Equal($"{Link.TryLater} too many pairing codes", refused.Closed);

        await using var shop = await Showing(fleet, Shop);
        fleet.Pass(1);
        await using var later = await Showing(fleet, Attacker);
    }

    [Fact]
    public async Task A_device_that_is_not_paired_in_half_an_hour_is_closed_and_may_come_again()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:PingSeconds=3600");
        await using var device = await fleet.Device();
        await device.Introduce();
        for (var codes = 0; codes < 6; codes++)
        {
            await device.Expect<PairingCode>();
            fleet.Pass(300);
        }
        await device.Ended();
        Assert.Equal($"{Link.TryLater} not paired in time", device.Closed);

        await using var again = await fleet.Device();
        await again.Introduce();
        await again.Expect<PairingCode>();
    }

    [Fact]
    public async Task A_hello_that_proves_nothing_raises_no_epoch()
    {
        await using var fleet = await FleetApp.Start();
        await using var device = await fleet.PairedDevice();
        await using var stranger = await device.ConnectAgain();
        await stranger.Introduce();
        await stranger.Expect<PairingCode>();
        await using var again = await device.ConnectAgain();
        await again.Resume();
        Assert.Equal(device.Epoch + 1, again.Epoch);
    }

    /// <summary>A device that shows a pairing code.</summary>
    private static async Task<TestDevice> Showing(FleetApp fleet, string address)
    {
        var device = await fleet.DeviceFrom(address);
        await device.Introduce();
        await device.Expect<PairingCode>();
        return device;
    }
}

using System.Net;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>One device over its pairings with several merchants and stores.</summary>
public sealed class DeviceHistoryTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private Till Other => fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);

    [Fact]
    public async Task The_chain_sees_all_pairings_and_a_merchant_its_own()
    {
        var begun = fleet.Clock.GetUtcNow();
        var first = await fleet.PairedDevice();
        await fleet.Till.Charge(first.ReaderId);
        await first.Pay();
        await Unpair(fleet.Till, first.ReaderId);
        await first.DisposeAsync();
        fleet.Pass(120);
        await using var second = await fleet.PairedDevice("Bar", Other, first.Serial);

        var all = await Read(fleet.HeadOffice(), first.Serial);
        var pairings = all.GetProperty("pairings").EnumerateArray().ToList();
        Assert.Equal([second.ReaderId, first.ReaderId], pairings.Select(one => one.Text("reader_id")));
        Assert.Equal([0, 1], pairings.Select(one => one.GetProperty("payments").GetInt32()));
        Assert.Equal(["Bar", ""], pairings.Select(one => one.Text("name")));
        Assert.Equal(["default", "default"], pairings.Select(one => one.Text("store")));
        Assert.Equal(begun, pairings[1].GetProperty("from").GetDateTimeOffset());
        Assert.Equal((false, true), (pairings[0].TryGetProperty("to", out _), pairings[1].TryGetProperty("to", out _)));
        Assert.True(all.GetProperty("online").GetBoolean());
        Assert.Equal(1, Assert.Single(all.GetProperty("connections").EnumerateArray()).GetProperty("count").GetInt32());

        Assert.Equal([first.ReaderId], await Readers(fleet.Till, first.Serial));
        Assert.Equal([second.ReaderId], await Readers(Other, first.Serial));
    }

    [Fact]
    public async Task A_device_that_the_key_does_not_reach_does_not_exist()
    {
        await using var device = await fleet.PairedDevice();

        foreach (var serial in new[] { device.Serial, "NEVER-SEEN", new string('x', 200) })
        {
            using var answer = await Other.Get($"/fleet/v1/devices/{serial}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Its_connections_and_incidents_are_told()
    {
        var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Failed, "declined"));
        await device.HangUp();
        await fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        await fleet.Forget(device.ReaderId); // counts are saved when a connection ends
        await using var again = await device.ConnectAgain();
        await again.Resume();

        var told = await Read(fleet.Till, device.Serial);
        var today = Assert.Single(told.GetProperty("connections").EnumerateArray());
        Assert.Equal((2, "2026-03-01"), (today.GetProperty("count").GetInt32(), today.Text("day")));
        Assert.Equal("disputed_result", Assert.Single(told.GetProperty("incidents").EnumerateArray()).Text("kind"));
        Assert.Equal(device.Firmware, told.Text("firmware"));
        var shown = await new Shell(fleet).Does($"device {device.Serial}");
        Assert.Matches($"(?s)^{device.Serial}: online, firmware 3.3.40.3.*READER +MERCHANT.*{device.ReaderId} +MTILL001"
            + " +default.* 1 +Lane.*Connected 2 times on 2026-03-01.*Incident .*: disputed_result, open", shown);
    }

    private static async Task<string[]> Readers(Till till, string serial) =>
        [.. (await Read(till, serial)).GetProperty("pairings").EnumerateArray().Select(one => one.Text("reader_id"))];

    private static async Task<JsonElement> Read(Till till, string serial)
    {
        using var answer = await till.Get($"/fleet/v1/devices/{serial}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    private static async Task Unpair(Till till, string readerId)
    {
        using var answer = await till.Delete($"/fleet/v1/readers/{readerId}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}

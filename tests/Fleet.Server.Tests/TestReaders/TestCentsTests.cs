namespace Fleet.Server.Tests;

/// <summary>A sandbox merchant lets the last two digits of an amount decide, and no other merchant does.</summary>
public sealed class TestCentsTests
{
    [Fact]
    public async Task The_cents_reach_the_device_of_a_merchant_that_asks_for_them()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:Merchants:0:TestCents=true");
        Assert.Equal("FAILED declined", await Pay(fleet.Till, 1554));
        Assert.Equal("CANCELLED customer_cancelled", await Pay(fleet.Till, 1576));
        Assert.Equal("SUCCESSFUL", await Pay(fleet.Till, 1555));
        var other = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        Assert.Equal("SUCCESSFUL", await Pay(other, 1554));
    }

    private static async Task<string> Pay(Till till, int cents)
    {
        var reader = await till.MakeReader(new { scenario = "approve" });
        await till.Charge(reader, new { total_amount = new { currency = "EUR", minor_unit = 2, value = cents } });
        return (await till.Act(reader, "link", new { wait_seconds = 10 })).Ended();
    }
}

using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Two people look at two nodes of a cluster.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class LiveClusterTests
{
    private const string Live = $"m/{FleetApp.Merchant}/stores/default/live";

    [Fact]
    public async Task Boards_at_two_nodes_show_the_same_and_go_on_when_a_third_node_leaves()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        await using var third = await first.StartAnother();
        await using var device = await first.PairedDevice("Lane 1");
        using var one = await Visitor.SignIn(first, FleetApp.Key);
        using var two = await Visitor.SignIn(second, FleetApp.Key);

        var before = await Shown(1500, third);
        Assert.Equal(before[0], before[1]);
        await device.Pay();
        await third.Stop();
        var after = await Shown(1600, second);
        Assert.Equal(after[0], after[1]);

        // The row of the reader, as each of them has got it after a payment was started.
        async Task<IReadOnlyList<string>> Shown(int value, FleetApp node)
        {
            var watching = new[] { one, two }.Select(who => who.Watch(Live, $"{value / 100}.00 EUR")).ToList();
            var amount = new { currency = "EUR", minor_unit = 2, value };
            await node.Till.Charge(device.ReaderId, new { total_amount = amount });
            var seen = await Task.WhenAll(watching);
            return [.. seen.Select(text => text.Split('\n').Last(line => line.Contains("<tr id")))];
        }
    }

    [Fact]
    public async Task A_form_of_one_node_is_taken_by_another_one_that_has_only_the_ring_of_the_database()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        using var visitor = await Visitor.SignIn(first, FleetApp.Key);
        var there = new Uri(second.OperationsAddress, "console/sign-out").ToString();
        var ring = second.Services.GetRequiredService<IDataProtectionProvider>();
        var answer = await visitor.Send("fleet", there);

        Assert.Equal("SealedData", ring.GetType().Name); // keys in the home folder would be shared on this machine only
        Assert.EndsWith("/sign-in", answer.At.AbsolutePath);
    }
}

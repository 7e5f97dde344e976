using Fleet.Core;
using Fleet.Protocol;
using Fleet.Server.Incidents;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>
/// After a way back the ledger may have words of a newer version. They are told as what they are, and hold up nothing.
/// </summary>
public sealed class NewerWordTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Word = "of_tomorrow";

    [Fact]
    public async Task A_payment_that_ended_for_a_reason_of_tomorrow_is_in_doubt_and_its_reader_takes_the_next_one()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Ended(device);
        await fleet.Sql($"UPDATE checkout SET body = replace(body, '\"terminated\"', '\"{Word}\"')"
            + $" WHERE checkout_id = '{checkout}'");
        await fleet.Sql($"UPDATE ledger SET reason = '{Word}' WHERE checkout_id = '{checkout}' AND kind = 'cancelled'");
        await fleet.Forget(device.ReaderId);

        var paid = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, paid));
        Assert.Equal("cancelled/unrecognized", await fleet.Till.Outcome(device.ReaderId, checkout));
        var end = (await fleet.Till.Timeline(checkout)).GetProperty("events").EnumerateArray().Last();
        Assert.Equal("unrecognized", end.GetProperty("reason").Text("code"));
        Assert.False(end.GetProperty("reason").GetProperty("retryable").GetBoolean());
        Assert.Contains("It is not known how it ended.",
            await new Shell(fleet).Does($"why {checkout}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_of_tomorrow_stands_in_the_timeline_at_its_place()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Ended(device);
        await fleet.Sql($"UPDATE ledger SET kind = '{Word}' WHERE checkout_id = '{checkout}' AND kind = 'cancelled'");

        var events = (await fleet.Till.Timeline(checkout)).GetProperty("events").EnumerateArray();
        Assert.Equal(["accepted", "unrecognized"], events.Select(one => one.Text("kind")));
        Assert.Contains("only a newer version of Fleet has a word for",
            await new Shell(fleet).Does($"why {checkout}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_incident_of_a_kind_of_tomorrow_is_listed_beside_the_others()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Ended(device);
        await device.Approve(checkout);
        Assert.Equal("disputed_result 1", await fleet.Till.OpenAbout("checkout_id", checkout));
        await fleet.Sql($"UPDATE incident SET kind = '{Word}' WHERE checkout_id = '{checkout}'");
        Assert.Equal("unrecognized 1", await fleet.Till.OpenAbout("checkout_id", checkout));
        var open = await fleet.Services.GetRequiredService<IIncidents>()
            .CountOpen(TestContext.Current.CancellationToken);
        Assert.Equal(1, open.Single(kind => !kind.Key.IsRecognized()).Value);
    }

    /// <summary>A checkout that its till ended before it began.</summary>
    private async Task<Guid> Ended(TestDevice device)
    {
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await device.Expect<ShowCheckout>();
        using var ended = await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
        Assert.True(ended.IsSuccessStatusCode);
        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
        return checkout;
    }
}

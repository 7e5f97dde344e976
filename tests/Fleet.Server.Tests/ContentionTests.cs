using System.Diagnostics;
using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Many at once: one reader gives one winner, and many readers do not wait for each other.</summary>
public sealed class ContentionTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const int Readers = 50;

    [Fact]
    public async Task Of_32_tills_at_once_one_gets_the_reader_and_the_others_its_name()
    {
        await using var device = await fleet.PairedDevice();

        var answers = await Task.WhenAll(Enumerable.Range(0, 32)
            .Select(_ => fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee)));

        var winner = await answers.Single(answer => answer.StatusCode is HttpStatusCode.Created).Json();
        var id = winner.GetProperty("data").GetProperty("checkout_id").GetGuid();
        foreach (var loser in answers.Where(answer => answer.StatusCode is not HttpStatusCode.Created))
        {
            Assert.Equal("422 READER_BUSY", await loser.Refusal());
            Assert.Equal(id, (await loser.Json()).GetProperty("errors").GetProperty("checkout_id").GetGuid());
        }
        Assert.Equal(id, (await device.Expect<ShowCheckout>()).Checkout.CheckoutId);
    }

    [Fact]
    public async Task Of_start_and_terminate_at_once_no_reader_is_left_stuck()
    {
        await using var device = await fleet.PairedDevice();
        for (var round = 0; round < 20; round++)
        {
            var id = await fleet.Till.Charge(device.ReaderId);
            var start = device.AskStart(id);
            using var terminate = await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
            if (await start) await device.Report(new Terminated(device.Epoch, id));

            Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, id));
        }
    }

    [Fact]
    public async Task Fifty_readers_at_once_do_not_wait_for_each_other()
    {
        var devices = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => fleet.PairedDevice()));
        await Task.WhenAll(devices.Select(Payment)); // everything is warm
        var alone = Stopwatch.StartNew();
        foreach (var device in devices) await Payment(device);
        var one = alone.Elapsed / Readers;

        var together = Stopwatch.StartNew();
        await Task.WhenAll(devices.Select(Payment));

        Assert.True(together.Elapsed < one * 10, $"one takes {one}, {Readers} at once {together.Elapsed}");
        foreach (var device in devices) await device.DisposeAsync();
    }

    private async Task Payment(TestDevice device)
    {
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, id));
    }
}

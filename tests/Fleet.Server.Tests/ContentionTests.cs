using System.Diagnostics;
using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Many at once: one reader gives one winner, and many readers do not wait for each other.</summary>
public sealed class ContentionTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const int Readers = 50;

    [Fact]
    public async Task Of_32_tills_at_once_one_gets_the_reader()
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
    public async Task Start_and_terminate_at_once_leave_no_reader_stuck()
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
    public async Task Fifty_payments_are_under_way_at_the_same_time()
    {
        var devices = await Devices();
        var open = await Task.WhenAll(devices.Select(device => fleet.Till.Charge(device.ReaderId)));
        Assert.All(await Task.WhenAll(devices.Zip(open, (device, id) => device.AskStart(id))), Assert.True);

        foreach (var (device, id) in devices.Zip(open)) await device.Approve(id); // the first card after the last start

        var outcomes = await Task.WhenAll(devices.Zip(open, (device, id) => fleet.Till.Outcome(device.ReaderId, id)));
        Assert.All(outcomes, outcome => Assert.Equal("successful", outcome));
        foreach (var device in devices) await device.DisposeAsync();
    }

    /// <summary>
    /// Here a payment is all work and no waiting, so that the processors set a floor: 50 at once cannot be as quick
    /// as one. They must be clearly quicker than 50 one after another; the best of three rounds counts.
    /// </summary>
    [Fact]
    public async Task Fifty_payments_at_once_are_quicker_than_one_after_another()
    {
        var devices = await Devices();
        await Task.WhenAll(devices.Select(Payment)); // everything is warm
        var alone = Stopwatch.StartNew();
        foreach (var device in devices) await Payment(device);
        alone.Stop();

        var together = TimeSpan.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(devices.Select(Payment));
            together = together < watch.Elapsed ? together : watch.Elapsed;
        }

        Assert.True(together < alone.Elapsed, $"{Readers} at once {together}, one after another {alone.Elapsed}");
        foreach (var device in devices) await device.DisposeAsync();
    }

    private async Task<List<TestDevice>> Devices()
    {
        var devices = new List<TestDevice>(Readers);
        while (devices.Count < Readers) devices.Add(await fleet.PairedDevice());
        return devices;
    }

    private async Task Payment(TestDevice device)
    {
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, id));
    }
}

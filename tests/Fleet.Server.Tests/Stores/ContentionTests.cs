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
    public async Task A_reader_nobody_knows_is_not_found_however_often_it_is_asked_for()
    {
        for (var round = 0; round < 300; round++)
        {
            using var answer = await fleet.Till.Get("readers/rdr_0000000000000000000000000A");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
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

    [Fact]
    public async Task Fifty_customers_at_once_take_about_as_long_as_one()
    {
        var devices = await Devices();
        await Task.WhenAll(devices.Select(Payment)); // everything is warm
        var one = await Measure(() => Payment(devices[0]));
        var all = await Measure(() => Task.WhenAll(devices.Select(Payment)));

        Assert.True(all < one * 4, $"one payment {one}, {Readers} at once {all}"); // and not fifty times
        foreach (var device in devices) await device.DisposeAsync();
    }

    private static async Task<TimeSpan> Measure(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return watch.Elapsed;
    }

    private async Task<List<TestDevice>> Devices()
    {
        var devices = new List<TestDevice>(Readers);
        while (devices.Count < Readers) devices.Add(await fleet.PairedDevice());
        return devices;
    }

    /// <summary>A payment whose customer needs half a second to find a card.</summary>
    private async Task Payment(TestDevice device)
    {
        var id = await fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(id));
        using (var customer = new PeriodicTimer(TimeSpan.FromMilliseconds(500)))
            await customer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        await device.Approve(id);
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, id));
    }
}

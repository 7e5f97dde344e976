using Fleet.Simulator;
using Fleet.Simulator.Cli;

namespace Fleet.Server.Tests;

/// <summary>What the command line of the simulator does for its readers.</summary>
public sealed class CrowdTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Serial = "AGAIN-01";

    [Fact]
    public async Task A_reader_that_cannot_connect_says_why_and_nothing_about_its_own_end()
    {
        var (nowhere, notices) = (new Uri("ws://127.0.0.1:1/link/v1"), new Notices());
        using var stop = new CancellationTokenSource();
        var reader = new VirtualReader(new() { Serial = "LOST-01", Server = nowhere }, TimeProvider.System);
        notices.WatchLink(reader, nowhere, stop.Token);
        var running = reader.RunAsync(stop.Token);
        await Eventually.Equal(1, () => Task.FromResult(notices.Texts.Count));
        await stop.CancelAsync();
        await running;
        Assert.Equal($"No connection with {nowhere}: Connection refused", Assert.Single(notices.Texts));
    }

    [Fact]
    public async Task A_device_without_a_journal_leaves_no_reader_of_an_earlier_run()
    {
        var first = await RunUntilAlone();
        Assert.NotEqual(first, await RunUntilAlone());
    }

    /// <summary>Runs the device until it is paired, and its serial number has no other reader.</summary>
    private async Task<string?> RunUntilAlone()
    {
        using var stop = new CancellationTokenSource();
        var reader = new VirtualReader(new() { Serial = Serial, Server = fleet.LinkAddress }, TimeProvider.System);
        using var pairer = new Pairer(
            new(fleet.Address, FleetApp.Merchant, FleetApp.Key, "Again"), [reader], new Notices());
        var running = Task.WhenAll(reader.RunAsync(stop.Token), pairer.PairUntilStopped(fleet.Clock, stop.Token));
        await Eventually.Equal(true, () => Task.FromResult(reader.Snapshot.Welcomed), () => fleet.Pass(1));
        var mine = reader.Snapshot.ReaderId;
        await Eventually.Equal(mine, ReadersOfTheDevice, () => fleet.Pass(1));
        await stop.CancelAsync();
        await running;
        return mine;
    }

    private async Task<string?> ReadersOfTheDevice()
    {
        using var answer = await fleet.Till.Get("readers");
        return string.Join(' ', (await answer.Json()).GetProperty("items").EnumerateArray()
            .Where(one => one.GetProperty("device").Text("identifier") == Serial).Select(one => one.Text("id")));
    }
}

using System.Diagnostics;
using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A node is told to stop, as in every upgrade, and tills must not notice it.</summary>
[Collection(Alone.Name)]
public sealed class DrainTests(Databases databases)
{
    private const int TillsAtWork = 12;

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10), BeforeStop = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_node_with_many_readers_stops_in_time_and_disturbs_no_checkout()
    {
        var cluster = await Cluster.Started(databases);
        var node = cluster.Nodes[0];
        cluster.Front.Favourite = node.Address;
        await using var trial = await Trial.Opened(cluster, Size.Now.Connected, Scenario.Approve);
        var connected = cluster.Front.Connections(node.Address);
        Assert.Equal(Size.Now.Connected, connected);
        using var day = new CancellationTokenSource();
        var work = trial.Tills.Work(TillsAtWork, day.Token);
        await Trial.Pass(BeforeStop);
        cluster.Drain(node);
        var since = Stopwatch.StartNew();
        var exitCode = await node.Ended();
        var ended = since.Elapsed;
        await trial.Shop.AllWelcome();
        Console.WriteLine($"drain: {connected} readers, exit code {exitCode} after {ended.TotalSeconds:F1} s,"
            + $" all welcome elsewhere after {since.Elapsed.TotalSeconds:F1} s");
        await Trial.Pass(Settles);
        await day.CancelAsync();
        await work;

        Assert.Equal(0, exitCode);
        Assert.InRange(ended, TimeSpan.Zero, EndsWithin);
        var history = await trial.Judge(new()
        {
            Accepted = 50, Charges = 50, Readers = 50,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeDrained] = 1 },
        });
        var disturbed = history.Checkouts.Where(row => row.State is not "successful"
            && !history.Calls.Any(call => call.Kind is CallKind.End && call.Checkout == row.Id));
        Assert.Empty(disturbed);
        cluster.Discard();
    }
}

using System.Diagnostics;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A node dies and its devices do not come back, as when a site loses its power.</summary>
[Collection(Alone.Name)]
public sealed class LostNodeTests(Databases databases)
{
    private const int Readers = 12;

    private static readonly TimeSpan OfflineWithin = TimeSpan.FromSeconds(10), Look = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Readers_that_died_with_their_node_are_offline_everywhere()
    {
        var cluster = await Cluster.Started(databases);
        cluster.Front.Favourite = cluster.Nodes[0].Address;
        await using var trial = await Trial.Opened(cluster, Readers);
        Assert.Equal(Readers, cluster.Front.Connections(cluster.Nodes[0].Address));
        cluster.Front.IsOpen = false;
        await cluster.Kill(cluster.Nodes[0]);
        var since = Stopwatch.StartNew();
        var slowest = await Task.WhenAll(cluster.Nodes.Skip(1).Select(node => AllOffline(trial, node, since)));
        Console.WriteLine(
            $"lost node: its {Readers} readers are offline everywhere {slowest.Max().TotalSeconds:F1} s later");

        var refused = await SellOnAll(trial, "offline");
        Assert.All(refused, call => Assert.Equal((422, "READER_OFFLINE"), (call.Status, call.Refusal)));
        Assert.InRange(slowest.Max(), TimeSpan.Zero, OfflineWithin);
        cluster.Front.IsOpen = true;
        await trial.Shop.AllWelcome();
        Assert.All(await SellOnAll(trial, "back"), call => Assert.Equal(201, call.Status));
        await trial.Judge(new()
        {
            Accepted = Readers, Charges = Readers, Readers = Readers,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeKilled] = 1 },
        });
        cluster.Discard();
    }

    private static async Task<TimeSpan> AllOffline(Trial trial, ServerProcess node, Stopwatch since)
    {
        using var timer = new PeriodicTimer(Look);
        foreach (var reader in trial.Shop.Readers)
        {
            while (await Status(node, reader) is not "OFFLINE" && since.Elapsed < 2 * OfflineWithin)
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        return since.Elapsed;
    }

    private static async Task<string?> Status(ServerProcess node, string reader)
    {
        using var answer = await node.Till.Get($"readers/{reader}/status");
        return answer.IsSuccessStatusCode ? (await answer.Json()).GetProperty("data").GetProperty("status")
            .GetString() : null;
    }

    /// <summary>One checkout on each reader, through the two nodes that live.</summary>
    private static Task<Call[]> SellOnAll(Trial trial, string name) =>
        Task.WhenAll(trial.Shop.Readers.Select((reader, i) =>
        trial.Caller.Start(trial.Cluster.Nodes[1 + (i % 2)].Address,
            new($"{name}-{i}", reader, null, "EUR", 600 + i))));
}

using System.Diagnostics;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>The node of a reader, and of its device, is killed before the deadline of a payment.</summary>
public sealed class DeadlineTests(Databases databases)
{
    private const int Seconds = 10;

    private static readonly TimeSpan LateBy = TimeSpan.FromSeconds(30), Look = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_deadline_is_kept_by_the_nodes_that_are_left()
    {
        await using var cluster = await Cluster.Started(databases);
        var (dead, alive) = (cluster.Nodes[0], cluster.Nodes[1]);
        await using var device = await dead.Paired();
        var id = await dead.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, deadline_seconds = Seconds,
        });
        var since = Stopwatch.StartNew();
        Assert.True(await device.AskStart(id));
        await cluster.Kill(dead);

        await AwaitWish(alive, device.ReaderId, id, since);
        var late = since.Elapsed - TimeSpan.FromSeconds(Seconds);
        await using var back = await device.ConnectAgain(alive.LinkAddress);
        Assert.True((await back.Resume()).Checkout?.Terminate);
        await back.Report(new Terminated(back.Epoch, id));

        Console.WriteLine($"deadline: kept {late.TotalSeconds:F1} s late after the kill of its node");
        Assert.InRange(late, TimeSpan.FromSeconds(-1), LateBy);
        Assert.Equal("cancelled/deadline", await alive.Till.Outcome(device.ReaderId, id));
        cluster.Discard();
    }

    private static async Task AwaitWish(ServerProcess node, string readerId, Guid id, Stopwatch since)
    {
        using var timer = new PeriodicTimer(Look);
        while (since.Elapsed < TimeSpan.FromSeconds(Seconds) + LateBy)
        {
            using var answer = await node.Till.Get($"readers/{readerId}/checkout/{id}");
            if (answer.IsSuccessStatusCode
                && (await answer.Json()).GetProperty("data").TryGetProperty("terminate_requested", out _)) return;
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        Assert.Fail("The deadline was not kept.");
    }
}

using System.Diagnostics;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A node freezes after it sent an outcome to the database, so it cannot report whether that was saved.
/// </summary>
[Collection(Alone.Name)]
public sealed class LastWordTests(Databases databases)
{
    /// <summary>
    /// A node is silent after 2 seconds and looked after again 3 later; it is taken for dead after 12.
    /// </summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(6);

    /// <summary>The outcome is on its way long enough for a node to freeze behind it.</summary>
    private const string Slow = """
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.kind = 'succeeded' THEN PERFORM pg_sleep(1); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER slow BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION slow();
        """;

    [Fact]
    public async Task An_outcome_is_heard_elsewhere_long_before_its_node_is_taken_for_dead()
    {
        await using var cluster = await Cluster.Started(databases);
        await using var device = await cluster.Nodes[0].Paired();
        var id = await cluster.Nodes[0].Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(id));
        var node = await cluster.FindHome();
        var others = cluster.Nodes.Where(one => one != node).ToArray();
        await Databases.Execute(cluster.Postgres, Slow);
        var waits = others.Select(other => Wait(other, device.ReaderId, id)).ToArray();
        foreach (var other in others) await Eventually.Equal(true, () => HasWatch(other));

        await device.Send(new Result(device.Epoch, id, Outcomes.Approved, null, 1500));
        await Eventually.Equal(1L, cluster.CountHeldUp);
        await cluster.Freeze(node);
        await Eventually.Equal("successful", () => Ask(cluster, "SELECT state FROM checkout"));
        var since = Stopwatch.StartNew();

        Assert.All(await Task.WhenAll(waits), status => Assert.Equal("successful", status));
        Console.WriteLine(
            $"last word: heard on both other nodes {since.Elapsed.TotalSeconds:F1} s after it was committed");
        Assert.InRange(since.Elapsed, TimeSpan.Zero, HeardWithin);
        cluster.Discard();
    }

    private static Task<object?> Ask(Cluster cluster, string sql) => Databases.Ask(cluster.Postgres, sql);

    private static async Task<string?> Wait(ServerProcess node, string readerId, Guid id)
    {
        using var answer = await node.Till.Get($"readers/{readerId}/checkout/{id}?wait=60");
        return (await answer.Json()).GetProperty("data").GetProperty("status").GetString();
    }

    private static async Task<bool> HasWatch(ServerProcess node)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(
            new Uri(node.Operations, "/metrics"), TestContext.Current.CancellationToken);
        return metrics.Split('\n').Any(line =>
            line.StartsWith("fleet_checkout_watches", StringComparison.Ordinal)
                && line.TrimEnd().EndsWith(" 1", StringComparison.Ordinal));
    }
}

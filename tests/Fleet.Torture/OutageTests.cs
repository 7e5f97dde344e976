using System.Diagnostics;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>PostgreSQL goes down and comes back; no operator repairs anything.</summary>
[Collection(Alone.Name)]
public sealed class OutageTests(Databases databases)
{
    private const int Readers = 12;

    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(3), BackWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Without_its_database_Fleet_says_so_at_once_and_with_it_goes_on_by_itself()
    {
        await using var trial = await Trial.Opened(await Cluster.Started(databases, toBeKilled: true), Readers);
        await OneRound(trial, "before");
        await trial.Shop.Quiet();
        var since = TimeProvider.System.GetUtcNow();
        await trial.Cluster.KillDatabase();
        var refusals = await AskThrough(trial, Size.Now.Outage);

        Assert.Empty(refusals.Where(call => call is not { Status: 503, IsProblem: true, RetryAfter: > 0 }).Take(10));
        Assert.All(refusals, call => Assert.InRange(call.AnsweredAt - call.AskedAt, TimeSpan.Zero, RefusedWithin));
        await trial.Cluster.StartDatabase();
        var back = Stopwatch.StartNew();
        await Task.WhenAll(trial.Cluster.Nodes.Select(node => Accepts(trial, node)));
        Console.WriteLine($"outage: {refusals.Count} times 503, the slowest after "
            + $"{refusals.Max(call => call.AnsweredAt - call.AskedAt).TotalSeconds:F2} s; all nodes accept again "
            + $"{back.Elapsed.TotalSeconds:F2} s after PostgreSQL was up");
        Assert.InRange(back.Elapsed, TimeSpan.Zero, BackWithin);
        Assert.Empty(trial.Shop.LostSince(since));
        await trial.Shop.Quiet();
        await OneRound(trial, "after");
        await trial.Judge(new()
        {
            Accepted = 2 * Readers, Charges = 2 * Readers, Readers = Readers,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.DatabaseKilled] = 1 },
        });
        trial.Cluster.Discard();
    }

    /// <summary>One checkout on every reader, which must be accepted.</summary>
    private static async Task OneRound(Trial trial, string name)
    {
        foreach (var (i, reader) in trial.Shop.Readers.Index())
        {
            var node = trial.Cluster.Nodes[i % trial.Cluster.Nodes.Count].Address;
            Assert.Equal(
                201, (await trial.Caller.Start(node, new($"{name}-{i}", reader, null, "EUR", 700 + i))).Status);
        }
    }

    /// <summary>
    /// Asks every node again and again while the database is down; with keys, so that no result stays unknown.
    /// </summary>
    private static async Task<IReadOnlyList<Call>> AskThrough(Trial trial, TimeSpan outage)
    {
        var calls = new List<Call>();
        var since = Stopwatch.StartNew();
        for (var round = 0; since.Elapsed < outage; round++)
        {
            calls.AddRange(await Task.WhenAll(trial.Cluster.Nodes.Select((node, i) =>
            {
                var reader = trial.Shop.Readers[((round * trial.Cluster.Nodes.Count) + i) % Readers];
                return trial.Caller.Start(
                    node.Address, new($"away-{round}-{i}", reader, $"away-{round}-{i}", "EUR", 900));
            })));
        }
        return calls;
    }

    /// <summary>Asks a node until it accepts: each of its readers once, so that none of them is in the way.</summary>
    private static async Task Accepts(Trial trial, ServerProcess node)
    {
        var i = 0;
        while (i < Readers)
        {
            var name = $"back-{node.Name}-{i}";
            var call = await trial.Caller.Start(
                node.Address, new(name, trial.Shop.Readers[i++ % Readers], name, "EUR", 800));
            if (call.Status is 201) return;
            await Trial.Pass(TimeSpan.FromMilliseconds(50));
            if (i == Readers) i = 0;
        }
    }
}

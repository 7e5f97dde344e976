using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// Nodes and the database are killed under load; whatever a till was told stays true, and every outcome is told.
/// </summary>
[Collection(Alone.Name)]
public sealed class KillTests(Databases databases)
{
    /// <summary>From the kill of a node to the next checkout on each reader that it had.</summary>
    private static readonly TimeSpan NextCheckoutWithin = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan BeforeKill = TimeSpan.FromSeconds(3), Dead = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(10), LinksBreakWithin = TimeSpan.FromSeconds(1);

    private readonly Random _dice = new(1);

    [Fact]
    public async Task Whatever_is_killed_under_load_no_answer_becomes_a_lie()
    {
        await using var receiver = await Receiver.Started(new Moods().Answer);
        var cluster = await Cluster.Started(databases, toBeKilled: true,
            settings: receiver.Settings(Moods.TimeoutSeconds, Moods.RetrySeconds));
        await using var trial = await Trial.Opened(cluster, Size.Now.Readers, receiver: receiver);
        using var day = new CancellationTokenSource();
        var work = trial.Tills.Work(Size.Now.Tills, day.Token);
        var deaths = new List<Death>();
        var over = Trial.Pass(Size.Now.Lasts);
        for (var round = 1; round <= Size.Now.Kills; round++)
        {
            var next = Trial.Pass(Round);
            deaths.Add(await KillAndRestart(trial, deaths.LastOrDefault()?.Node));
            if (round == (Size.Now.Kills + 1) / 2) await Blackout(trial.Cluster);
            await next;
        }
        await over;
        await day.CancelAsync();
        await work;

        var history = await trial.Judge(new()
        {
            Accepted = Size.Now.Readers * 2, Charges = Size.Now.Readers * 2, Readers = Size.Now.Readers,
            Repeats = 10, Busy = 1, Events = Size.Now.Readers * 2, Retold = Size.Now.Readers / 10,
            Retries = Moods.RetrySeconds.Count,
            Faults = new Dictionary<FaultKind, int>
            {
                [FaultKind.NodeKilled] = Size.Now.Kills, [FaultKind.DatabaseKilled] = 1,
            },
        });
        Assert.All(deaths.ConvertAll(death => death.Slowest(history)),
            slowest => Assert.InRange(slowest, TimeSpan.Zero, NextCheckoutWithin));
        trial.Cluster.Discard();
    }

    /// <summary>Kills a node that had time to get readers: not the one that was killed last.</summary>
    private async Task<Death> KillAndRestart(Trial trial, ServerProcess? last)
    {
        await Trial.Pass(BeforeKill);
        var living = trial.Cluster.Nodes.Where(node => node != last).ToArray();
        var node = living[_dice.Next(living.Length)];
        var at = TimeProvider.System.GetUtcNow();
        await trial.Cluster.Kill(node);
        var sold = trial.Tills.SellOnEach();
        await Trial.Pass(LinksBreakWithin);
        var lost = trial.Shop.LostSince(at);
        await Trial.Pass(Dead - LinksBreakWithin);
        await node.Start();
        await sold;
        return new(node, at, lost);
    }

    private static async Task Blackout(Cluster cluster)
    {
        await cluster.KillDatabase();
        await Trial.Pass(TimeSpan.FromSeconds(1));
        await cluster.StartDatabase();
    }

    /// <summary>One kill, and the readers whose connection it cut.</summary>
    private sealed record Death(ServerProcess Node, DateTimeOffset At, IReadOnlySet<string> Cut)
    {
        /// <summary>
        /// How long the last of the node's readers waited: those connected to it and those living on it.
        /// </summary>
        public TimeSpan Slowest(History history)
        {
            var readers = history.Ledger.GroupBy(entry => entry.Reader)
                .Where(reader => Cut.Contains(reader.Key)
                    || reader.LastOrDefault(entry => entry.At < At)?.Node == Node.LedgerName);
            var waits = readers.Select(reader => reader
                    .Where(entry => entry.Kind is "accepted" && entry.At > At)
                    .Select(entry => entry.At - At).DefaultIfEmpty(TimeSpan.MaxValue).Min())
                .Order().ToArray();
            Assert.NotEmpty(waits);
            Console.WriteLine(
                $"failover: {Node.Name} killed, its {waits.Length} readers ({Cut.Count} connected to it): next"
                + $" checkout after {waits[waits.Length / 2].TotalSeconds:F1} s (median), "
                    + $"{waits[^1].TotalSeconds:F1} s (last)");
            return waits[^1];
        }
    }
}

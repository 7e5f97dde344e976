using System.Diagnostics;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>What a node writes into its log while its PostgreSQL is away.</summary>
[Collection(Alone.Name)]
public sealed class QuietTests(Databases databases)
{
    private const int MostBytes = 100_000, Readers = 4;

    private static readonly TimeSpan Away = TimeSpan.FromMinutes(1), Round = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_minute_without_PostgreSQL_under_load_is_a_few_lines_of_log()
    {
        await using var trial = await Trial.Opened(
            await Cluster.Started(databases, toBeKilled: true, count: 1), Readers);
        var node = trial.Cluster.Nodes[0];
        var before = Written(node);
        await trial.Cluster.KillDatabase();
        var asked = await AskThrough(trial, node);

        var bytes = Written(node) - before;
        Console.WriteLine($"quiet: {asked} requests in {Away.TotalSeconds} s without PostgreSQL, {bytes} bytes of log");
        Assert.InRange(bytes, 1, MostBytes);
        await trial.Cluster.StartDatabase();
        trial.Cluster.Discard();
    }

    private static long Written(ServerProcess node) => node.Output.Length + node.Errors.Length;

    private static async Task<int> AskThrough(Trial trial, ServerProcess node)
    {
        using var rounds = new PeriodicTimer(Round);
        var asked = new List<Task>();
        for (var since = Stopwatch.StartNew(); since.Elapsed < Away;)
        {
            var sale = new Sale($"away-{asked.Count}", trial.Shop.Readers[asked.Count % Readers], null, "EUR", 900);
            asked.Add(trial.Caller.Start(node.Address, sale));
            asked.Add(trial.Caller.Read(node.Address, sale, Guid.NewGuid()));
            await rounds.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        await Task.WhenAll(asked);
        return asked.Count;
    }
}

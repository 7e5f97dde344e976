using System.Diagnostics;
using System.Text.RegularExpressions;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// Nodes of two versions in one cluster: each is replaced under load, and replaced back again. tests/upgrade.sh says
/// which other version that is.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class UpgradeTests(Databases databases)
{
    private const int Readers = 30, TillsAtWork = 8, OneIn = 8;

    private static readonly IReadOnlyList<int> RetrySeconds = [1, 1, 2, 2, 4];
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(12), AllSoldWithin = TimeSpan.FromSeconds(70);

    /// <summary>Without the change feed a node looks into the database every 2 s.</summary>
    private static readonly TimeSpan FasterThanLooking = TimeSpan.FromSeconds(0.5);

    private readonly Random _dice = new(1);
    private readonly Lock _lock = new();

    [TwoVersionsFact]
    public async Task A_cluster_of_two_versions_loses_and_repeats_nothing_both_ways()
    {
        await using var receiver = await Receiver.Started((_, _) => Task.FromResult<int?>(RefusesNow() ? 500 : 200));
        var cluster = await Cluster.Started(
            databases, settings: receiver.Settings(timeoutSeconds: 2, RetrySeconds), program: OtherVersion.Program);
        await using var trial = await Trial.Opened(cluster, Readers, receiver: receiver, everyWay: true);
        var (rollout, office) = (new Rollout(cluster), new BackOffice(cluster, Readers));
        Follower[] followers = [.. cluster.Nodes.Select(node => new Follower(node))];
        using var day = new CancellationTokenSource();
        using var streams = new CancellationTokenSource();
        var reading = Task.WhenAll(followers.Select(follower => follower.Follow(streams.Token)));
        var work = trial.Tills.Work(TillsAtWork, day.Token);
        await office.OpenStore();
        await office.VisitAll();
        await Trial.Pass(Phase);
        foreach (var program in new[] { ServerProcess.Beside, OtherVersion.Program })
        foreach (var node in cluster.Nodes)
        {
            await rollout.Replace(node, program);
            await office.VisitAll();
            await Trial.Pass(Phase);
        }
        await day.CancelAsync();
        await work;
        await trial.Shop.AllWelcome();
        var selling = Stopwatch.StartNew();
        await trial.Tills.SellOnEach();
        var sold = selling.Elapsed;

        var history = await trial.Judge(new()
        {
            Accepted = Readers * 10, Charges = Readers * 10, Readers = Readers, Events = Readers * 10, Retold = Readers,
            Retries = RetrySeconds.Count,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeDrained] = 6 },
        });
        var comparison = new VersionReport(history, rollout, trial.Shop);
        await Eventually.Equal(0, () => Task.FromResult(followers.Sum(comparison.CountMissed)));
        await streams.CancelAsync();
        await reading;
        rollout.End();
        Console.WriteLine($"upgrade: all {Readers} readers sold within {sold.TotalSeconds:F1} s of closing time; "
            + comparison.Summary());
        foreach (var line in comparison.Lines(followers)) Console.WriteLine($"upgrade: {line}");
        foreach (var (version, text) in rollout.Logs.GroupBy(log => log.Version, log => log.Text)
            .Select(logs => (logs.Key, string.Concat(logs))))
            foreach (var (line, times) in Warning().Matches(text).CountBy(match => $"{match.Groups[1]}: {match.Groups[2]}"))
                Console.WriteLine($"upgrade: {version} logged {times} times {line}");

        Assert.InRange(sold, TimeSpan.Zero, AllSoldWithin);
        Assert.All(history.Events, row => Assert.Equal("delivered", row.State));
        Assert.All(rollout.Logs, log => Assert.DoesNotMatch(Misunderstanding(), log.Text));
        Assert.All(comparison.LinksAndGrains, pair => Assert.True(pair.Value > 0, $"No {pair.Key}."));
        Assert.All(comparison.Feeds(followers), feed => Assert.InRange(feed.Median, TimeSpan.Zero, FasterThanLooking));
        cluster.Discard();
    }

    [GeneratedRegex(@"(?m)(warn|fail|crit): (\S+)")]
    private static partial Regex Warning();

    [GeneratedRegex(@"(?i)fail: |crit: |codec|alias|unknowntype|could not find|deserializ|invalid ?request|no interface")]
    private static partial Regex Misunderstanding();

    private bool RefusesNow()
    {
        lock (_lock) return _dice.Next(OneIn) == 0;
    }
}

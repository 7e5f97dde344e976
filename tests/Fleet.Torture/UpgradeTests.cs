using System.Diagnostics;
using System.Text.RegularExpressions;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// Nodes of two versions in one cluster: each is replaced under load, and replaced back again, after a later version
/// has added to the schema. tests/upgrade.sh says which other version that is.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class UpgradeTests(Databases databases)
{
    private const int Readers = 30, TillsAtWork = 8, OneIn = 8;

    private static readonly IReadOnlyList<int> RetrySeconds = [1, 1, 2, 2, 4];
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(6), AllSoldWithin = TimeSpan.FromSeconds(70);

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
        Follower[] followers = [.. cluster.Nodes.Select(node => new Follower(node))];
        var rollout = new Rollout(cluster);
        using var streams = new CancellationTokenSource();
        var reading = Task.WhenAll(followers.Select(follower => follower.Follow(streams.Token)));
        await ReplaceAll(trial, rollout);
        var selling = Stopwatch.StartNew();
        await trial.Tills.SellOnEach();
        var sold = selling.Elapsed;

        var history = await trial.Judge(new()
        {
            Accepted = Readers * 10, Charges = Readers * 10, Readers = Readers, Events = Readers * 10, Retold = Readers,
            Retries = RetrySeconds.Count,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeDrained] = 6 },
        });
        var report = new VersionReport(history, rollout, trial.Shop);
        await Eventually.Equal(0, () => Task.FromResult(followers.Sum(report.CountMissed)));
        await streams.CancelAsync();
        await reading;
        rollout.End();
        Console.WriteLine($"upgrade: all {Readers} readers sold {sold.TotalSeconds:F1} s after closing time");
        foreach (var line in report.Lines(followers).Concat(Warnings(rollout))) Console.WriteLine($"upgrade: {line}");

        Assert.Equal(cluster.Nodes.Count, rollout.Logs.Count(log => log.Version is Rollout.Other
            && log.Text.Contains(SchemaOfTomorrow.Notice, StringComparison.Ordinal)));
        Assert.InRange(sold, TimeSpan.Zero, AllSoldWithin);
        Assert.All(history.Events, row => Assert.Equal("delivered", row.State));
        Assert.All(rollout.Logs, log => Assert.DoesNotMatch(Misunderstanding(), NotCarried().Replace(log.Text, "")));
        Assert.All(report.LinksAndGrains, pair => Assert.True(pair.Value > 0, $"No {pair.Key}."));
        var feeds = report.Feeds(followers).ToArray();
        Assert.Equal(8, feeds.Length); // waits and streams, from each version to each
        Assert.All(feeds, feed => Assert.InRange(feed.Median, TimeSpan.Zero, FasterThanLooking));
        cluster.Discard();
    }

    /// <summary>
    /// Each node becomes this version, and then the other one again on a schema that is newer than both, while tills
    /// and the office work.
    /// </summary>
    private static async Task ReplaceAll(Trial trial, Rollout rollout)
    {
        var office = new BackOffice(trial.Cluster, Readers);
        using var day = new CancellationTokenSource();
        var work = trial.Tills.Work(TillsAtWork, day.Token);
        await office.OpenStore();
        await office.VisitAll();
        await Trial.Pass(Phase);
        foreach (var program in new[] { ServerProcess.Beside, OtherVersion.Program })
        {
            if (program == OtherVersion.Program) await SchemaOfTomorrow.AddTo(trial.Cluster.Postgres);
            foreach (var node in trial.Cluster.Nodes)
            {
                await rollout.Replace(node, program);
                await office.VisitAll();
                await Trial.Pass(Phase);
            }
        }
        await day.CancelAsync();
        await work;
        await trial.Shop.AllWelcome();
    }

    private static IEnumerable<string> Warnings(Rollout rollout) =>
        rollout.Logs.SelectMany(log => Warning().Matches(log.Text).Select(match => (log.Version, Kind: match.Value)))
            .CountBy(one => one).Select(one => $"{one.Value} times {one.Key.Version} logged {one.Key.Kind}");

    [GeneratedRegex(@"(?m)(warn|fail|crit): (\S+)")]
    private static partial Regex Warning();

    /// <summary>
    /// What a node says that does not understand another one, or itself. Two failures are what leaving looks like: its
    /// own health check, and a message to a node that is going, which its sender sends again.
    /// </summary>
    [GeneratedRegex("""
        (?ix) crit:\s | codec | alias | unknowntype | could\snot\sfind | deserializ
        | invalid\s?request | interface\stype
        | fail:\s (?! Microsoft\.Extensions\.Diagnostics\.HealthChecks
            | Orleans\.Messaging\[100071\] \n .* \n .* is\sshutting\sdown )
        """)]
    private static partial Regex Misunderstanding();

    /// <summary>
    /// What Orleans says, in both versions, when a node leaves and a busy grain moves: its saved state is not carried
    /// to the next node, because it has no codec. It is read from the database there, as always.
    /// </summary>
    [GeneratedRegex("""
        (?mx) ^ .* fail:\ Orleans\.Storage\.AdoNetGrainStorage .* \n \s+ Failed\ to\ dehydrate .* \n ( \s{6,} .* \n )*
        """)]
    private static partial Regex NotCarried();

    private bool RefusesNow()
    {
        lock (_lock) return _dice.Next(OneIn) == 0;
    }
}

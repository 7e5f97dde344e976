using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;
using Fleet.Torture.Tracing;

namespace Fleet.Torture;

/// <summary>
/// Tills sell at two nodes that are linked with a stand-in of SumUp's cloud, while every fifth call of the cloud goes
/// wrong and the nodes are killed in turn. Then all is well again, and everything comes to its end. One run, which
/// several tests look at.
/// </summary>
[CollectionDefinition(Name)]
public sealed class CloudStorm(Databases databases) : IAsyncLifetime, ICollectionFixture<CloudStorm>
{
    public const string Name = "storm";

    private const double FaultyShare = 0.2;

    private const int Seed = 16;

    /// <summary>How long tills may take to sell what was planned, after the last kill.</summary>
    private static readonly TimeSpan SellsWithin = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(3);

    /// <summary>What the cloud does not have ends two minutes after it was sent; the last was sent now.</summary>
    private static readonly TimeSpan QuietWithin = TimeSpan.FromMinutes(4);

    /// <summary>
    /// How long a till asks about one sale: longer than Fleet waits for the cloud, and shorter than what is unknown
    /// stays so.
    /// </summary>
    private static readonly TimeSpan TillsPatience = TimeSpan.FromSeconds(12);

    private History? _history;
    private CloudHistory? _cloud;

    /// <summary>The run as tills, receivers and the ledger saw it.</summary>
    internal History History => _history ?? throw new InvalidOperationException("It did not come to its end.");

    /// <summary>The run as the proxy and the cloud saw it.</summary>
    internal CloudHistory Cloud => _cloud ?? throw new InvalidOperationException("It did not come to its end.");

    /// <summary>Sales of the end, one on each reader, that were accepted at once.</summary>
    internal int SoldAfterwards { get; private set; }

    /// <summary>All that was printed, measured, traced and stored.</summary>
    internal IReadOnlyList<(string What, string Text)> Said { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await using var sink = await OtlpSink.Started();
        using var certificate = new Certificate();
        await using var receiver = await Receiver.Started(new Moods().Answer, certificate);
        await using var world = await Connector.Started(databases, Size.Now.CloudReaders, ScenarioOf, settings:
        [
            .. receiver.Settings(Moods.TimeoutSeconds, Moods.RetrySeconds), .. sink.Settings,
            "--Logging:LogLevel:Fleet=Trace",
        ], trusted: certificate.Path);
        using var caller = new Caller
        {
            ReturnUrl = receiver.ReturnUrl, SendsReferences = true, TipRates = [0.1m, 0.2m],
        };
        var tills = new Tills(world.Cluster, caller, world.Readers, Seed) { Waits = 0.3, Patience = TillsPatience };
        var folder = new RunFolder(world.Cluster.Folder);
        try
        {
            await Rage(world, tills, caller);
            world.Proxy.Plan.Calm();
            await Ends(world);
            SoldAfterwards = await SellOnEach(world, tills, caller);
            await Ends(world);
            await tills.ReadAll();
            await AllTold(world);
        }
        finally
        {
            folder.Write(Plan, caller.Calls, receiver.Posts, world.Cluster.Faults);
            await folder.CopyLedger(world.Cluster.Postgres);
            _cloud = await Look(world);
            folder.Write(_cloud);
        }
        _history = folder.Read();
        Said = await Collect(world, sink);
        if (Verdict.WithoutDevices(History).Holds && CloudVerdict.Of(Cloud).Holds) world.Cluster.Discard();
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>The least that must have happened.</summary>
    private static Plan Plan => new()
    {
        Accepted = Size.Now.CloudCheckouts / 2, Readers = Size.Now.CloudReaders, Repeats = 10,
        Busy = 1, Events = Size.Now.CloudCheckouts / 2, Retold = 5, Retries = Moods.RetrySeconds.Count,
        Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeKilled] = Size.Now.CloudKills },
    };

    private static CloudPlan CloudPlan => new()
    {
        Accepted = Size.Now.CloudCheckouts / 2, Successes = Size.Now.CloudCheckouts / 4,
        Faults = Size.Now.CloudCheckouts / 5, NotStarted = 3, LongestHold = Size.Now.CloudHold,
        Kinds = new[]
        {
            CloudFault.ResetBefore, CloudFault.SilentBefore, CloudFault.ResetAfter, CloudFault.SilentAfter,
            CloudFault.GatewayTimeoutAfter, CloudFault.TooMany, CloudFault.BrokenJson, CloudFault.NewWords,
        }.ToDictionary(kind => kind, _ => 1),
    };

    /// <summary>Most customers pay; some of every third reader's do not.</summary>
    private static Scenario ScenarioOf(int number) => number % 3 == 2 ? Scenario.Mix : Scenario.Solo;

    /// <summary>
    /// Kills nodes in turn while every call may go wrong; then tills go on until they have sold what was planned. From
    /// the last kill on nothing happens any more that holds a reader for two minutes, so that they are over sooner.
    /// </summary>
    private static async Task Rage(Connector world, Tills tills, Caller caller)
    {
        var plan = world.Proxy.Plan;
        plan.Randomly(Seed, FaultyShare, FaultPlan.Everything);
        using var day = new CancellationTokenSource();
        var work = tills.Work(Size.Now.CloudTills, day.Token);
        for (var round = 0; round < Size.Now.CloudKills; round++)
        {
            await Trial.Pass(Size.Now.CloudPause);
            var node = world.Cluster.Nodes[round % world.Cluster.Nodes.Count];
            await world.Cluster.Kill(node);
            await Trial.Pass(Dead);
            await node.Start();
        }
        plan.Randomly(Seed + 1, FaultyShare, FaultPlan.Everything.Where(
            chance => !(chance.Operation is CloudOperation.Create && chance.Fault.IsBefore())));
        await Shop.Until(() => Task.FromResult(Started(caller) >= Size.Now.CloudCheckouts), SellsWithin,
            () => $"{Started(caller)} checkouts were started");
        await day.CancelAsync();
        await work;
    }

    private static int Started(Caller caller) => caller.Calls.Where(call => call.Kind is CallKind.Start)
        .Select(call => call.Checkout).OfType<Guid>().Distinct().Count();

    /// <summary>Waits until every checkout has ended, here and in the cloud.</summary>
    private static async Task Ends(Connector world)
    {
        await using var ledger = new LedgerTables(world.Cluster.Postgres);
        var open = 0L;
        await Shop.Until(async () => (open = await ledger.CountOpen()) == 0, QuietWithin, () => $"{open} are open");
        await world.Cloud.Quiet();
    }

    /// <summary>A reader that is stuck anywhere takes no checkout.</summary>
    private static async Task<int> SellOnEach(Connector world, Tills tills, Caller caller)
    {
        var since = TimeProvider.System.GetUtcNow();
        await tills.SellOnEach();
        return caller.Calls.Where(call => call is { Kind: CallKind.Start, Status: 201 } && call.AskedAt >= since)
            .Select(call => call.Reader).Intersect(world.Readers).Count();
    }

    private static async Task AllTold(Connector world)
    {
        await using var ledger = new LedgerTables(world.Cluster.Postgres);
        var waiting = 0L;
        await Shop.Until(async () => (waiting = await ledger.CountWaiting()) == 0, QuietWithin,
            () => $"{waiting} events are still on their way");
    }

    private static async Task<CloudHistory> Look(Connector world)
    {
        await using var ledger = new LedgerTables(world.Cluster.Postgres);
        return new()
        {
            Plan = CloudPlan, Checkouts = await ledger.CloudCheckouts(), Calls = world.Proxy.Journal.Calls,
            Sales = await world.Cloud.ReadTruth(),
        };
    }

    private static async Task<IReadOnlyList<(string What, string Text)>> Collect(Connector world, OtlpSink sink)
    {
        var said = new List<(string, string)>();
        foreach (var kind in new[] { "traces", "metrics", "logs" }) said.Add((kind, sink.Sent(kind)));
        using var http = new HttpClient();
        foreach (var node in world.Cluster.Nodes)
        {
            said.Add(($"the log of {node.Name}", node.Output + node.Errors));
            said.Add(($"the metrics of {node.Name}", await http.GetStringAsync(
                new Uri(node.Operations, "/metrics"), TestContext.Current.CancellationToken)));
        }
        return [.. said, .. await TableDump.Read(world.Cluster.Postgres)];
    }
}

using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>A cluster, its readers and its tills; and at the end, the verdict on what they did.</summary>
internal sealed class Trial : IAsyncDisposable
{
    /// <summary>Longer than the lease of a killed node and the whole schedule of an event.</summary>
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(90);

    private readonly Receiver? _receiver;

    private Trial(Cluster cluster, Shop shop, Receiver? receiver, bool all)
    {
        (Cluster, Shop, _receiver) = (cluster, shop, receiver);
        Caller = new() { ReturnUrl = receiver?.ReturnUrl, SendsReferences = all };
        Tills = new(cluster, Caller, shop.Readers) { Waits = all ? 0.5 : 0 };
    }

    public Cluster Cluster { get; }

    public Shop Shop { get; }

    public Caller Caller { get; }

    public Tills Tills { get; }

    /// <summary>Switches on and pairs readers.</summary>
    /// <param name="cluster">Ends with the trial.</param>
    /// <param name="readers">How many.</param>
    /// <param name="scenario">How their customers behave.</param>
    /// <param name="receiver">The receiver of all outcomes, if there is one.</param>
    /// <param name="everyWay">
    /// Whether each reader is bound to a node, sales carry the till's own reference, and tills wait for outcomes.
    /// </param>
    public static async Task<Trial> Opened(
        Cluster cluster, int readers, Scenario scenario = Scenario.Solo, Receiver? receiver = null,
        bool everyWay = false)
    {
        try
        {
            return new(cluster, await Shop.Opened(cluster, readers, scenario, everyWay), receiver, everyWay);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits while everything else goes on.</summary>
    public static async Task Pass(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until everything has come to its end, and asks the checker.</summary>
    public async Task<History> Judge(Plan plan)
    {
        var folder = new RunFolder(Cluster.Folder);
        try
        {
            await Shop.Quiet();
            await Tills.ReadAll();
            await AllTold();
        }
        finally
        {
            folder.Write(plan, Caller.Calls, _receiver?.Posts ?? [], Cluster.Faults);
            await folder.CopyLedger(Cluster.Postgres);
        }
        var history = folder.Read();
        var verdict = Verdict.Of(history);
        Console.WriteLine(verdict);
        Assert.True(verdict.Holds, verdict.ToString());
        return history;
    }

    public async ValueTask DisposeAsync()
    {
        await Shop.DisposeAsync();
        Caller.Dispose();
        await Cluster.DisposeAsync();
    }

    /// <summary>Waits until no event is on its way any more.</summary>
    private async Task AllTold()
    {
        await using var ledger = new LedgerTables(Cluster.Postgres);
        var waiting = 0L;
        await Shop.Until(async () => (waiting = await ledger.CountWaiting()) == 0, ToldWithin,
            () => $"{waiting} events are still on their way");
    }
}

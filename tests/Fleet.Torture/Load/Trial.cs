using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>A cluster, its readers and its tills; and at the end, the verdict on what they did.</summary>
internal sealed class Trial : IAsyncDisposable
{
    private Trial(Cluster cluster, Shop shop)
    {
        (Cluster, Shop) = (cluster, shop);
        Tills = new(cluster, Caller, shop.Readers);
    }

    public Cluster Cluster { get; }

    public Shop Shop { get; }

    public Caller Caller { get; } = new();

    public Tills Tills { get; }

    /// <summary>Switches on and pairs readers.</summary>
    /// <param name="cluster">Ends with the trial.</param>
    /// <param name="readers">How many.</param>
    /// <param name="scenario">How their customers behave.</param>
    public static async Task<Trial> Opened(Cluster cluster, int readers, Scenario scenario = Scenario.Solo)
    {
        try
        {
            return new(cluster, await Shop.Opened(cluster, readers, scenario));
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets time pass in which the others go on.</summary>
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
        }
        finally
        {
            folder.Write(plan, Caller.Calls, Cluster.Faults);
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
}

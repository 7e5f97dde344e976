using System.Diagnostics;

namespace Fleet.Torture.Processes;

/// <summary>
/// Replaces the programs of a cluster's nodes one by one, and remembers which node ran which version when, and what
/// each of them wrote into its log.
/// </summary>
internal sealed class Rollout(Cluster cluster)
{
    /// <summary>The names of the versions: the other one, and the one that is tested.</summary>
    public const string Other = "other", This = "this";

    private readonly List<Run> _runs =
        [.. cluster.Nodes.Select(node => new Run(node, node.Program, DateTimeOffset.MinValue))];

    /// <summary>What the versions printed: which one, and its text.</summary>
    public IEnumerable<(string Version, string Text)> Logs => _runs.Select(run => (NameOf(run.Program), run.Log));

    /// <summary>SIGTERM, and the other program on the same ports; returns when the node is ready.</summary>
    public async Task Replace(ServerProcess node, string program)
    {
        var since = Stopwatch.StartNew();
        cluster.Drain(node);
        Assert.Equal(0, await node.Ended());
        var ended = since.Elapsed;
        _runs.Single(run => run.Node == node && run.Until is null).End();
        node.Program = program;
        _runs.Add(new(node, program, TimeProvider.System.GetUtcNow()));
        await node.Start();
        await Eventually.Equal(cluster.Nodes.Count, () => Task.FromResult(cluster.Front.Ready.Count));
        Console.WriteLine($"rollout: {node.Name} is {NameOf(program)}: ended after {ended.TotalSeconds:F1} s,"
            + $" ready after {since.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>Ends the record of all logs.</summary>
    public void End()
    {
        foreach (var run in _runs.Where(run => run.Until is null)) run.End();
    }

    /// <summary>
    /// The version of a node at a time, by its name in the ledger or its address; null while it had none.
    /// </summary>
    public string? VersionOf(string node, DateTimeOffset at) => _runs
        .Where(run => run.Node.LedgerName == node || run.Node.Address.Authority == node)
        .Where(run => run.From <= at && at <= (run.Until ?? DateTimeOffset.MaxValue))
        .Select(run => NameOf(run.Program)).SingleOrDefault();

    /// <summary>A node's name in the ledger, by its address.</summary>
    public string LedgerNameOf(string authority) =>
        cluster.Nodes.Single(node => node.Address.Authority == authority).LedgerName;

    private static string NameOf(string program) => program == OtherVersion.Program ? Other : This;

    private sealed class Run(ServerProcess node, string program, DateTimeOffset from)
    {
        // Logs of one node go on in the same files.
        private readonly (int Output, int Errors) _before =
            from == DateTimeOffset.MinValue ? default : (node.Output.Length, node.Errors.Length);

        public ServerProcess Node => node;

        public string Program => program;

        public DateTimeOffset From => from;

        public DateTimeOffset? Until { get; private set; }

        public string Log { get; private set; } = "";

        public void End()
        {
            Until = TimeProvider.System.GetUtcNow();
            Log = node.Output[_before.Output..] + node.Errors[_before.Errors..];
        }
    }
}

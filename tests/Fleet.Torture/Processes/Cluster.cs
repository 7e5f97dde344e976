using Fleet.Protocol;
using Fleet.Torture.Checking;

namespace Fleet.Torture.Processes;

/// <summary>Some nodes on one PostgreSQL database, and the front that readers dial.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly Databases _databases;
    private readonly List<Fault> _faults = [];
    private bool _keep = true;

    private Cluster(
        Databases databases, string postgres, int count, string more, IReadOnlyList<string> settings, string? program)
    {
        (_databases, Postgres) = (databases, postgres);
        Folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        Nodes = [.. Enumerable.Range(1, count).Select(number =>
            new ServerProcess($"node{number}", Folder,
                ["--storage=postgres", $"--postgres={postgres};Application Name=node{number};{more}", .. settings]))];
        foreach (var node in Nodes) node.Program = program ?? node.Program;
        Front = new(Nodes);
    }

    public string Postgres { get; }

    /// <summary>Where the nodes print to, and everything about the run is written.</summary>
    public string Folder { get; }

    public IReadOnlyList<ServerProcess> Nodes { get; }

    public Front Front { get; }

    public Uri LinkAddress => new($"ws://127.0.0.1:{Front.Port}{Link.Path}");

    /// <summary>What was done to it so far.</summary>
    public IReadOnlyList<Fault> Faults
    {
        get
        {
            lock (_faults) return [.. _faults];
        }
    }

    /// <summary>Starts nodes on an empty database.</summary>
    /// <param name="databases">Where the database is made.</param>
    /// <param name="toBeKilled">Whether PostgreSQL is to be killed too.</param>
    /// <param name="postgres">More of the nodes' connection strings.</param>
    /// <param name="settings">More of the nodes' command lines.</param>
    /// <param name="program">Another version than the one beside the tests.</param>
    /// <param name="count">How many nodes.</param>
    /// <param name="own">What each node's command line has that those of the others do not have.</param>
    public static async Task<Cluster> Started(
        Databases databases, bool toBeKilled = false, string postgres = "", IReadOnlyList<string>? settings = null,
        string? program = null, int count = 3, Func<ServerProcess, IReadOnlyList<string>>? own = null)
    {
        var database = toBeKilled ? await databases.MakeOwn() : await databases.Make();
        var cluster = new Cluster(databases, database, count, postgres, settings ?? [], program);
        try
        {
            foreach (var node in cluster.Nodes) node.More = own?.Invoke(node) ?? [];
            foreach (var node in cluster.Nodes) node.Launch();
            await Task.WhenAll(cluster.Nodes.Select(node => node.Answers()));
            await Eventually.Equal(count, () => Task.FromResult(cluster.Front.Ready.Count));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task Kill(ServerProcess node)
    {
        Note(FaultKind.NodeKilled, node.Name);
        return node.Kill();
    }

    public Task Freeze(ServerProcess node)
    {
        Note(FaultKind.NodeFrozen, node.Name);
        return node.Freeze();
    }

    /// <summary>SIGTERM.</summary>
    public void Drain(ServerProcess node)
    {
        Note(FaultKind.NodeDrained, node.Name);
        node.Terminate();
    }

    public Task KillDatabase()
    {
        Note(FaultKind.DatabaseKilled, "PostgreSQL");
        return _databases.Kill();
    }

    public Task StartDatabase() => _databases.Up();

    /// <summary>The node that a reader lived on when something was last stored about it.</summary>
    public async Task<ServerProcess> FindHome()
    {
        var name = await Databases.Ask(Postgres, "SELECT node FROM ledger ORDER BY ver DESC LIMIT 1") as string;
        return Nodes.Single(node => node.LedgerName == name);
    }

    /// <summary>Statements that a test's trigger makes wait in the database.</summary>
    public Task<object?> CountHeldUp() => Databases.Ask(Postgres,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()");

    /// <summary>Says that the run was good: its folder need not be kept.</summary>
    public void Discard() => _keep = false;

    public async ValueTask DisposeAsync()
    {
        await Front.DisposeAsync();
        foreach (var node in Nodes) await node.DisposeAsync();
        if (_keep) Console.WriteLine($"kept: {Folder}, database {Postgres}");
        else Directory.Delete(Folder, recursive: true);
    }

    private void Note(FaultKind kind, string what)
    {
        lock (_faults) _faults.Add(new(kind, what, TimeProvider.System.GetUtcNow()));
    }
}

using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Devices;

/// <summary>A node in its own process, and devices that are connected to it.</summary>
internal sealed class Shop : IAsyncDisposable
{
    /// <summary>Devices that connect at the same time.</summary>
    private const int DialAtOnce = 32;

    private readonly List<Reader> _readers = [];
    private readonly Till _till;

    private Shop(SideProcess node) => (Node, _till) = (node, new(node.Port));

    public SideProcess Node { get; }

    public IReadOnlyList<Reader> Readers => _readers;

    /// <summary>Opens it on a new database.</summary>
    /// <param name="postgres">Where the database is made.</param>
    /// <param name="build">The <c>Fleet.Benchmarks.dll</c> whose Fleet it has; null: this build.</param>
    public static async Task<Shop> Open(Postgres postgres, string? build = null) =>
        await Open(await postgres.Create(build is null ? "fleet" : "other"), build);

    /// <summary>Opens it on a database that there is.</summary>
    public static async Task<Shop> Open(string database, string? build = null)
    {
        var node = SideProcess.FleetOf(build, database);
        await node.Start(readers: 0);
        return new(node);
    }

    /// <summary>Switches on this many more devices, and waits for their welcomes.</summary>
    public async Task PowerOn(int count)
    {
        var more = Enumerable.Range(_readers.Count, count)
            .Select(i => new Reader(Node.Port, $"BENCH-{i}", _till)).ToList();
        _readers.AddRange(more);
        await Parallel.ForEachAsync(more, new ParallelOptions { MaxDegreeOfParallelism = DialAtOnce },
            (reader, _) => new(reader.PowerOn()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers) reader.Dispose();
        _till.Dispose();
        await Node.DisposeAsync();
    }
}

using System.Collections.Concurrent;
using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>Readers on a cluster: switched on, paired, and dialling its front, with their journals on disk.</summary>
internal sealed class Shop : IAsyncDisposable
{
    /// <summary>Readers that are paired at the same time.</summary>
    private const int AtOnce = 8;

    private const int PairingTries = 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50), OpensWithin = TimeSpan.FromSeconds(120);

    /// <summary>A checkout whose start was never asked for holds its reader for 60 s.</summary>
    private static readonly TimeSpan QuietWithin = TimeSpan.FromSeconds(100);

    private readonly CancellationTokenSource _power = new();
    private readonly Cluster _cluster;
    private readonly VirtualReader[] _readers;
    private readonly ConcurrentDictionary<VirtualReader, bool> _connected = new();
    private readonly ConcurrentQueue<(string Reader, DateTimeOffset At)> _lost = new();
    private Task[] _running = [];

    private Shop(Cluster cluster, int count, Scenario scenario, bool bound)
    {
        _cluster = cluster;
        _readers = [.. Enumerable.Range(1, count).Select(number => new VirtualReader(new()
        {
            Serial = $"VIRTUAL-{number:D4}",
            Server = bound ? cluster.Nodes[number % cluster.Nodes.Count].LinkAddress : cluster.LinkAddress,
            Scenario = scenario,
            Pace = Pace,
            JournalFolder = new RunFolder(cluster.Folder).Journals,
        }, TimeProvider.System))];
    }

    /// <summary>A payment takes about half a second.</summary>
    private const double Pace = 0.07;

    /// <summary>The ids of the readers.</summary>
    public IReadOnlyList<string> Readers => [.. _readers.Select(reader => reader.Journal.ReaderId).OfType<string>()];

    /// <summary>Which node a reader dials, if they are bound to nodes.</summary>
    public ServerProcess? NodeOf(string readerId)
    {
        var number = Array.FindIndex(_readers, reader => reader.Journal.ReaderId == readerId) + 1;
        return number == 0 ? null : _cluster.Nodes[number % _cluster.Nodes.Count];
    }

    public int Welcome => _readers.Count(reader => reader.Snapshot.Welcomed);

    /// <summary>Switches on readers and pairs them.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="count">How many.</param>
    /// <param name="scenario">How their customers behave.</param>
    /// <param name="bound">
    /// Whether each dials one node and no other, so that it is known which one has its link.
    /// </param>
    public static async Task<Shop> Opened(Cluster cluster, int count, Scenario scenario, bool bound = false)
    {
        var shop = new Shop(cluster, count, scenario, bound);
        foreach (var reader in shop._readers) reader.Changed += shop.Notice;
        shop._running = [.. shop._readers.Select(reader => reader.RunAsync(shop._power.Token))];
        using var patience = new CancellationTokenSource(OpensWithin);
        await Parallel.ForEachAsync(shop._readers,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = patience.Token }, shop.Pair);
        await shop.AllWelcome();
        return shop;
    }

    /// <summary>Readers that lost their connection since a moment.</summary>
    public IReadOnlySet<string> LostSince(DateTimeOffset moment) =>
        _lost.Where(one => one.At >= moment).Select(one => one.Reader).ToHashSet();

    public Task AllWelcome() => Until(() => Task.FromResult(Welcome == _readers.Length), OpensWithin,
        () => $"{Welcome} of {_readers.Length} readers are welcome");

    /// <summary>Waits until no checkout is open and every result is told.</summary>
    public async Task Quiet()
    {
        await using var ledger = new LedgerTables(_cluster.Postgres);
        await Until(async () => _readers.All(IsIdle) && await ledger.CountOpen() == 0, QuietWithin,
            () => $"{_readers.Count(IsIdle)} of {_readers.Length} readers are idle");
    }

    /// <summary>Looks until it is so.</summary>
    public static async Task Until(Func<Task<bool>> done, TimeSpan limit, Func<string> seen)
    {
        using var patience = new CancellationTokenSource(limit);
        using var timer = new PeriodicTimer(Look);
        while (!await done())
        {
            Assert.False(patience.IsCancellationRequested, $"After {limit.TotalSeconds} s {seen()}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _power.CancelAsync();
        await Task.WhenAll(_running);
        _power.Dispose();
    }

    private static bool IsIdle(VirtualReader reader) =>
        reader.Snapshot is { Welcomed: true, Checkout: null } && reader.Journal.Results.Count == 0;

    private async ValueTask Pair(VirtualReader reader, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Look);
        for (var tries = 0; tries < PairingTries;)
        {
            await timer.WaitForNextTickAsync(cancel);
            if (reader.Snapshot.PairingCode is not { } code) continue;
            var node = _cluster.Nodes[tries++ % _cluster.Nodes.Count];
            using var answer = await node.Till.Post(
                "readers", new { pairing_code = code, name = reader.Snapshot.Serial });
            if (answer.IsSuccessStatusCode) return;
        }
        Assert.Fail($"{reader.Snapshot.Serial} could not be paired.");
    }

    private void Notice(VirtualReader reader)
    {
        var connected = reader.Snapshot.Connected;
        var before = connected;
        _connected.AddOrUpdate(reader, connected, (_, was) => { before = was; return connected; });
        if (before && !connected && reader.Journal.ReaderId is { } id)
            _lost.Enqueue((id, TimeProvider.System.GetUtcNow()));
    }
}

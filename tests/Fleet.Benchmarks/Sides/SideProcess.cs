using System.Diagnostics;
using System.Globalization;

namespace Fleet.Benchmarks.Sides;

/// <summary>A side in its own process, seen from the one that makes the load.</summary>
internal sealed class SideProcess : IAsyncDisposable
{
    /// <summary>The longest time for one command: making all readers is the slowest.</summary>
    private static readonly TimeSpan MaxOrder = TimeSpan.FromMinutes(3);

    /// <summary>Methods that a warm program compiles in a round; a cold one compiles thousands.</summary>
    private const int CompiledWhenWarm = 50;

    /// <summary>Rounds after which a program counts as warm, whatever it compiles.</summary>
    private const int MaxWarmUps = 10;

    private readonly Process _process;

    private SideProcess(string? build, string kind, int port, params string[] args)
    {
        Port = port;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] all = [build ?? typeof(SideProcess).Assembly.Location, "serve", kind, .. args];
        foreach (var arg in all) start.ArgumentList.Add(arg);
        _process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
    }

    public int Port { get; }

    /// <summary>The plain service on a database.</summary>
    public static SideProcess Plain(string postgres)
    {
        var port = Ports.Free();
        return new(null, Served.Plain, port, $"http://127.0.0.1:{port}", postgres);
    }

    /// <summary>Fleet on a database.</summary>
    /// <param name="postgres">The database.</param>
    /// <param name="settings">More of its command line.</param>
    public static SideProcess Fleet(string postgres, params string[] settings) => Fleet(postgres, false, settings);

    /// <summary>Fleet, or its ceiling, on a database.</summary>
    public static SideProcess Fleet(string postgres, bool forgets, params string[] settings) =>
        Fleet(null, postgres, forgets, settings);

    /// <summary>The Fleet of another build, on a database.</summary>
    /// <param name="build">Its <c>Fleet.Benchmarks.dll</c>; null: this build.</param>
    /// <param name="postgres">The database.</param>
    public static SideProcess FleetOf(string? build, string postgres) => Fleet(build, postgres, false);

    private static SideProcess Fleet(string? build, string postgres, bool forgets, params string[] settings)
    {
        var port = Ports.Free();
        return new(build, forgets ? Served.Ceiling : Served.Fleet, port, NodeSettings(port,
        [
            "--storage=postgres", $"--postgres={postgres}",
            "--Logging:Console:LogToStandardErrorThreshold=Trace", // standard output is for the answers to orders
            .. settings,
        ]));
    }

    /// <summary>
    /// The command line of each node that is measured: no limit of requests, and one merchant. Of an option that is
    /// given twice the last one counts.
    /// </summary>
    public static string[] NodeSettings(int port, params string[] more)
    {
        string[] usual =
        [
            $"--urls=http://127.0.0.1:{port}", "--grpc-url=http://127.0.0.1:0", "--operations-url=http://127.0.0.1:0",
            $"--silo-port={Ports.Free()}", "--sandbox=false", "--Fleet:RequestsPerSecond=0",
            $"--Fleet:Merchants:0:Code={BenchMerchant.Code}", "--Fleet:Merchants:0:Sandbox=true",
            $"--Fleet:Merchants:0:Keys:0:Sha256={BenchMerchant.KeyHash}",
        ];
        return [.. usual.Concat(more).GroupBy(word => word.Split('=')[0]).Select(same => same.Last())];
    }

    public Task Start(int readers) => Order($"{Served.Start} {readers}");

    /// <summary>Opens this many stores of the merchant.</summary>
    public Task OpenStores(int count) => Order($"{Served.OpenStores} {count}");

    /// <summary>
    /// Makes readers that are connected to this node, <see cref="ReaderIds.PerStore"/> in each store.
    /// </summary>
    public Task Add(int first, int count) => Order($"{Served.Add} {first} {count}");

    /// <summary>Makes readers of all those that SumUp's cloud has; each has the cloud's id as its own.</summary>
    public Task Adopt() => Order(Served.Adopt);

    /// <summary>Freezes the process, or lets it go on.</summary>
    public void Signal(string signal) => Process.Start("kill", [$"-{signal}", $"{_process.Id}"]).WaitForExit();

    /// <summary>Ends the open checkouts of the first readers.</summary>
    public Task Free(int readers) => Order($"{Served.Free} {readers}");

    /// <summary>Collects garbage, so that no round pays for the one before.</summary>
    public Task Settle() => Order(Served.Settle);

    /// <summary>Runs rounds that do not count, until the runtime has compiled nearly everything.</summary>
    public async Task WarmUp(Func<Task> round)
    {
        for (var (i, before) = (0, 0L); i < MaxWarmUps; i++)
        {
            await round();
            var compiled = await CompiledMethods();
            if (compiled - before < CompiledWhenWarm) break;
            before = compiled;
        }
    }

    /// <summary>Bytes that the program has allocated since it began.</summary>
    public async Task<long> AllocatedBytes() =>
        long.Parse(await Ask(Served.Allocated), CultureInfo.InvariantCulture);

    /// <summary>Bytes after a full collection: on the managed heap, and of the whole process.</summary>
    public async Task<(long Heap, long Process)> Memory() =>
        (await Ask(Served.Memory)).Split(' ') is [var heap, var process]
            ? (long.Parse(heap, CultureInfo.InvariantCulture), long.Parse(process, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException("The side did not say how large it is.");

    /// <summary>The longest time that the program stood still for the collector since this was last asked.</summary>
    public async Task<TimeSpan> LongestPause() =>
        TimeSpan.FromTicks(long.Parse(await Ask(Served.Pause), CultureInfo.InvariantCulture));

    /// <summary>Bytes of the process, as it is.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Processor time that the process has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Kills the process; its database is dropped, so it need not stop cleanly.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Methods that the runtime has compiled so far, counting each time.</summary>
    private async Task<long> CompiledMethods() =>
        long.Parse(await Ask(Served.Compiled), CultureInfo.InvariantCulture);

    private async Task Order(string order)
    {
        if (await Ask(order) is var answer and not Served.Done)
            throw new InvalidOperationException($"The side answered \"{order}\" with \"{answer}\".");
    }

    private async Task<string> Ask(string order)
    {
        using var patience = new CancellationTokenSource(MaxOrder);
        await _process.StandardInput.WriteLineAsync(order.AsMemory(), patience.Token);
        await _process.StandardInput.FlushAsync(patience.Token);
        return await _process.StandardOutput.ReadLineAsync(patience.Token)
            ?? throw new InvalidOperationException($"The side ended at \"{order}\"; what it said is above.");
    }
}

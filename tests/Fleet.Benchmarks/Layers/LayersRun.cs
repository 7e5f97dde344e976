using System.Diagnostics;
using Fleet.Benchmarks.Load;
using Fleet.Benchmarks.Sides;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Storage.Sqlite;

namespace Fleet.Benchmarks.Layers;

/// <summary>
/// What each layer of a checkout takes alone, one operation after the other, on a node with SQLite in this process.
/// </summary>
internal static class LayersRun
{
    private const int Rules = 1_000_000, Calls = 20_000, Appends = 500; // per round

    public static async Task Run(Settings settings)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-layers-").FullName;
        try
        {
            var layers = await Measure(settings, folder);
            Print(layers);
            if (settings.Out is { } path) await LayersFile.Write(path, settings, layers);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<Layer>> Measure(Settings settings, string folder)
    {
        var port = Ports.Free();
        await using var node = new FleetSide(SideProcess.NodeSettings(port,
            $"--data={Path.Combine(folder, "data")}", "--Logging:LogLevel:Default=Warning"), forgets: false);
        await node.Start(settings.Readers);
        await using var ledger = new SqliteLedger(Path.Combine(folder, "alone.db"), "bench");
        using var tills = new Tills(port, connections: 1, ReaderIds.First(settings.Readers));
        List<Layer> layers =
        [
            new("rule", "ReaderRules.StartCheckout", Rules, () => Task.FromResult(DecideCheckouts())),
            new("grain call", "IReaderGrain.GetStatus, in the process", Calls, () => CallGrain(node)),
            new("append", "ILedger.AppendEvents, SQLite, one event", Appends, () => AppendEvents(ledger)),
            new("HTTP", "POST checkout, one connection, SQLite", settings.Readers,
                () => Task.FromResult(PostCheckouts(tills))),
        ];
        for (var round = -1; round < settings.Rounds; round++)
        {
            foreach (var layer in layers)
            {
                var took = await layer.Round();
                if (round >= 0) layer.Rounds.Add(took.TotalMicroseconds / layer.Operations); // the first one warms up
            }
            await node.Free(settings.Readers);
        }
        return layers;
    }

    private static TimeSpan DecideCheckouts()
    {
        var (reader, ask, now) = (FreeReader(ReaderIds.Of(0)), NewAsk(), TimeProvider.System.GetUtcNow());
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rules; i++)
            Require(ReaderRules.StartCheckout(reader, ask, now).Refusal is null, "a rule");
        return Stopwatch.GetElapsedTime(start);
    }

    private static async Task<TimeSpan> CallGrain(FleetSide node)
    {
        var (grain, caller) = (node.GetReader(0), new Reach(BenchMerchant.Code));
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
            Require(await grain.GetStatus(caller) is not null, "a call");
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Appends to new readers, one after the other: no append shares its flush with another.</summary>
    private static async Task<TimeSpan> AppendEvents(SqliteLedger ledger)
    {
        var now = TimeProvider.System.GetUtcNow();
        var events = Enumerable.Range(0, Appends).Select(_ => FreeReader($"rdr_{Guid.NewGuid():N}"))
            .Select(reader => (reader.Id, ReaderRules.StartCheckout(reader, NewAsk(), now).Events)).ToList();
        var start = Stopwatch.GetTimestamp();
        foreach (var (reader, happened) in events)
            Require(await ledger.AppendEvents(new(reader, 0, happened)) is AppendOutcome.Appended, "an append");
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>One checkout on each reader; anything but a 201 ends the run.</summary>
    private static TimeSpan PostCheckouts(Tills tills)
    {
        var start = Stopwatch.GetTimestamp();
        for (var reader = 0; reader < tills.Readers; reader++)
        {
            tills.Ask(0, reader);
            while (tills.Answered(atMost: null).Count == 0) { } // part of an answer
        }
        return Stopwatch.GetElapsedTime(start);
    }

    private static void Require(bool done, string what)
    {
        if (!done) throw new InvalidOperationException($"Refused: {what}.");
    }

    private static Reader FreeReader(string id) => new()
    {
        Id = id,
        MerchantCode = BenchMerchant.Code,
        Device = new("BENCH-0", Device.VirtualSolo, "3.3.40.3"),
        Online = true,
    };

    private static StartCheckout NewAsk() =>
        new(Guid.NewGuid(), Guid.NewGuid(), new CheckoutTerms { Amount = new("EUR", 2, 1250) });

    private static void Print(List<Layer> layers)
    {
        Console.WriteLine($"{"layer",-12}{"µs: median (least–most)",-32}what");
        foreach (var layer in layers)
        {
            var (least, median, most) = layer.Spread;
            var text = FormattableString.Invariant($"{median:G4} ({least:G4}–{most:G4})");
            Console.WriteLine($"{layer.Name,-12}{text,-32}{layer.What}");
        }
    }
}

/// <summary>A layer that is measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="What">The operation.</param>
/// <param name="Operations">How many make one round.</param>
/// <param name="Round">Does them, and says how long that took.</param>
internal sealed record Layer(string Name, string What, int Operations, Func<Task<TimeSpan>> Round)
{
    /// <summary>Microseconds per operation, round by round.</summary>
    public List<double> Rounds { get; } = [];

    public Spread Spread => Spread.Of(Rounds);
}

using System.Diagnostics;
using Fleet.Benchmarks.Database;

namespace Fleet.Benchmarks.Devices;

/// <summary>
/// Whole payments: accepted, started, concluded and acknowledged, each with its commit, and the next one begins at
/// once. All devices are connected for real, and they and their tills share the machine with what is measured. Another
/// build of Fleet can take turns with this one.
/// </summary>
internal static class CycleRun
{
    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var shop = await Shop.Open(postgres);
        await using var other = settings.Other is { } build ? await Shop.Open(postgres, build) : null;
        var sides = new[] { shop, other }.OfType<Shop>()
            .Select(one => (Shop: one, Rates: new List<double>(), Processor: new List<double>())).ToList();
        foreach (var side in sides) await side.Shop.PowerOn(settings.Readers);
        await postgres.Checkpoint();

        foreach (var side in sides) await side.Shop.Node.WarmUp(() => PayAll(side.Shop, settings.Round));
        for (var i = 0; i < settings.Rounds; i++)
        {
            foreach (var side in sides)
            {
                var (cpu, start) = (side.Shop.Node.ProcessorTime, Stopwatch.GetTimestamp());
                var count = await PayAll(side.Shop, settings.Round);
                side.Rates.Add(count / Stopwatch.GetElapsedTime(start).TotalSeconds);
                side.Processor.Add((side.Shop.Node.ProcessorTime - cpu).TotalMicroseconds / count);
            }
        }
        Report.Cycle(settings.Readers,
            [.. sides.Select(side => (Spread.Of(side.Rates), Spread.Of(side.Processor)))]);
    }

    /// <summary>All readers pay again and again until the time is over; returns how many payments were made.</summary>
    public static async Task<int> PayAll(Shop shop, TimeSpan lasts)
    {
        var (done, start) = (0, Stopwatch.GetTimestamp());
        await Task.WhenAll(shop.Readers.Select(async reader =>
        {
            while (Stopwatch.GetElapsedTime(start) < lasts)
            {
                await reader.Pay();
                Interlocked.Increment(ref done);
            }
        }));
        return done;
    }
}

using System.Diagnostics;
using Fleet.Benchmarks.Accept;
using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Devices;
using Fleet.Benchmarks.Sides;
using Fleet.Server.Storage.Postgres;
using Npgsql;

namespace Fleet.Benchmarks.Growth;

/// <summary>
/// What many payments cost: the disk that each table takes, and the latency of an accept on a database that has them
/// beside one that has none, in turns, also while PostgreSQL vacuums the tables.
/// </summary>
internal static class GrowthRun
{
    /// <summary>Real payments, which are then copied: each reader pays so many times.</summary>
    private const int SampleReaders = 200, SampleEach = 25;

    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        var database = await postgres.Create("old");
        await PaySample(database);
        await using var source = PostgresSource.OpenPool(database);
        var growing = Stopwatch.StartNew();
        var payments = await GrowthSeed.Grow(source, settings.Rows);
        await postgres.Checkpoint();
        Console.WriteLine($"{payments:N0} payments in {growing.Elapsed.TotalSeconds:F0} s");
        Report.Growth(payments, await GrowthSeed.Measure(source));

        await using var young = SideProcess.Fleet(await postgres.Create("young"));
        await using var old = SideProcess.Fleet(database);
        foreach (var side in new[] { young, old }) await side.Start(settings.Readers);
        await postgres.Checkpoint();
        var readers = ReaderIds.First(settings.Readers);
        Contender Enter(string name, SideProcess side) => new(name, side, settings.Connections[0], readers, postgres);
        Contender[] calm = [Enter("no payments", young), Enter("many payments", old)];
        await Measure(calm, settings);
        var vacuuming = Enter("many, in a vacuum", old);
        await MeasureVacuum(calm[0], vacuuming, source, settings);
        Report.GrowthOfLatency([.. calm, vacuuming]);
    }

    private static async Task PaySample(string database)
    {
        await using var shop = await Shop.Open(database);
        await shop.PowerOn(SampleReaders);
        await Task.WhenAll(shop.Readers.Select(async reader =>
        {
            for (var i = 0; i < SampleEach; i++) await reader.Pay();
        }));
    }

    private static async Task Measure(Contender[] sides, Settings settings)
    {
        foreach (var side in sides) await side.WarmUp(settings.Round);
        for (var i = 0; i < settings.Rounds; i++)
            foreach (var side in sides) await side.Saturate(settings.Round);
        for (var i = 0; i < settings.Rounds; i++)
            foreach (var side in sides) await side.Pace(RateOf(sides[0]), settings.Round);
    }

    /// <summary>The rounds of a side whose tables are vacuumed all the time.</summary>
    private static async Task MeasureVacuum(
        Contender young, Contender old, NpgsqlDataSource source, Settings settings)
    {
        using var over = new CancellationTokenSource();
        var vacuum = GrowthSeed.Vacuum(source, over.Token);
        for (var i = 0; i < settings.Rounds; i++)
        {
            await old.Saturate(settings.Round);
            await old.Pace(RateOf(young), settings.Round);
        }
        await over.CancelAsync();
        await vacuum;
    }

    private static double RateOf(Contender side) => AcceptRun.OfferedShare * side.PerSecond.Median;
}

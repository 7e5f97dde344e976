using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Accept;

/// <summary>
/// Accepting a checkout: Fleet (A), the plain service (B) and Fleet without durability (the ceiling), in turns on one
/// PostgreSQL.
/// </summary>
internal static class AcceptRun
{
    /// <summary>The share of B's maximum at which latencies are compared.</summary>
    public const double OfferedShare = 0.6;

    /// <summary>Runs everything and prints it; false when a goal was missed.</summary>
    public static async Task<bool> Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var fleet = SideProcess.Fleet(await postgres.Create("fleet"));
        await using var plain = SideProcess.Plain(await postgres.Create("plain"));
        await using var ceiling = SideProcess.Fleet(await postgres.Create("ceiling"), forgets: true);
        await using var other = settings.Other is { } build
            ? SideProcess.FleetOf(build, await postgres.Create("other")) : null;
        var limit = new PgBench(await postgres.Create("limit"));
        await limit.Prepare();
        await plain.Start(settings.Readers);
        foreach (var side in new[] { fleet, ceiling, other }.OfType<SideProcess>())
        {
            await side.Start(readers: 0);
            await side.OpenStores(settings.Readers / ReaderIds.PerStore);
            await side.Add(0, settings.Readers);
        }
        await postgres.Checkpoint();

        var readers = ReaderIds.First(settings.Readers);
        var results = new List<AcceptResult>();
        foreach (var connections in settings.Connections)
        {
            Contender Enter(string name, SideProcess side) => new(name, side, connections, readers, postgres);
            var result = new AcceptResult(
                connections, Enter("Fleet (A)", fleet), Enter("plain (B)", plain), Enter("ceiling", ceiling),
                other is null ? [] : [Enter("other build", other)], []);
            await Measure(result, settings, limit);
            Report.Print(result);
            results.Add(result);
        }
        Console.WriteLine(Report.LastLine(results[0]));
        return Report.MeetsGoals(results);
    }

    private static async Task Measure(AcceptResult result, Settings settings, PgBench limit)
    {
        Contender[] all = [result.Fleet, result.Plain, result.Ceiling, .. result.Others];
        foreach (var side in all) await side.WarmUp(settings.Round);
        for (var i = 0; i < settings.Rounds; i++)
        {
            foreach (var side in all) await side.Saturate(settings.Round);
            result.Limit.Add(await limit.Run(settings.Round));
        }
        for (var i = 0; i < settings.Rounds; i++)
            foreach (var side in (Contender[])[result.Fleet, result.Plain, .. result.Others])
                await side.Pace(result.OfferedRate, settings.Round);
    }
}

/// <summary>What was measured at one number of connections.</summary>
/// <param name="Connections">How many.</param>
/// <param name="Fleet">A.</param>
/// <param name="Plain">B.</param>
/// <param name="Ceiling">A without durability.</param>
/// <param name="Others">A of another build, if there is one.</param>
/// <param name="Limit">Transactions per second of pgbench, round by round.</param>
internal sealed record AcceptResult(
    int Connections, Contender Fleet, Contender Plain, Contender Ceiling, IReadOnlyList<Contender> Others,
    List<double> Limit)
{
    public double OfferedRate => AcceptRun.OfferedShare * Plain.PerSecond.Median;

    public double Throughput => Fleet.PerSecond.Median / Plain.PerSecond.Median;

    public double Tail => Fleet.Paced(0.99).Median / Plain.Paced(0.99).Median;

    public double OfCeiling => Fleet.PerSecond.Median / Ceiling.PerSecond.Median;
}

using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Accept;

/// <summary>
/// What telemetry costs a node that accepts checkouts: with none of it, with metrics alone, and with metrics, logs and
/// traces of the default share that are sent somewhere; in turns on one PostgreSQL.
/// </summary>
internal static class TelemetryRun
{
    /// <summary>The share of its throughput that a node may lose.</summary>
    private const double MaxLoss = 0.08;

    /// <summary>Runs everything and prints it; false when the goal was missed.</summary>
    public static async Task<bool> Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var sink = await OtlpSink.Start();
        await using var off = SideProcess.Fleet(await postgres.Create("off"), "--Fleet:Telemetry=false");
        await using var metrics = SideProcess.Fleet(await postgres.Create("metrics"));
        await using var all = SideProcess.Fleet(await postgres.Create("all"),
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={sink.Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        foreach (var side in new[] { off, metrics, all }) await side.Start(settings.Readers);
        await postgres.Checkpoint();

        var (readers, connections) = (ReaderIds.First(settings.Readers), settings.Connections[0]);
        Contender[] sides =
        [
            new("off", off, connections, readers, postgres), new("metrics", metrics, connections, readers, postgres),
            new("all", all, connections, readers, postgres),
        ];
        foreach (var side in sides) await side.WarmUp(settings.Round);
        for (var i = 0; i < settings.Rounds; i++)
        {
            foreach (var side in i % 2 == 0 ? sides : sides.Reverse()) await side.Saturate(settings.Round);
        }
        Report.Telemetry(connections, sides, sink.Kilobytes);
        return sides[2].PerSecond.Median / sides[0].PerSecond.Median >= 1 - MaxLoss;
    }
}

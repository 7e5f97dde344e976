using Fleet.Benchmarks;
using Fleet.Benchmarks.Accept;
using Fleet.Benchmarks.Chain;
using Fleet.Benchmarks.Cloud;
using Fleet.Benchmarks.Devices;
using Fleet.Benchmarks.Growth;
using Fleet.Benchmarks.History;
using Fleet.Benchmarks.Layers;
using Fleet.Benchmarks.Sides;
using Fleet.Benchmarks.Viewers;

try
{
    switch (args)
    {
        case ["serve", var kind, .. var rest]:
            await Served.Run(kind, rest);
            return 0;
        case ["accept", .. var rest]:
            return await AcceptRun.Run(Settings.Read(rest, seconds: 3, readers: 30_000)) ? 0 : 1;
        case ["telemetry", .. var rest]:
            return await TelemetryRun.Run(Settings.Read(rest, seconds: 2, readers: 15_000)) ? 0 : 1;
        case ["cycle", .. var rest]:
            await CycleRun.Run(Settings.Read(rest, seconds: 5, readers: 1_000));
            return 0;
        case ["steady", .. var rest]:
            await SteadyRun.Run(Settings.Read(rest, seconds: 5, readers: 1_000));
            return 0;
        case ["memory", .. var rest]:
            await MemoryRun.Run(Settings.Read(rest, seconds: 0, readers: 2_000));
            return 0;
        case ["layers", .. var rest]:
            await LayersRun.Run(Settings.Read(rest, seconds: 0, readers: 500));
            return 0;
        case ["status", .. var rest]:
            await StatusRun.Run(Settings.Read(rest, seconds: 15, readers: 10_000));
            return 0;
        case ["route", .. var rest]:
            await RouteRun.Run(Settings.Read(rest, seconds: 0, readers: 5));
            return 0;
        case ["cloud", .. var rest]:
            return await CloudRun.Run(Settings.Read(rest, seconds: 60, readers: 500)) ? 0 : 1;
        case ["console", .. var rest]:
            return await ConsoleRun.Run(Settings.Read(rest, seconds: 5, readers: 10_000, rounds: 10)) ? 0 : 1;
        case ["growth", .. var rest]:
            await GrowthRun.Run(Settings.Read(rest, seconds: 3, readers: 15_000, rows: 1_000_000));
            return 0;
        case ["history", .. var rest]:
            var settings = Settings.Read(rest, seconds: 0, readers: 0);
            await HistoryRun.Run(settings.Rows, settings.Postgres);
            return 0;
        default:
            await Console.Error.WriteLineAsync(
                "Say what to measure: accept, telemetry, cycle, steady, memory, layers, history, growth, status, "
                    + "route, cloud or console. See docs/benchmarks.md.");
            return 2;
    }
}
catch (InvalidOperationException e)
{
    await Console.Error.WriteLineAsync($"The measurement failed. {e.Message}");
    return 1;
}

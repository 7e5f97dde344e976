using System.Diagnostics;
using Fleet.Benchmarks.Database;

namespace Fleet.Benchmarks.Devices;

/// <summary>
/// Whole payments: accepted, started, concluded and acknowledged, each with its commit, and the next one begins at
/// once. All devices are connected for real, and they and their tills share the machine with what is measured.
/// </summary>
internal static class CycleRun
{
    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var shop = await Shop.Open(postgres);
        await shop.PowerOn(settings.Readers);

        var (done, stop) = (0, false);
        var paying = shop.Readers.Select(PayOn).ToList();
        var (rates, processor) = (new List<double>(), new List<double>());
        await Round(); // warm-up
        for (var i = 0; i < settings.Rounds; i++)
        {
            var (count, cpu, start) = (Volatile.Read(ref done), shop.Node.ProcessorTime, Stopwatch.GetTimestamp());
            await Round();
            count = Volatile.Read(ref done) - count;
            rates.Add(count / Stopwatch.GetElapsedTime(start).TotalSeconds);
            processor.Add((shop.Node.ProcessorTime - cpu).TotalMicroseconds / count);
        }
        Volatile.Write(ref stop, true);
        await Task.WhenAll(paying);
        Report.Cycle(settings.Readers, Spread.Of(rates), Spread.Of(processor));

        async Task PayOn(Reader reader)
        {
            while (!Volatile.Read(ref stop))
            {
                await reader.Pay();
                Interlocked.Increment(ref done);
            }
        }

        async Task Round()
        {
            using var timer = new PeriodicTimer(settings.Round);
            var over = timer.WaitForNextTickAsync().AsTask();
            var ended = await Task.WhenAny([over, .. paying]);
            await ended; // a payment that failed ends the measurement
        }
    }
}

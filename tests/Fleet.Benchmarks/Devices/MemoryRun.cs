using Fleet.Benchmarks.Database;

namespace Fleet.Benchmarks.Devices;

/// <summary>
/// What a reader costs that is connected and idle: the node's memory after a full collection with all of them, less
/// that with a few, by the number of readers in between. The few have made the node load and compile what it needs. It
/// may be measured when the readers have rested for a while: the grains of their pairing are gone by then.
/// </summary>
internal static class MemoryRun
{
    private const int Few = 100;

    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        await using var shop = await Shop.Open(postgres);
        await shop.PowerOn(Few);
        await Rest();
        var few = await shop.Node.Memory();
        await shop.PowerOn(settings.Readers);
        await Rest();
        var all = await shop.Node.Memory();
        Report.Memory(settings.Readers,
            (all.Heap - few.Heap) / settings.Readers, (all.Process - few.Process) / settings.Readers);

        async Task Rest()
        {
            if (settings.Round == TimeSpan.Zero) return;
            using var timer = new PeriodicTimer(settings.Round);
            await timer.WaitForNextTickAsync();
        }
    }
}

using System.Globalization;
using System.Runtime;

namespace Fleet.Benchmarks.Sides;

/// <summary>
/// The process of a side: executes commands from standard input line by line, and ends when that ends.
/// </summary>
internal static class Served
{
    public const string Fleet = "fleet", Plain = "plain", Ceiling = "ceiling";

    public const string Start = "start", Free = "free", Settle = "settle", Compiled = "compiled", Memory = "memory",
        OpenStores = "open-stores", Add = "add", Adopt = "adopt", Allocated = "allocated",
        Pause = "pause";

    /// <summary>The answer to what was done.</summary>
    public const string Done = "done";

    /// <param name="kind">Which side.</param>
    /// <param name="args">Of the plain side: url and connection string. Of the others: the node's command line.</param>
    public static async Task Run(string kind, string[] args)
    {
        ISide side = kind switch
        {
            Plain => new PlainSide(args[0], args[1]),
            Fleet => new FleetSide(args, forgets: false),
            Ceiling => new FleetSide(args, forgets: true),
            _ => throw new ArgumentException($"There is no side {kind}."),
        };
        using var pauses = new PauseWatch();
        while (await Console.In.ReadLineAsync() is { } order)
        {
            await Console.Out.WriteLineAsync(await Obey(side, pauses, order.Split(' ')));
            await Console.Out.FlushAsync();
        }
    }

    private static async Task<string> Obey(ISide side, PauseWatch pauses, string[] order)
    {
        switch (order)
        {
            case [Start, var readers]: await side.Start(int.Parse(readers, CultureInfo.InvariantCulture)); break;
            case [Free, var readers]: await side.Free(int.Parse(readers, CultureInfo.InvariantCulture)); break;
            case [OpenStores, var stores]: await Fleets(side).OpenStores(Number(stores)); break;
            case [Add, var first, var readers]: await Fleets(side).Add(Number(first), Number(readers)); break;
            case [Adopt]: await Fleets(side).Adopt(); break;
            case [Settle]: GC.Collect(); break;
            case [Compiled]: return JitInfo.GetCompiledMethodCount().ToString(CultureInfo.InvariantCulture);
            case [Pause]: return pauses.TakeLongest().Ticks.ToString(CultureInfo.InvariantCulture);
            case [Memory]: return Measure();
            case [Allocated]: return GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture);
            default: throw new ArgumentException($"There is no order {string.Join(' ', order)}.");
        }
        return Done;
    }

    private static FleetSide Fleets(ISide side) =>
        side as FleetSide ?? throw new ArgumentException("Only Fleet does that.");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Bytes of the managed heap and of the process, once nothing is left to collect.</summary>
    private static string Measure()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalMemory(false)} {Environment.WorkingSet}");
    }
}

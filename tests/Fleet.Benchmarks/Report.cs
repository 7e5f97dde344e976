using System.Globalization;
using Fleet.Benchmarks.Accept;
using Fleet.Benchmarks.Devices;

namespace Fleet.Benchmarks;

/// <summary>The figures for people, and the line for machines.</summary>
internal static class Report
{
    private const double MinThroughput = 2.0, MaxTail = 1.0, MinOfCeiling = 0.6;

    public static void Print(AcceptResult result)
    {
        Contender[] all = [result.Fleet, result.Plain, result.Ceiling, .. result.Others];
        Console.WriteLine();
        Row($"{result.Connections} connections", all.Select(side => side.Name));
        Row("server CPU per request, µs", all.Select(side => Text(side.Processor, "F0")));
        Row("PostgreSQL CPU per request, µs", all.Select(side => Text(side.Database, "F0")));
        Row("bytes allocated per request", all.Select(side => Text(side.Allocated, "F0")));
        Row("requests per second", all.Select(side => Text(side.PerSecond, "F0")));
        foreach (var (name, share) in new[] { ("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999) })
            Row(Invariant($"{name} at {result.OfferedRate:F0} per second, ms"),
                all.Select(side => side.WasPaced ? Text(side.Paced(share), "F2") : ""));
        Row("pgbench, transactions per second", [Text(Spread.Of(result.Limit), "F0")]);
        Row("A/B throughput, p99; A of ceiling",
            [Invariant($"{result.Throughput:F2}, {result.Tail:F2}; {result.OfCeiling:P0}")]);
        foreach (var other in result.Others)
            Row("A/other throughput, p99",
                [Invariant($"{result.Fleet.PerSecond.Median / other.PerSecond.Median:F2}, ")
                    + Invariant($"{result.Fleet.Paced(0.99).Median / other.Paced(0.99).Median:F2}")]);
        Console.WriteLine();
    }

    public static string LastLine(AcceptResult result) => Invariant(
        $"accept: CPU = {result.Fleet.Processor.Median:F0} + {result.Fleet.Database.Median:F0} µs, ")
        + Invariant($"allocated = {result.Fleet.Allocated.Median:F0} bytes, ") + Invariant(
        $"throughput A/B = {result.Throughput:F2}, p99 A/B = {result.Tail:F2}, ")
        + Invariant($"of ceiling = {result.OfCeiling * 100:F0} %, pgbench = {Spread.Of(result.Limit).Median:F0} tps");

    public static bool MeetsGoals(IEnumerable<AcceptResult> results) => results.All(result =>
        result.Throughput >= MinThroughput && result.Tail <= MaxTail && result.OfCeiling >= MinOfCeiling);

    /// <summary>What telemetry costs: the first side has none, the last all of it.</summary>
    public static void Telemetry(int connections, Contender[] sides, long kilobytes)
    {
        Row($"{connections} connections", sides.Select(side => side.Name));
        Row("requests per second", sides.Select(side => Text(side.PerSecond, "F0")));
        Row("server CPU per request, µs", sides.Select(side => Text(side.Processor, "F0")));
        var (off, metrics, all) = (sides[0].PerSecond.Median, sides[1].PerSecond.Median, sides[2].PerSecond.Median);
        Console.WriteLine(
            Invariant($"telemetry: throughput with metrics = {metrics / off:F3}, with all = {all / off:F3} ")
            + Invariant($"of that without; {kilobytes} KiB were sent"));
    }

    /// <summary>Whole payments of this build, and of another one if it took turns.</summary>
    public static void Cycle(int readers, IReadOnlyList<(Spread PerSecond, Spread Processor)> sides)
    {
        Row($"{readers} readers", sides.Count > 1 ? ["this build", "the other build"] : []);
        Row("payments per second", sides.Select(side => Text(side.PerSecond, "F0")));
        Row("server CPU per payment, µs", sides.Select(side => Text(side.Processor, "F0")));
        var rate = sides[0].PerSecond.Median;
        Console.WriteLine(Invariant($"cycle: {rate:F0} payments per second with {readers} readers")
            + (sides.Count > 1 ? Invariant($", {rate / sides[1].PerSecond.Median:F2} times the other build's") : ""));
    }

    public static void Lone(IReadOnlyList<Waited> waits) => Console.WriteLine(Invariant(
        $"one till alone: answer p50 {At(waits, 0.5, one => one.Answer):F2} ms, p99 ")
        + Invariant($"{At(waits, 0.99, one => one.Answer):F2} ms; prompt p50 ")
        + Invariant($"{At(waits, 0.5, one => one.Prompt):F2} ms, p99 {At(waits, 0.99, one => one.Prompt):F2} ms"));

    public static void SteadyHead(double rate) => Console.WriteLine(
        Invariant($"{rate:F0} payments per second; milliseconds until the till has its answer, the device the prompt")
        + $"\n{"minute",-8}{"answer p50",12}{"p99",10}{"prompt p50",12}{"p99",10}{"longest",10}{"pause",10}{"MiB",8}");

    public static void SteadyMinute(int minute, IReadOnlyList<Waited> waits, long bytes, TimeSpan pause) =>
        Console.WriteLine(Invariant($"{minute,-8}{At(waits, 0.5, one => one.Answer),12:F2}")
            + Invariant($"{At(waits, 0.99, one => one.Answer),10:F2}{At(waits, 0.5, one => one.Prompt),12:F2}")
            + Invariant($"{At(waits, 0.99, one => one.Prompt),10:F2}{waits.Max(one => one.Prompt),10:F2}")
            + Invariant($"{pause.TotalMilliseconds,10:F2}{bytes >> 20,8}"));

    public static void SteadyGrowth(IReadOnlyList<long> sizes) => Console.WriteLine(Invariant(
        $"steady: the last minute's working set is {sizes[^1] / (double)sizes[0]:F3} times the first one's"));

    private static double At(IReadOnlyList<Waited> waits, double share, Func<Waited, double> part) =>
        Spread.Percentile([.. waits.Select(part)], share);

    /// <summary>What each table takes, and all of them for a million payments.</summary>
    public static void Growth(
        long payments, IReadOnlyList<(string Name, long Rows, long Table, long Indexes)> tables)
    {
        Row("bytes per payment", ["rows", "table", "indexes"]);
        foreach (var (name, rows, table, indexes) in tables)
            Row(name, [Share(rows, "F2"), Share(table, "F0"), Share(indexes, "F0")]);
        var all = tables.Sum(one => one.Table + one.Indexes);
        Console.WriteLine(Invariant(
            $"growth: {all / (double)payments:F0} MB per million payments, over {payments} payments"));

        string Share(long part, string format) =>
            (part / (double)payments).ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Accepts on databases of different size; the first side is what the others are compared with.</summary>
    public static void GrowthOfLatency(IReadOnlyList<Contender> sides)
    {
        Row("", sides.Select(side => side.Name));
        Row("requests per second", sides.Select(side => Text(side.PerSecond, "F0")));
        Row("p50 at 60 %, ms", sides.Select(side => Text(side.Paced(0.5), "F2")));
        Row("p99 at 60 %, ms", sides.Select(side => Text(side.Paced(0.99), "F2")));
        foreach (var side in sides.Skip(1))
            Console.WriteLine(Invariant($"growth: {side.Name}: throughput {side.PerSecond.Median
                / sides[0].PerSecond.Median:F2}, p99 {side.Paced(0.99).Median / sides[0].Paced(0.99).Median:F2}"));
    }

    public static void Memory(int readers, long heap, long process) => Console.WriteLine(Invariant(
        $"memory: {heap} bytes managed, {process} bytes of working set per idle reader, over {readers} readers"));

    private static void Row(string name, IEnumerable<string> cells) =>
        Console.WriteLine($"{name,-36}{string.Concat(cells.Select(cell => $"{cell,-26}"))}".TrimEnd());

    private static string Text(Spread spread, string format) =>
        string.Format(CultureInfo.InvariantCulture, $"{{0:{format}}} ({{1:{format}}}–{{2:{format}}})",
            spread.Median, spread.Min, spread.Max);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

using System.Globalization;
using Fleet.Benchmarks.Accept;

namespace Fleet.Benchmarks;

/// <summary>The figures for people, and the line for machines.</summary>
internal static class Report
{
    private const double MinThroughput = 2.0, MaxTail = 1.0, MinOfCeiling = 0.6;

    public static void Print(AcceptResult result)
    {
        Contender[] all = [result.Fleet, result.Plain, result.Ceiling];
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

    public static void Cycle(int readers, Spread perSecond, Spread processor)
    {
        Row($"{readers} readers", []);
        Row("payments per second", [Text(perSecond, "F0")]);
        Row("server CPU per payment, µs", [Text(processor, "F0")]);
        Console.WriteLine(Invariant($"cycle: {perSecond.Median:F0} payments per second with {readers} readers"));
    }

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

using System.Diagnostics;
using System.Globalization;
using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Devices;
using Fleet.Benchmarks.Load;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Viewers;

/// <summary>
/// What people who watch the console cost a node that accepts payments: rounds with and without them in turns. All
/// payments are at stores that are watched.
/// </summary>
internal static class ConsoleRun
{
    private const int Stores = 20, OfStores = 5 * Stores, OfFirstPage = 10, Pages = 50;

    /// <summary>The goals: per cent of a core, p99 with viewers by that without, bytes, and milliseconds.</summary>
    private const double MostProcessor = 5, MostTail = 1.2, MostBytes = 50 * 1024, MostTime = 200;

    /// <summary>For how long the viewers have got everything before a round begins.</summary>
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(2);

    /// <returns>Whether the goals are met.</returns>
    public static async Task<bool> Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        var port = Ports.Free();
        await using var node = SideProcess.Fleet(
            await postgres.Create("console"), $"--operations-url=http://127.0.0.1:{port}");
        await node.Start(readers: 0);
        await node.OpenStores(settings.Readers / ReaderIds.PerStore);
        await node.Add(0, settings.Readers);
        using var till = new Till(node.Port);
        var payments = new Payments(till, Enumerable.Range(0, Stores * ReaderIds.PerStore).Select(ReaderIds.Of));
        var viewers = new List<Viewer>();
        for (var i = 0; i < OfStores + OfFirstPage; i++) viewers.Add(await Viewer.SignIn(port));

        await payments.Run(settings.Round); // warm-up, and once more with viewers
        await Watched(viewers, () => payments.Run(settings.Round));
        var (without, with, sent) = (new List<Round>(), new List<Round>(), new List<double>());
        for (var i = 0; i < settings.Rounds; i++)
        {
            if (i % 2 == 0) without.Add(await Measure(node, payments, settings.Round));
            with.Add(await Watched(viewers, MeasureBytes));
            if (i % 2 == 1) without.Add(await Measure(node, payments, settings.Round));
        }
        var (first, times) = (0, new List<double>());
        await Task.WhenAll(payments.Run(settings.Round), Open());
        foreach (var viewer in viewers) viewer.Dispose();
        return Report(without, with, Spread.Of(sent), first, times);

        async Task<Round> MeasureBytes()
        {
            var before = viewers.Sum(viewer => viewer.Bytes);
            var round = await Measure(node, payments, settings.Round);
            sent.Add((viewers.Sum(viewer => viewer.Bytes) - before) / settings.Round.TotalSeconds / 1024);
            return round;
        }

        async Task Open()
        {
            for (var i = 0; i < Pages; i++)
            {
                var start = Stopwatch.GetTimestamp();
                first = await viewers[0].Open("fleet");
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
    }

    /// <summary>Does something while all watch.</summary>
    private static async Task<T> Watched<T>(List<Viewer> viewers, Func<Task<T>> during)
    {
        using var over = new CancellationTokenSource();
        var watching = viewers.Select((viewer, i) => viewer.Watch(i < OfStores
            ? $"m/{BenchMerchant.Code}/stores/{ReaderIds.StoreOf(i % Stores * ReaderIds.PerStore)}/live"
            : "fleet/live", over.Token)).ToList();
        using (var timer = new PeriodicTimer(Settles)) await timer.WaitForNextTickAsync();
        var result = await during();
        await over.CancelAsync();
        await Task.WhenAll(watching);
        return result;
    }

    private static async Task<Round> Measure(SideProcess node, Payments payments, TimeSpan lasts)
    {
        await node.Settle();
        var before = node.ProcessorTime;
        var paid = await payments.Run(lasts);
        return new(paid, (node.ProcessorTime - before) / paid.Elapsed * 100);
    }

    private static bool Report(
        List<Round> without, List<Round> with, Spread sent, int first, List<double> times)
    {
        Print("", "without viewers", $"with {OfStores + OfFirstPage} viewers");
        foreach (var share in new[] { 0.5, 0.99 })
            Print($"accept p{share * 100:F0}, ms", Text(without, At(share), "F2"), Text(with, At(share), "F2"));
        Print("CPU of the node, % of a core", Text(without, Used, "F1"), Text(with, Used, "F1"));
        Print("sent to all viewers, KiB/s", "", Invariant($"{sent.Median:F0} ({sent.Min:F0}–{sent.Max:F0})"));
        var page = times.Order().ToList();
        var (middle, longest) = (page[page.Count / 2], page[page.Count * 99 / 100]);
        Print("first page", Invariant($"{first / 1024d:F1} KiB"), Invariant($"{middle:F0} ms, {longest:F0} ms (p99)"));

        var cost = Spread.Of(with.Zip(without, (one, other) => one.Processor - other.Processor));
        var tail = Spread.Of(with.Zip(without, (one, other) => At(0.99)(one) / At(0.99)(other))).Median;
        Console.WriteLine(
            Invariant($"console: {cost.Median:F1} % of a core ({cost.Min:F1}–{cost.Max:F1}, goal {MostProcessor:F0}), ")
            + Invariant($"accept p99 with / without viewers = {tail:F2} (goal {MostTail:F1}), first page ")
            + Invariant($"{first / 1024d:F1} KiB (goal 50) in {middle:F0} ms (goal {MostTime:F0}); ")
            + Invariant($"{Payments.ChangesPerSecond} board changes per second"));
        return cost.Median <= MostProcessor && tail <= MostTail && first <= MostBytes && middle <= MostTime;
    }

    private static double Used(Round round) => round.Processor;

    private static Func<Round, double> At(double share) => round => round.Accepts.Percentile(share);

    private static string Text(List<Round> rounds, Func<Round, double> figure, string format)
    {
        var spread = Spread.Of(rounds.Select(figure));
        return string.Join("", Number(spread.Median), " (", Number(spread.Min), "–", Number(spread.Max), ")");

        string Number(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static void Print(string name, string without, string with) =>
        Console.WriteLine($"{name,-36}{without,-26}{with}".TrimEnd());

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>One round.</summary>
    /// <param name="Accepts">What the tills saw.</param>
    /// <param name="Processor">Of the node, in per cent of a core.</param>
    private sealed record Round(Measured Accepts, double Processor);
}

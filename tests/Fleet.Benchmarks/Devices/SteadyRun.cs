using System.Diagnostics;
using System.Threading.Channels;
using Fleet.Benchmarks.Accept;
using Fleet.Benchmarks.Database;

namespace Fleet.Benchmarks.Devices;

/// <summary>
/// Whole payments on real connections: first those of one till alone, then for minutes at a part of the rate that the
/// node can do. Prints how long tills wait for their answer and devices for the checkout, and whether the node grows.
/// </summary>
internal static class SteadyRun
{
    private const int LonePayments = 300, MaximaTaken = 3;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Tick = TimeSpan.FromMilliseconds(1);

    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var shop = await Shop.Open(postgres);
        await shop.PowerOn(settings.Readers);
        await shop.Node.WarmUp(() => CycleRun.PayAll(shop, settings.Round));
        var maxima = new List<double>();
        for (var i = 0; i < MaximaTaken; i++)
            maxima.Add(await CycleRun.PayAll(shop, settings.Round) / settings.Round.TotalSeconds);
        await postgres.Checkpoint();
        await shop.Node.Settle();
        Report.Lone(await PayAlone(shop.Readers[0]));

        var rate = AcceptRun.OfferedShare * Spread.Of(maxima).Median;
        await PayAt(shop, rate, Minute); // the heap finds its size
        await shop.Node.LongestPause();
        var sizes = new List<long>();
        Report.SteadyHead(rate);
        for (var minute = 1; minute <= settings.Minutes; minute++)
        {
            var waits = await PayAt(shop, rate, Minute);
            sizes.Add(shop.Node.WorkingSet);
            Report.SteadyMinute(minute, waits, sizes[^1], await shop.Node.LongestPause());
        }
        Report.SteadyGrowth(sizes);
    }

    private static async Task<List<Waited>> PayAlone(Reader reader)
    {
        var waits = new List<Waited>(LonePayments);
        for (var i = 0; i < LonePayments; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            waits.Add(Waited.Since(begun, await reader.Pay()));
        }
        return waits;
    }

    /// <summary>
    /// Payments at fixed times, each on a free reader. A payment's wait counts from its time, also when it was begun
    /// later because no reader was free or this program was late.
    /// </summary>
    private static async Task<List<Waited>> PayAt(Shop shop, double rate, TimeSpan lasts)
    {
        var free = Channel.CreateUnbounded<Reader>();
        foreach (var reader in shop.Readers) free.Writer.TryWrite(reader);
        var (paying, begun) = (new List<Task<Waited>>(), Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(Tick);
        while (paying.Count < rate * lasts.TotalSeconds && await timer.WaitForNextTickAsync())
        {
            var due = Stopwatch.GetElapsedTime(begun).TotalSeconds * rate;
            while (paying.Count < due)
                paying.Add(Pay(begun + (long)(paying.Count / rate * Stopwatch.Frequency)));
        }
        return [.. await Task.WhenAll(paying)];

        async Task<Waited> Pay(long due)
        {
            var reader = await free.Reader.ReadAsync();
            var paid = await reader.Pay();
            free.Writer.TryWrite(reader);
            return Waited.Since(due, paid);
        }
    }
}

/// <summary>How long a payment took, in milliseconds.</summary>
/// <param name="Answer">Until the till had its answer.</param>
/// <param name="Prompt">Until the device had the checkout.</param>
internal readonly record struct Waited(double Answer, double Prompt)
{
    public static Waited Since(long begun, (long Answered, long Prompted) paid) => new(
        Stopwatch.GetElapsedTime(begun, paid.Answered).TotalMilliseconds,
        Stopwatch.GetElapsedTime(begun, paid.Prompted).TotalMilliseconds);
}

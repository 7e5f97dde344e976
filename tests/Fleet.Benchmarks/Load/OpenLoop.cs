using System.Diagnostics;

namespace Fleet.Benchmarks.Load;

/// <summary>
/// A given rate, whatever the side does: customers do not wait for each other. Each request has its time on a fixed
/// schedule and its latency counts from then, so one that had to wait for a free connection shows it.
/// </summary>
internal static class OpenLoop
{
    /// <param name="tills">The connections.</param>
    /// <param name="rate">Requests per second.</param>
    /// <param name="lasts">How long; shorter when there are not enough readers to ask each of them once.</param>
    public static Measured Run(Tills tills, double rate, TimeSpan lasts)
    {
        var total = Math.Min(tills.Readers, (int)(rate * lasts.TotalSeconds));
        var latencies = new List<TimeSpan>(total);
        var idle = new Stack<int>(Enumerable.Range(0, tills.Count));
        var due = new TimeSpan[tills.Count];
        var (next, start) = (0, Stopwatch.GetTimestamp());
        while (latencies.Count < total)
        {
            while (idle.Count > 0 && next < total && TimeOf(next) <= Stopwatch.GetElapsedTime(start))
            {
                due[idle.Peek()] = TimeOf(next);
                tills.Ask(idle.Pop(), next++);
            }
            foreach (var till in tills.Answered(idle.Count > 0 && next < total ? Until(next) : null))
            {
                latencies.Add(Stopwatch.GetElapsedTime(start) - due[till]);
                idle.Push(till);
            }
        }
        return new(Stopwatch.GetElapsedTime(start), latencies);

        TimeSpan TimeOf(int request) => TimeSpan.FromSeconds(request / rate);

        TimeSpan Until(int request)
        {
            var left = TimeOf(request) - Stopwatch.GetElapsedTime(start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}

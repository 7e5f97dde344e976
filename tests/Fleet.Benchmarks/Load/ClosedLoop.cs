using System.Diagnostics;

namespace Fleet.Benchmarks.Load;

/// <summary>Saturation: each till asks again as soon as it is answered.</summary>
internal static class ClosedLoop
{
    /// <summary>
    /// Runs for <paramref name="lasts"/>, or until each reader was asked once; then waits for what is under way.
    /// </summary>
    public static Measured Run(Tills tills, TimeSpan lasts)
    {
        var latencies = new List<TimeSpan>(tills.Readers);
        var asked = new long[tills.Count];
        var (next, busy, start) = (0, 0, Stopwatch.GetTimestamp());
        for (var till = 0; till < tills.Count && next < tills.Readers; till++, busy++) Ask(till);
        while (busy > 0)
        {
            foreach (var till in tills.Answered(null))
            {
                latencies.Add(Stopwatch.GetElapsedTime(asked[till]));
                if (next < tills.Readers && Stopwatch.GetElapsedTime(start) < lasts) Ask(till);
                else busy--;
            }
        }
        return new(Stopwatch.GetElapsedTime(start), latencies);

        void Ask(int till)
        {
            asked[till] = Stopwatch.GetTimestamp();
            tills.Ask(till, next++);
        }
    }
}

namespace Fleet.Benchmarks.Load;

/// <summary>What one round of load saw.</summary>
/// <param name="Elapsed">From the first request to the last answer.</param>
/// <param name="Latencies">One per request; every one of them was answered with 201.</param>
internal sealed record Measured(TimeSpan Elapsed, IReadOnlyList<TimeSpan> Latencies)
{
    public int Count => Latencies.Count;

    public double PerSecond => Count / Elapsed.TotalSeconds;

    /// <summary>The latency that this share of the requests stayed within, in milliseconds.</summary>
    public double Percentile(double share) =>
        Spread.Percentile([.. Latencies.Select(latency => latency.TotalMilliseconds)], share);
}

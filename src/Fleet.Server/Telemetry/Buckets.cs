using System.Diagnostics.Metrics;

namespace Fleet.Server.Telemetry;

/// <summary>Where the buckets of histograms end, in seconds where nothing else is said.</summary>
internal static class Buckets
{
    /// <summary>For what a till waits for: 1 ms to 10 s.</summary>
    public static readonly double[] Quick =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Until a device shows what it is told.</summary>
    public static readonly double[] Prompt = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

    /// <summary>Until a customer is done.</summary>
    public static readonly double[] Customer = [1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300];

    /// <summary>As long as a till may wait for a reader.</summary>
    public static readonly double[] Queue = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];

    /// <summary>As long as a receiver may take.</summary>
    public static readonly double[] Webhook = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>With all retries of the default schedule.</summary>
    public static readonly double[] Delivery = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

    /// <summary>Appends.</summary>
    public static readonly long[] Group = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    /// <summary>A histogram of times.</summary>
    public static Histogram<double> CreateSeconds(
        this Meter meter, string name, double[] buckets, string description) =>
        meter.CreateHistogram(name, "s", description,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}

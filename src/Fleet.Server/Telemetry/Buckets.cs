using System.Diagnostics.Metrics;

namespace Fleet.Server.Telemetry;

/// <summary>The upper bounds of histogram buckets, in seconds unless noted.</summary>
internal static class Buckets
{
    /// <summary>For the times that a till waits for: 1 ms to 10 s.</summary>
    public static readonly double[] Quick =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Until a device shows its checkout.</summary>
    public static readonly double[] Prompt = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

    /// <summary>Until a payment ends.</summary>
    public static readonly double[] Customer = [1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300];

    /// <summary>For the time that tills wait for a reader.</summary>
    public static readonly double[] Queue = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];

    /// <summary>For the time that a receiver takes.</summary>
    public static readonly double[] Webhook = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>For delivery with all retries of the default schedule.</summary>
    public static readonly double[] Delivery = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

    /// <summary>Until it is known what SumUp's cloud did.</summary>
    public static readonly double[] Settle = [1, 2.5, 5, 10, 30, 60, 120, 180, 300, 900, 3600, 14_400];

    /// <summary>For counts of appends.</summary>
    public static readonly long[] Group = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    /// <summary>A histogram of times.</summary>
    public static Histogram<double> CreateSeconds(
        this Meter meter, string name, double[] buckets, string description) =>
        meter.CreateHistogram(name, "s", description,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}

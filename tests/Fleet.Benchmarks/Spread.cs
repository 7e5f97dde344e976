namespace Fleet.Benchmarks;

/// <summary>What several rounds of the same measurement saw.</summary>
internal sealed record Spread(double Min, double Median, double Max)
{
    public static Spread Of(IEnumerable<double> rounds)
    {
        var sorted = rounds.Order().ToArray();
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(sorted[0], median, sorted[^1]);
    }

    /// <summary>The value that this share of all stayed within.</summary>
    public static double Percentile(IReadOnlyCollection<double> all, double share) =>
        all.Order().ElementAt((int)Math.Ceiling(share * all.Count) - 1);
}

using Orleans;

namespace Fleet.Core.Readers;

/// <summary>How often something happened on a day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Count">How often, at least 1.</param>
[GenerateSerializer, Immutable, Alias("fleet.day-count")]
public sealed record DayCount([property: Id(0)] DateOnly Day, [property: Id(1)] int Count)
{
    /// <summary>Days that are kept, chosen by us.</summary>
    public const int MaxDays = 14;

    /// <summary>The counts after one more; days on which nothing happened are left out.</summary>
    /// <param name="before">The counts, the last day last.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<DayCount> AddOne(IReadOnlyList<DayCount> before, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        return before is [.., var last] && last.Day == today
            ? [.. before.SkipLast(1), last with { Count = last.Count + 1 }]
            : [.. before.Append(new(today, 1)).TakeLast(MaxDays)];
    }
}

namespace Fleet.Core.Tests;

public sealed class DayCountSpecs
{
    [Fact]
    public void The_same_day_is_counted_up_and_days_are_kept()
    {
        IReadOnlyList<DayCount> counts = [];
        for (var hour = 0; hour < 24 * 20; hour += 8) counts = DayCount.AddOne(counts, Noon.AddHours(hour));

        Assert.Equal(DayCount.MaxDays, counts.Count);
        Assert.All(counts.SkipLast(1), one => Assert.Equal(3, one.Count));
        Assert.Equal(DateOnly.FromDateTime(Noon.AddHours((24 * 20) - 8).UtcDateTime), counts[^1].Day);
    }
}

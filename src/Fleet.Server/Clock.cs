namespace Fleet.Server;

internal static class Clock
{
    /// <summary>
    /// The time in whole microseconds: what both databases keep, so that a stored time reads back equal.
    /// </summary>
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}

namespace Fleet.Server;

internal static class Clock
{
    /// <summary>
    /// The time in whole microseconds, as both databases keep it, so that a saved time is equal when it is read back.
    /// </summary>
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}

/// <summary>
/// The time of this node, which never goes back while the node runs: a start time plus what the machine has counted
/// since. The clock watch may move it forward at once, and slow it down while it is ahead. Orleans uses it, too.
/// </summary>
internal sealed class NodeClock(TimeProvider machine) : TimeProvider
{
    private readonly long _counted = machine.GetTimestamp();
    private long _began = machine.GetUtcNow().UtcTicks;
    private long _told;

    /// <summary>The clock of the machine, which its operator may set to any time.</summary>
    public TimeProvider Machine => machine;

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    public override DateTimeOffset GetUtcNow()
    {
        var now = Volatile.Read(ref _began) + machine.GetElapsedTime(_counted).Ticks;
        var told = Volatile.Read(ref _told);
        while (told < now)
        {
            var other = Interlocked.CompareExchange(ref _told, now, told);
            if (other == told) return new(now, TimeSpan.Zero);
            told = other;
        }
        return new(told, TimeSpan.Zero); // it was slowed down, so it stands still for a moment
    }

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>
    /// Moves the time. A time that was already returned is never taken back: the clock stands still until it is reached
    /// again.
    /// </summary>
    public void MoveTime(TimeSpan by) => Interlocked.Add(ref _began, by.Ticks);
}

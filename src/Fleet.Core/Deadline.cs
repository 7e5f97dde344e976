namespace Fleet.Core;

/// <summary>
/// Deadlines of saved times. The node that saved a time may have had another clock than the node that reads it; a node
/// may also have been restarted after its clock was set back. If a saved time is further in the future than clocks may
/// differ, its age is unknown, and the deadline counts as over. It may end too early, but not hours too late.
/// </summary>
public static class Deadline
{
    /// <summary>How far a saved time may be in the future. Nodes of one database follow its clock.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>Whether a period that began then, and lasts so long, is over at <paramref name="now"/>.</summary>
    public static bool IsOver(DateTimeOffset began, TimeSpan lasts, DateTimeOffset now) =>
        now - began >= lasts || began - now > Tolerance;

    /// <summary>The time left in a period: at least zero, and never more than its length.</summary>
    public static TimeSpan TimeLeft(DateTimeOffset ends, TimeSpan lasts, DateTimeOffset now)
    {
        var left = ends - now;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > lasts ? lasts : left;
    }
}

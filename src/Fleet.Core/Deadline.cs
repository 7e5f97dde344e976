namespace Fleet.Core;

/// <summary>
/// Deadlines of stored times. Whoever stored a time may have had another clock than the one that reads it: a node may
/// have been restarted after its clock was set back. A time that lies further in the future than clocks may differ
/// says nothing about how long ago it was, so whatever began then is over: it may end early, and never lasts for hours.
/// </summary>
public static class Deadline
{
    /// <summary>How far a stored time may lie in the future. Nodes of one database follow its clock.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>Whether something that began then, and lasts so long, is over at <paramref name="now"/>.</summary>
    public static bool IsOver(DateTimeOffset began, TimeSpan lasts, DateTimeOffset now) =>
        now - began >= lasts || began - now > Tolerance;

    /// <summary>What is left of it: at least zero, and never more than it lasts.</summary>
    public static TimeSpan TimeLeft(DateTimeOffset ends, TimeSpan lasts, DateTimeOffset now)
    {
        var left = ends - now;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > lasts ? lasts : left;
    }
}

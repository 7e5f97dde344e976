using Fleet.Protocol;

namespace Fleet.Simulator.Linking;

/// <summary>How a connection ended.</summary>
/// <param name="Why">In words.</param>
/// <param name="CloseCode">The WebSocket close code; null when there was none.</param>
/// <param name="Settled">Whether it lasted long enough to call Fleet healthy.</param>
internal sealed record LinkEnd(string Why, int? CloseCode = null, bool Settled = false);

/// <summary>
/// When to connect again: exponential back-off with full jitter, so that a thousand devices that lost the same node do
/// not connect at the same moment.
/// </summary>
internal sealed class Redial(Random dice, TimeSpan longest)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.25);

    /// <summary>When a node reports that it stops, its devices spread their new connections over this time.</summary>
    public static readonly TimeSpan AfterGoingAway = TimeSpan.FromSeconds(2);

    /// <summary>When too many devices wait to be paired: the first limit, and the last one after doubling.</summary>
    public static readonly TimeSpan FirstLater = TimeSpan.FromSeconds(30), LongestLater = TimeSpan.FromMinutes(5);

    private TimeSpan _longest = First, _later = FirstLater;

    /// <summary>How long to wait after this end.</summary>
    public TimeSpan WaitAfter(LinkEnd end)
    {
        if (end.CloseCode == Link.TryLater) return WaitLater();
        if (end.Settled || end.CloseCode == Link.GoingAway) _longest = First;
        if (end.CloseCode == Link.GoingAway) return AfterGoingAway * dice.NextDouble();
        var wait = _longest * dice.NextDouble();
        _longest = TimeSpan.FromTicks(Math.Min(longest.Ticks, _longest.Ticks * 2));
        return wait;
    }

    private TimeSpan WaitLater()
    {
        var wait = _later * dice.NextDouble();
        _later = TimeSpan.FromTicks(Math.Min(LongestLater.Ticks, _later.Ticks * 2));
        return wait;
    }
}

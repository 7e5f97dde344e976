namespace Fleet.Core;

/// <summary>Times as both databases and the tokens of pages write them.</summary>
public static class Microseconds
{
    /// <summary>Microseconds since 1970, UTC.</summary>
    public static long FromTime(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time that many microseconds after 1970.</summary>
    public static DateTimeOffset ToTime(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}

namespace Fleet.Server.Cloud;

internal static class RetryAfter
{
    /// <summary>A longer time is a mistake; it is taken as this.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>The time that an answer asks to wait, in seconds or as a date; null when it asks for none.</summary>
    public static TimeSpan? ReadRetryAfter(this HttpResponseMessage answer, TimeProvider time)
    {
        TimeSpan? asked = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
        if (asked is not { } pause) return null;
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause < Longest ? pause : Longest;
    }
}

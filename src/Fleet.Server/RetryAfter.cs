namespace Fleet.Server;

internal static class RetryAfter
{
    /// <summary>
    /// The time that an answer asks to wait, in seconds or as a date; null when it asks for none. A date that is over
    /// gives a time below zero.
    /// </summary>
    public static TimeSpan? ReadRetryAfter(this HttpResponseMessage answer, TimeProvider time) =>
        answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
}

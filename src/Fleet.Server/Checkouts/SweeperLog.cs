namespace Fleet.Server.Checkouts;

internal static partial class SweeperLog
{
    [LoggerMessage(1200, LogLevel.Warning, "The sweep of overdue checkouts failed; it is tried again.")]
    public static partial void SweepFailed(this ILogger log, Exception exception);

    [LoggerMessage(1201, LogLevel.Warning, "The sweep of overdue checkouts failed; it is tried again: {Why}")]
    public static partial void SweepPutOff(this ILogger log, string why);
}

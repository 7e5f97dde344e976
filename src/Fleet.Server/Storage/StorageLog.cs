namespace Fleet.Server.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(1200, LogLevel.Warning, "The sweep of overdue checkouts failed; it is tried again.")]
    public static partial void SweepFailed(this ILogger log, Exception exception);

    [LoggerMessage(1201, LogLevel.Warning, "The sweep of overdue checkouts failed; it is tried again: {Why}")]
    public static partial void SweepPutOff(this ILogger log, string why);

    [LoggerMessage(1202, LogLevel.Critical, "{Problem}")]
    public static partial void Damaged(this ILogger log, string problem);
}

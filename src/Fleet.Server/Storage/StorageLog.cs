namespace Fleet.Server.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(1200, LogLevel.Warning, "The sweep of overdue checkouts failed; it is tried again.")]
    public static partial void SweepFailed(this ILogger log, Exception exception);
}

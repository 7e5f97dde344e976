namespace Fleet.Server.Cloud;

internal static partial class ReconcileLog
{
    [LoggerMessage(2700, LogLevel.Error, "The comparison of merchant {Merchant} on {Day} with SumUp failed: {Reason}")]
    public static partial void ComparisonFailed(this ILogger log, string merchant, string day, string reason);

    [LoggerMessage(2701, LogLevel.Warning,
        "The comparison of merchant {Merchant} on {Day} with SumUp is begun later: {Reason}")]
    public static partial void ComparisonPutOff(this ILogger log, string merchant, string day, string reason);
}

namespace Fleet.Server.Cloud;

internal static partial class RefundLog
{
    [LoggerMessage(2600, LogLevel.Warning, "The refund of checkout {Checkout} is looked at again later: {Reason}")]
    public static partial void RefundPutOff(this ILogger log, Guid checkout, string reason);

    [LoggerMessage(2601, LogLevel.Warning, "Merchant {Merchant} is reminded of its refunds later: {Reason}")]
    public static partial void ReminderPutOff(this ILogger log, string merchant, string reason);
}

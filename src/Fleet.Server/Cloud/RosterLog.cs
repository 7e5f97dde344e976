namespace Fleet.Server.Cloud;

internal static partial class RosterLog
{
    [LoggerMessage(1900, LogLevel.Warning,
        "Reader {Reader} of merchant {Merchant} has no pairing in SumUp's cloud any more.")]
    public static partial void ReaderLost(this ILogger log, string reader, string merchant);

    [LoggerMessage(1901, LogLevel.Information,
        "The device of reader {Reader} of merchant {Merchant} was paired anew in SumUp's cloud; the reader goes on.")]
    public static partial void ReaderRebound(this ILogger log, string reader, string merchant);

    [LoggerMessage(1902, LogLevel.Information,
        "The device of reader {Reader} of merchant {Merchant} has confirmed its pairing in SumUp's cloud.")]
    public static partial void ReaderConfirmed(this ILogger log, string reader, string merchant);

    [LoggerMessage(1903, LogLevel.Warning,
        "The readers of merchant {Merchant} are compared with those of SumUp's cloud again later: {Reason}")]
    public static partial void ComparisonPutOff(this ILogger log, string merchant, string reason);

    [LoggerMessage(1904, LogLevel.Debug, "The status of reader {Reader} did not reach it: {Reason}")]
    public static partial void StatusLost(this ILogger log, string reader, string reason);

    [LoggerMessage(1905, LogLevel.Warning, "The accounts at SumUp's cloud could not be woken: {Reason}")]
    public static partial void WakingFailed(this ILogger log, string reason);
}

namespace Fleet.Server.Cloud;

internal static partial class CloudLog
{
    [LoggerMessage(1600, LogLevel.Warning,
        "Most calls of merchant {Merchant} to SumUp's cloud failed; none is sent for {Seconds} s, then one to try.")]
    public static partial void AccountBlocked(this ILogger log, string merchant, double seconds);

    [LoggerMessage(1601, LogLevel.Information, "Calls of merchant {Merchant} to SumUp's cloud work again.")]
    public static partial void AccountWorks(this ILogger log, string merchant);

    [LoggerMessage(1602, LogLevel.Warning,
        "SumUp's cloud asks merchant {Merchant} for fewer calls: those that are not for a payment wait {Seconds} s.")]
    public static partial void AccountSlowed(this ILogger log, string merchant, double seconds);

    [LoggerMessage(1603, LogLevel.Warning, "Checkout {Checkout} is looked at again later: {Reason}")]
    public static partial void ErrandPutOff(this ILogger log, Guid checkout, string reason);

    [LoggerMessage(1610, LogLevel.Error,
        "SumUp's cloud has trouble: calls of {Suspect} of {Calling} merchants that made some in the last minute fail. "
        + "It is SumUp, or the way to it.")]
    public static partial void TroubleBegan(this ILogger log, int suspect, int calling);

    [LoggerMessage(1611, LogLevel.Information,
        "No call shows trouble of SumUp's cloud any more; it had trouble for {Seconds} s.")]
    public static partial void TroubleEnded(this ILogger log, double seconds);

    [LoggerMessage(1612, LogLevel.Warning,
        "What the calls to SumUp's cloud say could not be reported; it is reported again in a moment: {Reason}")]
    public static partial void TroubleUnreported(this ILogger log, string reason);

    [LoggerMessage(1620, LogLevel.Information, "Merchant {Merchant} is linked with SumUp, by key {Key}.")]
    public static partial void AccountLinked(this ILogger log, string merchant, string key);

    [LoggerMessage(1621, LogLevel.Information,
        "The link of merchant {Merchant} with SumUp that was made at run time is removed, by key {Key}.")]
    public static partial void AccountUnlinked(this ILogger log, string merchant, string key);

    [LoggerMessage(1622, LogLevel.Error,
        "The keys of merchant {Merchant} at SumUp cannot be opened, as Fleet:SealingKey or the key ring was changed: "
        + "link it again. Until then nothing is sent to SumUp for it.")]
    public static partial void KeyUnreadable(this ILogger log, string merchant);
}

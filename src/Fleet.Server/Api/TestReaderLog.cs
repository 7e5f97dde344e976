namespace Fleet.Server.Api;

internal static partial class TestReaderLog
{
    [LoggerMessage(2800, LogLevel.Error, "The test reader {Serial} cannot run: {Why}")]
    public static partial void TestReaderLost(this ILogger log, string serial, string why);

    [LoggerMessage(2801, LogLevel.Error, "The virtual reader {Serial} is off until its journal can be written: {Why}")]
    public static partial void ReaderIsOff(this ILogger log, string serial, string why);

    [LoggerMessage(2802, LogLevel.Warning, "The virtual reader {Serial} is on again: its journal can be written.")]
    public static partial void ReaderIsOnAgain(this ILogger log, string serial);

    [LoggerMessage(2803, LogLevel.Error, "The virtual readers of the sandbox do not run yet: {Why}")]
    public static partial void ReadersNotMade(this ILogger log, string why);
}

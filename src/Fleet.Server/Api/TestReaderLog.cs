namespace Fleet.Server.Api;

internal static partial class TestReaderLog
{
    [LoggerMessage(2800, LogLevel.Error, "The test reader {Serial} cannot run: {Why}")]
    public static partial void TestReaderLost(this ILogger log, string serial, string why);
}

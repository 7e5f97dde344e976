namespace Fleet.Server.Hosting;

internal static partial class SandboxLog
{
    [LoggerMessage(1300, LogLevel.Error, "The sandbox is not ready yet: {Why}")]
    public static partial void TourFailed(this ILogger log, string why);
}

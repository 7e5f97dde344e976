namespace Fleet.Server.Hosting;

internal static partial class SandboxLog
{
    [LoggerMessage(1300, LogLevel.Error, "The sandbox could not take its first payment.")]
    public static partial void TourFailed(this ILogger log, Exception exception);
}

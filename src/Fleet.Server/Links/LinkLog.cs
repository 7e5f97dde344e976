namespace Fleet.Server.Links;

internal static partial class LinkLog
{
    [LoggerMessage(1100, LogLevel.Warning,
        "A frame of connection {Connection} could not be handled; the device will send it again")]
    public static partial void FrameUnanswered(this ILogger log, long connection, Exception why);
}

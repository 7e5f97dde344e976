namespace Fleet.Server.Webhooks;

internal static partial class WebhookLog
{
    [LoggerMessage(1500, LogLevel.Debug, "Attempt {Attempt} of event {Event}: {State}, {Outcome}.")]
    public static partial void AttemptEnded(
        this ILogger log, Guid @event, int attempt, DeliveryState state, string outcome);

    [LoggerMessage(1501, LogLevel.Warning,
        "What became of attempt {Attempt} of event {Event} could not be written; it is made again.")]
    public static partial void SettleFailed(this ILogger log, Guid @event, int attempt, Exception exception);

    [LoggerMessage(1502, LogLevel.Warning,
        "The outbox could not be asked for what is due, and is asked again: {Reason}")]
    public static partial void ClaimFailed(this ILogger log, string reason);
}

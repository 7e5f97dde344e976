namespace Fleet.Server.Webhooks;

internal static partial class WebhookLog
{
    [LoggerMessage(1500, LogLevel.Debug, "Attempt {Attempt} of event {Event}: {State}, {Outcome}.")]
    public static partial void AttemptEnded(
        this ILogger log, Guid @event, int attempt, DeliveryState state, string outcome);

    [LoggerMessage(1501, LogLevel.Warning,
        "The result of attempt {Attempt} of event {Event} could not be saved; the attempt is repeated.")]
    public static partial void SettleFailed(this ILogger log, Guid @event, int attempt, Exception exception);

    [LoggerMessage(1502, LogLevel.Warning,
        "Due events could not be read from the outbox; they are read again: {Reason}")]
    public static partial void ClaimFailed(this ILogger log, string reason);
}

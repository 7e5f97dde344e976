using Fleet.Core;
using Fleet.Core.Incidents;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Incidents;

/// <summary>
/// Tells the operator of incidents: in the log, in the metrics, and by webhook where there is a receiver. Each begin
/// and each end is told by one node, once; the outbox delivers it at least once.
/// </summary>
internal sealed class IncidentTeller(
    IIncidents incidents, WebhookSender webhooks, FleetMeter meter, IOptions<FleetOptions> options, TimeProvider time,
    ILogger<IncidentTeller> log)
{
    /// <summary>Incidents that are told in one round.</summary>
    private const int MaxTold = 100;

    private readonly string? _receiver = options.Value.Incidents.WebhookUrl;

    private long _countedAt = time.GetTimestamp();

    /// <summary>
    /// Open incidents of the whole cluster by kind, as they were counted last; null before the first time. While the
    /// database does not answer they stay.
    /// </summary>
    public IReadOnlyDictionary<IncidentKind, int>? Open { get; private set; }

    /// <summary>The time since then, or since the start of the node.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _countedAt));

    /// <summary>Tells what is not told yet, and counts what is open.</summary>
    public async Task TellAll(CancellationToken cancel)
    {
        foreach (var untold in await incidents.ListUntold(MaxTold, cancel)) await Tell(untold);
        Open = await incidents.CountOpen(cancel);
        Volatile.Write(ref _countedAt, time.GetTimestamp());
    }

    private async Task Tell(UntoldIncident untold)
    {
        var told = _receiver is { } url ? IncidentEvent.Make(untold, url, time.Now()) : null;
        if (!await incidents.MarkTold(untold, told)) return;
        var incident = untold.Incident;
        if (untold.Resolved)
        {
            log.IncidentResolved(incident.Id, incident.Kind.ToWireName());
        }
        else
        {
            meter.CountIncident(incident.Kind.ToWireName());
            log.IncidentOpened(incident.Id, incident.Kind.ToWireName(), incident.Subject.Key);
        }
        if (told is not null) webhooks.Wake();
    }
}

internal static partial class IncidentLog
{
    [LoggerMessage(3000, LogLevel.Warning, "Incident {Incident} is open: {Kind} of {Subject}.")]
    public static partial void IncidentOpened(this ILogger log, Guid incident, string kind, string subject);

    [LoggerMessage(3001, LogLevel.Information, "Incident {Incident} is resolved: {Kind}.")]
    public static partial void IncidentResolved(this ILogger log, Guid incident, string kind);

    [LoggerMessage(3002, LogLevel.Warning, "Incidents are written or told later: {Reason}")]
    public static partial void IncidentsPutOff(this ILogger log, string reason);

    [LoggerMessage(3003, LogLevel.Warning, "Incidents that are missing or over are looked for later: {Reason}")]
    public static partial void IncidentSweepPutOff(this ILogger log, string reason);
}

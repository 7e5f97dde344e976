using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Incidents;

/// <summary>The body of a webhook about an incident.</summary>
internal sealed record IncidentBody(Guid Id, string EventType, DateTimeOffset Timestamp, IncidentPayload Payload);

/// <summary>The incident in a webhook. What does not apply is absent.</summary>
internal sealed record IncidentPayload(
    Guid IncidentId, string Kind, string MerchantCode, string? Store, string? ReaderId, string? Serial,
    Guid? CheckoutId, string? Host, string? Day, string Detail, DateTimeOffset OpenedAt, int Count, string? Resolution,
    string? ResolvedBy);

internal static class IncidentEvent
{
    /// <summary>
    /// The webhook that tells of a begin or an end. It belongs to no merchant: the operator's secret signs it. The id
    /// of a begin is that of the incident.
    /// </summary>
    public static WebhookEvent Make(UntoldIncident untold, string url, DateTimeOffset now)
    {
        var (incident, subject) = (untold.Incident, untold.Incident.Subject);
        var body = new IncidentBody(
            untold.Resolved ? Guid.CreateVersion7(now) : incident.Id,
            untold.Resolved ? "fleet.incident.resolved" : "fleet.incident.opened",
            (untold.Resolved ? incident.ResolvedAt : null) ?? incident.OpenedAt,
            new(incident.Id, incident.Kind.ToWireName(), subject.MerchantCode, subject.Store, subject.ReaderId,
                subject.Serial, subject.CheckoutId, subject.Host, subject.Day, incident.Detail, incident.OpenedAt,
                incident.Count, incident.Resolution, incident.ResolvedBy));
        var text = JsonSerializer.Serialize(body, IncidentJson.Default.IncidentBody);
        return new(body.Id, WebhookEvent.Operator, url, text, now);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Rfc3339Json)])]
[JsonSerializable(typeof(IncidentBody))]
internal sealed partial class IncidentJson : JsonSerializerContext;

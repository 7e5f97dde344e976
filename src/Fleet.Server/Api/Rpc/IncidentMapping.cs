using Fleet.Core;
using Fleet.Core.Incidents;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

internal static class IncidentMapping
{
    /// <summary>An incident as its message.</summary>
    public static Proto.Incident ToMessage(this Incident incident)
    {
        var subject = incident.Subject;
        var message = new Proto.Incident
        {
            IncidentId = incident.Id.ToString(),
            Kind = incident.Kind.ToWireName(),
            State = incident.IsOpen ? "open" : "resolved",
            Detail = incident.Detail,
            MerchantCode = subject.MerchantCode,
            Store = subject.Store ?? "",
            ReaderId = subject.ReaderId ?? "",
            Serial = subject.Serial ?? "",
            CheckoutId = subject.CheckoutId?.ToString() ?? "",
            Host = subject.Host ?? "",
            Day = subject.Day ?? "",
            OpenedAt = incident.OpenedAt.ToTimestamp(),
            LastSeenAt = incident.LastSeenAt.ToTimestamp(),
            Count = incident.Count,
            Owner = incident.Owner ?? "",
            Resolution = incident.Resolution ?? "",
            ResolvedAt = incident.ResolvedAt?.ToTimestamp(),
            ResolvedBy = incident.ResolvedBy ?? "",
        };
        message.Notes.AddRange(incident.Notes.Select(note => new Proto.IncidentNote
        {
            At = note.At.ToTimestamp(),
            By = note.By,
            Text = note.Text,
        }));
        return message;
    }
}

using System.Collections.Immutable;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Core.Readers;
using Fleet.Server.Incidents;
using Fleet.Server.Telemetry;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Checkouts;

/// <summary>Reports committed events to the rest of the system.</summary>
internal sealed class CommitNotifier(
    WebhookSender webhooks, ChangePublisher changes, IncidentQueue incidents, FleetMeter meter)
{
    /// <summary>Wakes those who tell others, counts the events, and publishes them to callers that wait.</summary>
    /// <param name="events">The events of one reader.</param>
    /// <param name="before">Its latest checkout before them.</param>
    /// <param name="after">The reader after them.</param>
    public void Notify(ImmutableArray<ReaderEvent> events, Checkout? before, Reader? after)
    {
        if (events.Any(WebhookEvent.FollowsFrom)) webhooks.Wake();
        if (events.Any(happened => Occurrence.FromEvent(happened) is not null)) incidents.Wake();
        if (after is not null && events.Any(happened => happened.Kind is EventKind.Refused))
            Note(Occurrence.FromTrouble(after));
        meter.CountEvents(events, before);
        changes.PublishEvents(events);
    }

    /// <summary>Notes a thing at which a person must look; null for none.</summary>
    public void Note(Occurrence? seen) => incidents.Note(seen);
}

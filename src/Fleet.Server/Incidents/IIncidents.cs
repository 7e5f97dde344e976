using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Incidents;

/// <summary>
/// The incidents of the whole cluster. Disputes are also written by the ledger, in the transaction of the event.
/// </summary>
internal interface IIncidents
{
    /// <summary>
    /// Opens an incident, or counts the open one up; nothing when the occurrence was noted before, or an incident that
    /// had its state is resolved.
    /// </summary>
    Task NoteOccurrence(Occurrence seen, DateTimeOffset now);

    /// <summary>One incident, or null.</summary>
    Task<Incident?> FindIncident(Guid id, CancellationToken cancel);

    /// <summary>A page, the newest first.</summary>
    Task<IReadOnlyList<Incident>> ListIncidents(IncidentPage page, CancellationToken cancel);

    /// <summary>
    /// Saves what a rule made of an incident; false when another change was saved meanwhile. The count and the time at
    /// which it was last seen stay as they are.
    /// </summary>
    Task<bool> SaveIncident(Incident next);

    /// <summary>Open incidents by kind, of the whole cluster.</summary>
    Task<IReadOnlyDictionary<IncidentKind, int>> CountOpen(CancellationToken cancel);

    /// <summary>
    /// Incidents of whose begin or end the operator is not told yet, the oldest first, at most
    /// <paramref name="limit"/>.
    /// </summary>
    Task<IReadOnlyList<UntoldIncident>> ListUntold(int limit, CancellationToken cancel);

    /// <summary>
    /// Marks what an operator must be told as told, and adds the webhook in the same transaction; false when another
    /// node did so.
    /// </summary>
    /// <param name="untold">What is told.</param>
    /// <param name="webhook">The webhook; null when there is no receiver.</param>
    Task<bool> MarkTold(UntoldIncident untold, WebhookEvent? webhook);

    /// <summary>
    /// Checkouts that were accepted before a time, have started, have no outcome, and have no incident of that; at most
    /// <paramref name="limit"/>.
    /// </summary>
    Task<IReadOnlyList<Checkout>> ListOverlong(DateTimeOffset acceptedBefore, int limit, CancellationToken cancel);

    /// <summary>
    /// Hosts to which the delivery of an event was given up between two times, by the newest
    /// <paramref name="limit"/> such events.
    /// </summary>
    Task<IReadOnlyList<Occurrence>> ListGivenUpHosts(
        DateTimeOffset from, DateTimeOffset to, int limit, CancellationToken cancel);

    /// <summary>
    /// Whether an event was delivered to the host of an incident after that was last seen, and before a time.
    /// </summary>
    Task<bool> WasDelivered(Incident incident, DateTimeOffset before, CancellationToken cancel);

    /// <summary>Whether SumUp took a payment of the reader of an incident since that was last seen.</summary>
    Task<bool> WasTaken(Incident incident, CancellationToken cancel);

    /// <summary>Deletes incidents that were resolved before a time, at most <paramref name="limit"/>.</summary>
    Task ForgetResolved(DateTimeOffset before, int limit, CancellationToken cancel);
}

/// <summary>The filters of a page of incidents. Null means no restriction.</summary>
/// <param name="Limit">Incidents at most.</param>
internal sealed record IncidentPage(int Limit)
{
    public string? MerchantCode { get; init; }
    public string? Store { get; init; }
    public string? Serial { get; init; }
    public IncidentKind? Kind { get; init; }
    public bool? IsOpen { get; init; }
    public string? Owner { get; init; }

    /// <summary>Only those that were opened then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only those before this one in the list.</summary>
    public Guid? Before { get; init; }
}

/// <summary>What an operator must be told: that an incident was opened, or that it was resolved.</summary>
internal readonly record struct UntoldIncident(Incident Incident, bool Resolved);

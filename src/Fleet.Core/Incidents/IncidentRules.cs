using Fleet.Core.Checkouts;

namespace Fleet.Core.Incidents;

/// <summary>The rules for what people do with incidents, and when Fleet ends one by itself.</summary>
public static class IncidentRules
{
    /// <summary>Longest owner, and longest note or resolution, in UTF-16 units, chosen by us.</summary>
    public const int MaxOwner = 100, MaxText = 1_000;

    /// <summary>Notes of one incident, chosen by us.</summary>
    public const int MaxNotes = 100;

    /// <summary>The name by which Fleet itself resolves an incident, and the resolution that it gives.</summary>
    public const string Fleet = "fleet", Ended = "ended";

    /// <summary>
    /// How long the outcome of a payment, or of a refund, is unknown before a person must look at it, chosen by us: a
    /// customer has paid or left by then, and the cloud has answered most doubts.
    /// </summary>
    public static readonly TimeSpan UnknownAfter = TimeSpan.FromMinutes(10);

    /// <summary>How long a reader must be steady before its incident is over, chosen by us.</summary>
    public static readonly TimeSpan SteadyFor = TimeSpan.FromMinutes(30);

    /// <summary>The refusal of one note too many.</summary>
    public static readonly FieldError TooManyNotes = new("text", $"is one note too many: there are {MaxNotes}");

    /// <summary>Opens an incident.</summary>
    /// <param name="seen">What was seen.</param>
    /// <param name="now">The time.</param>
    public static Incident Open(Occurrence seen, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Kind = seen.Kind,
        Subject = seen.Subject,
        Detail = seen.Detail,
        OpenedAt = now,
        LastSeenAt = seen.At,
    };

    /// <summary>Gives the incident to a person, or takes it from one.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="owner">Who takes care of it; null for none.</param>
    /// <returns>The incident afterwards, or why not. The same incident when nothing changes.</returns>
    public static (Incident Next, Refusal? Refusal) Assign(Incident incident, string? owner) => incident switch
    {
        { IsOpen: false } => (incident, Refusal.IncidentResolved),
        _ when incident.Owner == owner => (incident, null),
        _ => (incident with { Owner = owner, Version = incident.Version + 1 }, null),
    };

    /// <summary>Adds a note, also to an incident that is resolved.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="note">The note.</param>
    public static (Incident Next, Refusal? Refusal) AddNote(Incident incident, IncidentNote note) =>
        incident.Notes.Count >= MaxNotes
            ? (incident, Refusal.InvalidFields([TooManyNotes]))
            : (incident with { Notes = [.. incident.Notes, note], Version = incident.Version + 1 }, null);

    /// <summary>Resolves the incident. A repeat of the same request changes nothing.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="resolution">How it was resolved.</param>
    /// <param name="by">Who resolved it.</param>
    /// <param name="now">The time.</param>
    public static (Incident Next, Refusal? Refusal) Resolve(
        Incident incident, string resolution, string by, DateTimeOffset now) => incident switch
        {
            { IsOpen: false } when (incident.Resolution, incident.ResolvedBy) == (resolution, by) => (incident, null),
            { IsOpen: false } => (incident, Refusal.IncidentResolved),
            _ => (incident with
            {
                Resolution = resolution,
                ResolvedBy = by,
                ResolvedAt = now,
                Version = incident.Version + 1,
            }, null),
        };

    /// <summary>Whether the thing is over, as its checkout shows it. A dispute is never over by itself.</summary>
    /// <param name="kind">Of what kind the incident is.</param>
    /// <param name="checkout">Its checkout, as the ledger has it; null when there is none.</param>
    public static bool IsOver(IncidentKind kind, Checkout? checkout) => (kind, checkout) switch
    {
        (IncidentKind.UnknownOutcome, { IsOpen: false }) => true,
        (IncidentKind.RefundUnknown, { PendingRefund: null }) => true,
        _ => false,
    };
}

namespace Fleet.Core.Incidents;

/// <summary>What kind of thing a person must look at. Its word is kept in the database.</summary>
public enum IncidentKind
{
    /// <summary>A device or SumUp's cloud claims something that contradicts the outcome on record.</summary>
    DisputedResult,

    /// <summary>A payment has started, and its outcome has been unknown for long.</summary>
    UnknownOutcome,

    /// <summary>It has been unknown for long whether SumUp's cloud made a refund.</summary>
    RefundUnknown,

    /// <summary>SumUp refuses a reader as busy again and again, and Fleet has no payment on it.</summary>
    ReaderStuck,

    /// <summary>A reader comes and goes too often.</summary>
    ReaderFlapping,

    /// <summary>The delivery of an event to a host was given up.</summary>
    WebhookHostGivenUp,

    /// <summary>A day of a merchant differs from SumUp's history.</summary>
    ReconcileDifference,
}

/// <summary>What an incident is about. A part that does not apply is null.</summary>
public sealed record IncidentSubject
{
    public required string MerchantCode { get; init; }
    public string? Store { get; init; }
    public string? ReaderId { get; init; }

    /// <summary>The serial number of the device.</summary>
    public string? Serial { get; init; }

    public Guid? CheckoutId { get; init; }

    /// <summary>The host of a receiver, with its port where it has one.</summary>
    public string? Host { get; init; }

    /// <summary>A day, for example <c>2026-11-28</c>.</summary>
    public string? Day { get; init; }

    /// <summary>
    /// What an incident is about, in one text. Of one kind at most one incident with the same text is open.
    /// </summary>
    public string Key => this switch
    {
        { Host: { } host } => $"{MerchantCode}/host/{host}",
        { Day: { } day } => $"{MerchantCode}/day/{day}",
        { CheckoutId: { } checkout } => $"{MerchantCode}/checkout/{checkout}",
        _ => $"{MerchantCode}/reader/{ReaderId}",
    };

    /// <summary>Whether a key reaches it. What belongs to no store is for keys of the whole merchant.</summary>
    public bool IsWithin(string? merchantCode, string? store) =>
        (merchantCode is null || merchantCode == MerchantCode) && (store is null || store == Store);
}

/// <summary>A note of a person about an incident.</summary>
/// <param name="At">When it was written.</param>
/// <param name="By">The name of the key that wrote it.</param>
/// <param name="Text">1 to <see cref="IncidentRules.MaxText"/> characters.</param>
public sealed record IncidentNote(DateTimeOffset At, string By, string Text);

/// <summary>A thing that a person must look at.</summary>
public sealed record Incident
{
    /// <summary>It begins with the time at which the incident was opened.</summary>
    public required Guid Id { get; init; }

    public required IncidentKind Kind { get; init; }
    public required IncidentSubject Subject { get; init; }

    /// <summary>What happened last, in a sentence.</summary>
    public required string Detail { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>How often it was seen, at least 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Who takes care of it; null for none.</summary>
    public string? Owner { get; init; }

    /// <summary>In order, at most <see cref="IncidentRules.MaxNotes"/>.</summary>
    public IReadOnlyList<IncidentNote> Notes { get; init; } = [];

    /// <summary>How it was resolved; null while it is open.</summary>
    public string? Resolution { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The name of the key that resolved it, or <see cref="IncidentRules.Fleet"/>.</summary>
    public string? ResolvedBy { get; init; }

    /// <summary>Raised by each change of a person, so that none is lost. Being seen again does not raise it.</summary>
    public int Version { get; init; } = 1;

    public bool IsOpen => ResolvedAt is null;
}

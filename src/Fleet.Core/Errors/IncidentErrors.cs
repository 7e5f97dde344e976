namespace Fleet.Core.Errors;

/// <summary>Why an incident is not changed.</summary>
public static class IncidentErrors
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("INCIDENT_RESOLVED", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.IncidentResolved,
            Sentence = "The incident is resolved already.",
            Till = "Do nothing: it is resolved.",
            Operator = "'fleet incidents show INCIDENT' says who resolved it, and how.",
            Developer = "Read the incident; a note can still be added to it.",
        },
    ];
}

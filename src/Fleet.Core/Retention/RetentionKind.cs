namespace Fleet.Core.Retention;

/// <summary>What is exported and removed when it is old. The words are in names of files.</summary>
public enum RetentionKind
{
    /// <summary>Payments with an outcome, and what happened to them.</summary>
    Checkouts,

    /// <summary>Webhook events that were delivered.</summary>
    DeliveredEvents,

    /// <summary>Webhook events that could not be delivered.</summary>
    DeadEvents,

    /// <summary>What was said to SumUp's cloud and what it answered.</summary>
    Exchanges,

    /// <summary>Rows of the audit.</summary>
    Audit,

    /// <summary>Incidents that were resolved.</summary>
    Incidents,
}

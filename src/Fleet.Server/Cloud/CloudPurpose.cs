namespace Fleet.Server.Cloud;

/// <summary>What a call is for. It decides how long the call may take, and which calls go before it.</summary>
internal enum CloudPurpose
{
    /// <summary>Start of a payment.</summary>
    Create,

    /// <summary>A quick read before the start of a payment, while it is not clear whether the cloud works.</summary>
    Probe,

    /// <summary>End of a payment that the shopper has not started.</summary>
    Terminate,

    /// <summary>A refund, or a change of the readers: a person waits for it.</summary>
    Change,

    /// <summary>A read that may decide what became of an open payment.</summary>
    Read,

    /// <summary>A read of a payment that seems to have ended, or of what ended lately.</summary>
    ReadResult,

    /// <summary>A read of an open payment that may find a quick result; it does not harm when it is not made.</summary>
    EarlyRead,

    /// <summary>A read of readers or of the merchant.</summary>
    Status,

    /// <summary>A read of the history, which can wait.</summary>
    Sweep,
}

/// <summary>Which calls of an account go first; the lowest number does.</summary>
internal enum CloudPriority
{
    Payment,
    Result,
    OpenPayment,
    EarlyRead,
    Status,
    Sweep,
}

/// <summary>The limits of a purpose.</summary>
/// <param name="Priority">Which calls go before it.</param>
/// <param name="Total">The time for all of it: waiting for its turn, all attempts, and the pauses between.</param>
/// <param name="Attempt">The time for one attempt.</param>
/// <param name="Retries">
/// Attempts after the first; only for what changes nothing. A create that is sent twice may charge twice.
/// </param>
internal sealed record CloudLimits(CloudPriority Priority, TimeSpan Total, TimeSpan Attempt, int Retries)
{
    private static readonly CloudLimits
        Create = Of(CloudPriority.Payment, 8, 8, 0),
        Probe = Of(CloudPriority.Payment, 1, 1, 0),
        Terminate = Of(CloudPriority.Payment, 8, 8, 0),
        Change = Of(CloudPriority.OpenPayment, 20, 20, 0),
        Read = Of(CloudPriority.OpenPayment, 15, 5, 1),
        ReadResult = Of(CloudPriority.Result, 8, 5, 1),
        EarlyRead = Of(CloudPriority.EarlyRead, 5, 5, 0),
        Status = Of(CloudPriority.Status, 6, 3, 1),
        Sweep = Of(CloudPriority.Sweep, 60, 15, 2);

    public static CloudLimits For(CloudPurpose purpose) => purpose switch
    {
        CloudPurpose.Create => Create,
        CloudPurpose.Probe => Probe,
        CloudPurpose.Terminate => Terminate,
        CloudPurpose.Change => Change,
        CloudPurpose.Read => Read,
        CloudPurpose.ReadResult => ReadResult,
        CloudPurpose.EarlyRead => EarlyRead,
        CloudPurpose.Status => Status,
        _ => Sweep,
    };

    private static CloudLimits Of(CloudPriority priority, int total, int attempt, int retries) =>
        new(priority, TimeSpan.FromSeconds(total), TimeSpan.FromSeconds(attempt), retries);
}

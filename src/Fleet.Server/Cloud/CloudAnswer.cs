namespace Fleet.Server.Cloud;

/// <summary>Why a call has no answer. The members are also the verdicts of the exchange log.</summary>
internal enum CloudFailure
{
    /// <summary>There is an answer, whatever its status.</summary>
    None,

    /// <summary>Fleet did not send it: no budget in time, or the account is blocked. Certain.</summary>
    Withheld,

    /// <summary>There was no connection, so that no byte of the request was sent. Certain.</summary>
    NotSent,

    /// <summary>The time was over; it may have been received.</summary>
    TimedOut,

    /// <summary>The connection broke; it may have been received.</summary>
    Reset,

    /// <summary>It was received, but the answer cannot be used.</summary>
    Unreadable,
}

/// <summary>What came back for one call. The methods of the client return it and do not throw.</summary>
/// <param name="Failure">Why there is no answer.</param>
/// <param name="Status">The status code, also of an answer that is unreadable; 0 when there is none.</param>
/// <param name="Body">The body of a success.</param>
/// <param name="Error">The body of a refusal.</param>
/// <param name="RetryAfter">The time that the cloud asks to wait.</param>
/// <param name="Problem">Why there is no answer, in words.</param>
internal sealed record CloudAnswer<T>(
    CloudFailure Failure, int Status, T? Body, CloudError? Error, TimeSpan? RetryAfter, string? Problem)
    where T : class
{
    public bool IsSuccess => Failure is CloudFailure.None && Status is >= 200 and < 300;

    /// <summary>The cloud says that there is no such thing, now.</summary>
    public bool IsNotFound => Failure is CloudFailure.None && Status is 404;

    /// <summary>It is certain that the cloud did not receive the request.</summary>
    public bool IsCertainlyUnsent => Failure is CloudFailure.Withheld or CloudFailure.NotSent;

    public static CloudAnswer<T> Failed(CloudFailure failure, string problem, int status = 0) =>
        new(failure, status, null, null, null, problem);
}

using System.Net.Sockets;
using Grpc.Core;

namespace Fleet.Client;

/// <summary>What the statuses of gRPC mean for a call to Fleet.</summary>
internal static class FailureRules
{
    /// <summary>The reason of a start that SumUp did not answer: it is an answer, and not repeated by itself.</summary>
    public const string OutcomeUnknown = "OUTCOME_UNKNOWN";

    /// <summary>Whether the same call may succeed later.</summary>
    public static bool IsTransient(StatusCode status) =>
        status is StatusCode.ResourceExhausted || LosesAnswers(status) && status is not StatusCode.Unknown;

    /// <summary>Whether a call that changes something and failed like this may have been carried out.</summary>
    public static bool MayBeDone(RpcException told) => LosesAnswers(told.StatusCode) && !IsUnsent(told);

    /// <summary>The public word for a status that has none in its details.</summary>
    public static string ReasonOf(StatusCode status) => status switch
    {
        StatusCode.InvalidArgument => "BAD_REQUEST",
        StatusCode.NotFound => "NOT_FOUND",
        StatusCode.Unauthenticated => "INVALID_ACCESS_TOKEN",
        StatusCode.PermissionDenied => "FORBIDDEN",
        StatusCode.ResourceExhausted => "TOO_MANY_REQUESTS",
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.Cancelled => "CANCELLED",
        StatusCode.Unavailable => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    };

    /// <summary>Fleet's sentence, or what is known when it did not answer.</summary>
    public static string SentenceOf(RpcException told) => told switch
    {
        { Status.DebugException: HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } } =>
            "Fleet did not answer: its host is not known.",
        { Status.DebugException: { } broken } => $"Fleet did not answer: {broken.GetBaseException().Message}",
        { StatusCode: StatusCode.DeadlineExceeded, Status.Detail: "" } => "Fleet did not answer in time.",
        { Status.Detail: "" } => $"The call failed: {told.StatusCode}.",
        _ => told.Status.Detail,
    };

    /// <summary>Statuses that say nothing about what was done: all but those that refuse.</summary>
    private static bool LosesAnswers(StatusCode status) => status is StatusCode.Unavailable
        or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Unknown or StatusCode.Internal
        or StatusCode.Aborted or StatusCode.DataLoss;

    /// <summary>Whether there was never a connection on which the call could have been sent.</summary>
    /// <remarks>
    /// A failure of the socket itself is one of connecting; when a connection breaks, it is inside a failure of HTTP.
    /// </remarks>
    private static bool IsUnsent(RpcException told) => told.Status.DebugException is SocketException
        or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
    };
}

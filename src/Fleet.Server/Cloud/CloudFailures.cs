using Fleet.Core.Cloud;
using Polly.Timeout;

namespace Fleet.Server.Cloud;

/// <summary>There was no connection in time, so that nothing was sent.</summary>
internal sealed class CloudUnreachableException(string reason, Exception inner) : Exception(reason, inner);

/// <summary>The answer is larger than what Fleet reads.</summary>
internal sealed class CloudAnswerTooLargeException() : Exception("The answer of SumUp's cloud is too large.");

/// <summary>What an exception says about a call.</summary>
internal static class CloudFailures
{
    /// <summary>
    /// Whether it is certain that nothing was sent. These errors are raised before a connection exists, and by nothing
    /// else in HTTP/1.1; each other failure may have come after the cloud received the request.
    /// </summary>
    private static bool IsOfConnecting(HttpRequestException failure) => failure.HttpRequestError
        is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
        or HttpRequestError.SecureConnectionError;

    public static CloudFailure Sort(Exception failure, bool isBegun) => failure switch
    {
        _ when !isBegun => CloudFailure.Withheld,
        CloudUnreachableException => CloudFailure.NotSent,
        HttpRequestException request when IsOfConnecting(request) => CloudFailure.NotSent,
        // a later attempt was withheld: an earlier one was sent, and its end is not known here
        CloudWithheldException => CloudFailure.Reset,
        CloudAnswerTooLargeException => CloudFailure.Unreadable,
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.InvalidResponse
            or HttpRequestError.ConfigurationLimitExceeded
        } => CloudFailure.Unreadable,
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => CloudFailure.Unreadable,
        TimeoutException or TimeoutRejectedException or OperationCanceledException => CloudFailure.TimedOut,
        _ => CloudFailure.Reset,
    };

    /// <summary>The failure in the words of the rules; null for an answer, and for a call that was withheld.</summary>
    public static TransportFailure? ToTransportFailure(this CloudFailure failure) => failure switch
    {
        CloudFailure.NotSent => TransportFailure.NeverSent,
        CloudFailure.TimedOut => TransportFailure.TimedOut,
        CloudFailure.Reset or CloudFailure.Unreadable => TransportFailure.Broken,
        _ => null,
    };

    /// <summary>The failure in words that hold nothing of the request.</summary>
    public static string Describe(Exception failure, bool isBegun) => failure switch
    {
        CloudWithheldException => failure.Message,
        TimeoutRejectedException or OperationCanceledException when !isBegun => "the call had no turn in time",
        CloudUnreachableException => "no connection in time",
        CloudAnswerTooLargeException => "the answer is too large",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            "the name of the cloud cannot be looked up",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "the cloud takes no connection",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            "the cloud's certificate or TLS is not accepted",
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.InvalidResponse
            or HttpRequestError.ConfigurationLimitExceeded
        } => "the answer is not valid HTTP",
        TimeoutException or TimeoutRejectedException or OperationCanceledException => "no answer in time",
        HttpRequestException or IOException => "the connection broke before the answer was complete",
        _ => failure.GetType().Name,
    };
}

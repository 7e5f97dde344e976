using Fleet.Core.Errors;
using Fleet.Server.Api;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Server.Console;

/// <summary>A page or an action that is refused: the status, and what the person reads.</summary>
public sealed class PageRefusal(int status, string sentence, IReadOnlyList<(string Name, string Message)> fields)
    : Exception(sentence)
{
    /// <summary>
    /// What a person reads where programs are told to repeat the request with its key: a browser sends none.
    /// </summary>
    private const string Unavailable = "It is not known whether this was done. Wait a moment, go back and load the "
        + "page again, and look at what it shows before you do it once more.";

    internal PageRefusal(Problem problem) : this(problem.Status, ForPeople(problem.Detail)) { }

    public PageRefusal(int status, string sentence) : this(status, sentence, []) { }

    public int Status => status;

    /// <summary>What is wrong with which field.</summary>
    public IReadOnlyList<(string Name, string Message)> Fields => fields;

    /// <summary>The refusal for an error of a method.</summary>
    internal static PageRefusal FromError(RpcException error)
    {
        var details = error.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations ?? [];
        return new(StatusOf(error.StatusCode), ForPeople(error.Status.Detail),
            [.. details.Select(one => (one.Field, one.Description))]);
    }

    /// <summary>The refusal for what no method expects: it says nothing about Fleet's inside.</summary>
    internal static PageRefusal FromFailure(Exception failure) => TransientFailure.Is(failure)
        ? new(StatusCodes.Status503ServiceUnavailable, Unavailable)
        : new(StatusCodes.Status500InternalServerError, FaultErrors.InternalError.Sentence);

    private static string ForPeople(string sentence) =>
        sentence == FaultErrors.Unavailable.Sentence ? Unavailable : sentence;

    private static int StatusOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded => StatusCodes.Status503ServiceUnavailable,
        StatusCode.Internal or StatusCode.Unknown => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status409Conflict,
    };
}

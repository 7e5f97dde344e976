using System.Net.Sockets;
using System.Security.Authentication;
using Fleet.Core;
using Fleet.Core.Errors;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>The exit codes of the command line.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Fleet refused, or some items failed.</summary>
    public const int Refused = 1;

    public const int WrongUsage = 2;

    /// <summary>Fleet could not be reached, or did not take the key.</summary>
    public const int NoAccess = 3;

    /// <summary>It was done, but the result is not complete, so that it proves nothing.</summary>
    public const int NotComplete = 4;

    /// <summary>Ctrl-C before the work was done, as shells count it: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;
}

/// <summary>
/// Why the command line does not do what it was asked to do: a sentence for a person, and an exit code.
/// </summary>
internal sealed class Failure(int exitCode, string reason, string message, string next = "")
    : Exception(message)
{
    public int ExitCode => exitCode;

    /// <summary>A word for programs, for example <c>READER_BUSY</c>.</summary>
    public string Reason => reason;

    /// <summary>What to do about it; may be empty.</summary>
    public string Next => next;

    /// <summary>What is wrong with which field.</summary>
    public IReadOnlyList<(string Name, string Message)> Fields { get; init; } = [];

    /// <summary>Arguments that fit no rule.</summary>
    public static Failure WrongUsage(string message, string next = "") =>
        new(Cli.ExitCode.WrongUsage, "USAGE", message, next);

    /// <summary>The failure for the status that a call of gRPC ended with.</summary>
    public static Failure FromRpc(RpcException told, Settings settings)
    {
        var status = told.GetRpcStatus();
        var info = status?.GetDetail<ErrorInfo>();
        var fields = status?.GetDetail<BadRequest>()?.FieldViolations.Select(one => (one.Field, one.Description));
        if (((Exception?)FindInner<HttpRequestException>(told) ?? FindInner<SocketException>(told)) is { } broken)
            return ForUnreachable(broken, settings);
        var detail = told.Status.Detail.Replace(Reach.MerchantHeader, "--merchant", StringComparison.Ordinal);
        return told.StatusCode switch
        {
            StatusCode.Unauthenticated => new(Cli.ExitCode.NoAccess, "UNAUTHENTICATED",
                $"Fleet does not take the key of {settings.KeySource}.",
                AccessErrors.Unauthorized.Operator),
            StatusCode.PermissionDenied => new(Cli.ExitCode.NoAccess, "PERMISSION_DENIED", detail,
                AccessErrors.Forbidden.Operator),
            StatusCode.DeadlineExceeded => new(Cli.ExitCode.NoAccess, FaultErrors.DeadlineExceeded.Code,
                $"Fleet did not answer within {settings.Timeout.TotalSeconds:0.###} s.",
                FaultErrors.DeadlineExceeded.Operator),
            StatusCode.Unavailable => new(Cli.ExitCode.NoAccess, "UNAVAILABLE", detail,
                FaultErrors.Unavailable.Operator),
            StatusCode.Unimplemented => new(Cli.ExitCode.Refused, FaultErrors.Unimplemented.Code,
                $"The node at {settings.Url} does not know this call.", FaultErrors.Unimplemented.Operator),
            _ => new(Cli.ExitCode.Refused, info?.Reason ?? WordOf(told.StatusCode), detail, NextOf(info))
            {
                Fields = [.. fields ?? []],
            },
        };
    }

    /// <summary>The failure when REST gave no answer.</summary>
    public static Failure FromHttp(Exception broken, Settings settings) => broken is OperationCanceledException
        ? FromRpc(new(new(StatusCode.DeadlineExceeded, "")), settings)
        : ForUnreachable(broken, settings);

    /// <summary>What to do about a refusal; empty for a code that this version does not know.</summary>
    public static string NextOf(string reason, string checkoutId = "")
    {
        var advice = ErrorCatalogue.Find(reason)?.Operator ?? "";
        return checkoutId.Length == 0
            ? advice
            : advice.Replace(ErrorCatalogue.Checkout, checkoutId, StringComparison.Ordinal);
    }

    private static string NextOf(ErrorInfo? info) => info is null
        ? ""
        : NextOf(info.Reason, info.Metadata.TryGetValue("checkout_id", out var id) ? id : "");

    private static Failure ForUnreachable(Exception broken, Settings settings)
    {
        if (FindInner<AuthenticationException>(broken) is { } tls)
            return new(Cli.ExitCode.NoAccess, "TLS", $"No TLS with {settings.Url}: {Terminal.ToPlainText(tls.Message)}",
                "Is it an https address, and is the certificate of the node trusted here? --ca names the authority of "
                + "the node's certificate, --cert and --cert-key your own certificate.");
        var socket = FindInner<SocketException>(broken);
        var why = socket is { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }
            ? $"the host {settings.Url.Host} is not known"
            : socket?.Message
            ?? (broken as HttpRequestException)?.HttpRequestError switch
            {
                HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse
                    or HttpRequestError.ResponseEnded =>
                    "the server there does not speak gRPC",
                HttpRequestError.VersionNegotiationError => "the server there does not speak HTTP/2",
                _ => broken.Message.TrimEnd('.'),
            };
        return new(Cli.ExitCode.NoAccess, "UNREACHABLE", $"Fleet cannot be reached at {settings.Url}: {why}.",
            "Name the address of gRPC with --url or FLEET_URL; tills have another one. 'fleet doctor' looks closer.");
    }

    private static string WordOf(StatusCode code) =>
        string.Concat($"{code}".Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static T? FindInner<T>(Exception? e) where T : Exception => e switch
    {
        null => null,
        T found => found,
        RpcException rpc => FindInner<T>(rpc.Status.DebugException),
        _ => FindInner<T>(e.InnerException),
    };
}

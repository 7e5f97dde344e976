using System.Globalization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;
using Status = Google.Rpc.Status;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// What gRPC callers are told when the answer is no: a code they can act on, the refusal's own as the reason, and the
/// fields or the checkout it is about.
/// </summary>
internal static class RpcErrors
{
    private const string Domain = "fleet", ContentType = "application/grpc";

    /// <summary>A refusal of one item among many.</summary>
    public static Proto.Refusal Message(Refusal refusal)
    {
        var message = new Proto.Refusal { Reason = ReasonOf(refusal), Message = Problem.Of(refusal).Detail };
        message.Fields.AddRange((refusal.Fields ?? []).Select(field =>
            new Proto.Refusal.Types.Field { Name = field.Field, Message = field.Message }));
        if (refusal.Counts is { } counts) (message.Busy, message.Offline) = (counts.Busy, counts.Offline);
        if (refusal.Holder is not { } holder) return message;
        message.CheckoutId = holder.CheckoutId.ToString();
        message.BusyUntil = holder.Until?.ToTimestamp();
        return message;
    }

    /// <summary>What is told of one item among many when nobody knows what became of it.</summary>
    public static Proto.Refusal Unknown(string why) =>
        new() { Reason = "UNKNOWN", Message = $"The reader {why}: look at it before you try again." };

    /// <summary>The exception that tells a refusal.</summary>
    public static RpcException Exception(Refusal refusal)
    {
        var status = new Status { Code = (int)CodeOf(refusal.Code), Message = Problem.Of(refusal).Detail };
        status.Details.Add(Any.Pack(InfoOf(refusal)));
        if (refusal.Fields is { Count: > 0 } fields) status.Details.Add(Any.Pack(FieldsOf(fields)));
        return status.ToRpcException();
    }

    /// <summary>Throws when a check has found something.</summary>
    public static void ThrowIfAny(FieldCheck fields)
    {
        if (fields.Errors.Count > 0) throw Exception(Refusal.Invalid(fields.Errors));
    }

    /// <summary>The exception for an argument that is wrong in itself.</summary>
    public static RpcException Invalid(string field, string message) =>
        Exception(Refusal.Invalid([new FieldError(field, message)]));

    /// <summary>
    /// Busy and offline are states somebody has to change: no code that makes a client's library repeat the call by
    /// itself.
    /// </summary>
    private static Code CodeOf(RefusalCode code) => code switch
    {
        RefusalCode.NotFound or RefusalCode.PairingCodeUnknown => Code.NotFound,
        RefusalCode.Invalid or RefusalCode.RefundTooLarge => Code.InvalidArgument,
        RefusalCode.StoreExists => Code.AlreadyExists,
        _ => Code.FailedPrecondition,
    };

    /// <summary>
    /// Answers a call of gRPC that has got no further than the web server, for want of a key: with a status of its own
    /// protocol, in the headers. False when it is no such call, also because it came over another protocol.
    /// </summary>
    public static bool TryAnswer(HttpContext http, Problem problem)
    {
        if (http.Request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) is not true
            || !HttpProtocol.IsHttp2(http.Request.Protocol)) return false;
        var code = problem.Status switch
        {
            400 => StatusCode.InvalidArgument,
            401 => StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 when http.GetEndpoint() is null => StatusCode.Unimplemented,
            404 => StatusCode.NotFound,
            429 => StatusCode.ResourceExhausted,
            503 => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = ContentType;
        http.Response.Headers.Tell(code, problem.Detail);
        return true;
    }

    /// <summary>Puts a status of gRPC where it is looked for when there is no message.</summary>
    public static void Tell(this IHeaderDictionary response, StatusCode code, string detail)
    {
        response.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.GrpcMessage = Uri.EscapeDataString(detail);
    }

    private static ErrorInfo InfoOf(Refusal refusal)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = ReasonOf(refusal) };
        if (refusal.Counts is { } counts)
        {
            info.Metadata["busy"] = counts.Busy.ToString(CultureInfo.InvariantCulture);
            info.Metadata["offline"] = counts.Offline.ToString(CultureInfo.InvariantCulture);
        }
        if (refusal.Reader is { } reader) info.Metadata["reader_id"] = reader.Id;
        if (refusal.Wait is { } wait)
            info.Metadata["retry_after_seconds"] =
                Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (refusal.Holder is not { } holder) return info;
        info.Metadata["checkout_id"] = holder.CheckoutId.ToString();
        info.Metadata["checkout_state"] = holder.State.Word();
        if (holder.Until is { } until) info.Metadata["busy_until"] = Rfc3339.TextOf(until);
        return info;
    }

    private static string ReasonOf(Refusal refusal) => refusal.Code.Word().ToUpperInvariant();

    private static BadRequest FieldsOf(IReadOnlyList<FieldError> fields)
    {
        var bad = new BadRequest();
        bad.FieldViolations.AddRange(fields.Select(field =>
            new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Message }));
        return bad;
    }
}

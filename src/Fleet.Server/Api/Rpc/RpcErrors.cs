using System.Globalization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;
using Status = Google.Rpc.Status;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Turns refusals and errors into statuses of gRPC: a status code, the refusal's code as the reason, and the fields or
/// the checkout that it is about.
/// </summary>
internal static class RpcErrors
{
    private const string Domain = "fleet";

    /// <summary>The message for a refusal of one item among many.</summary>
    public static Proto.Refusal ToMessage(Refusal refusal)
    {
        var error = ErrorCatalogue.Of(refusal);
        var message = new Proto.Refusal
        {
            Reason = error.Code, Message = error.Sentence, Why = refusal.Why ?? "",
        };
        message.Fields.AddRange((refusal.Fields ?? []).Select(field =>
            new Proto.Refusal.Types.Field { Name = field.Field, Message = field.Message }));
        if (refusal.Counts is { } counts) (message.Busy, message.Offline) = (counts.Busy, counts.Offline);
        if (refusal.Holder is not { } holder) return message;
        message.CheckoutId = holder.CheckoutId.ToString();
        message.BusyUntil = holder.Until?.ToTimestamp();
        return message;
    }

    /// <summary>The message for one item among many whose outcome is not known.</summary>
    public static Proto.Refusal UnknownOutcome(string why) =>
        new() { Reason = FaultErrors.Unknown.Code, Message = FaultErrors.Unknown.With("why", why).Sentence };

    /// <summary>The exception for a refusal.</summary>
    public static RpcException ToException(Refusal refusal)
    {
        var error = ErrorCatalogue.Of(refusal);
        var status = new Status { Code = (int)error.Rpc, Message = error.Sentence };
        status.Details.Add(Any.Pack(InfoOf(refusal, error.Code)));
        if (refusal.Fields is { Count: > 0 } fields) status.Details.Add(Any.Pack(FieldsOf(fields)));
        return status.ToRpcException();
    }

    /// <summary>The exception for an error that is not a refusal: a status without details.</summary>
    public static RpcException ToException(ErrorEntry error, Exception? cause = null) =>
        new(new((StatusCode)error.Rpc, error.Sentence, cause));

    /// <summary>The error that an exception tells; without details the first one with its status.</summary>
    public static ErrorEntry EntryOf(RpcException failure) =>
        (failure.GetRpcStatus()?.GetDetail<ErrorInfo>() is { } info ? ErrorCatalogue.Find(info.Reason) : null)
        ?? ErrorCatalogue.All.FirstOrDefault(entry => (int)entry.Rpc == (int)failure.StatusCode)
        ?? FaultErrors.InternalError;

    /// <summary>Refuses a key that has tried too many wrong codes, unless it need not wait.</summary>
    public static void ThrowIfLocked(TimeSpan wait)
    {
        if (wait <= TimeSpan.Zero) return;
        var problem = Problem.TooManyWrongCodes(wait);
        throw new RpcException(
            new(StatusCode.ResourceExhausted, problem.Detail),
            new Metadata { { "retry-after", problem.RetryAfterSeconds } });
    }

    /// <summary>Throws a refusal, if there is one.</summary>
    public static void ThrowIfAny(Refusal? refusal)
    {
        if (refusal is not null) throw ToException(refusal);
    }

    /// <summary>Throws when a check has found something.</summary>
    public static void ThrowIfAny(FieldCheck fields)
    {
        if (fields.Errors.Count > 0) throw ToException(Refusal.InvalidFields(fields.Errors));
    }

    /// <summary>The exception for an invalid argument.</summary>
    public static RpcException InvalidField(string field, string message) =>
        ToException(Refusal.InvalidFields([new FieldError(field, message)]));

    private static ErrorInfo InfoOf(Refusal refusal, string reason)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = reason };
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
        info.Metadata["checkout_state"] = holder.State.ToWireName();
        if (holder.Until is { } until) info.Metadata["busy_until"] = Rfc3339.TextOf(until);
        return info;
    }

    private static BadRequest FieldsOf(IReadOnlyList<FieldError> fields)
    {
        var bad = new BadRequest();
        bad.FieldViolations.AddRange(fields.Select(field =>
            new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Message }));
        return bad;
    }
}

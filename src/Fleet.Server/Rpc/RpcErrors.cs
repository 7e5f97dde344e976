using System.Globalization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Changes;
using Fleet.Server.Http;
using Fleet.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Proto = Fleet.Protocol.V1;
using Status = Google.Rpc.Status;

namespace Fleet.Server.Rpc;

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
        RefusalCode.NotFound => Code.NotFound,
        RefusalCode.Invalid or RefusalCode.RefundTooLarge => Code.InvalidArgument,
        RefusalCode.StoreExists => Code.AlreadyExists,
        _ => Code.FailedPrecondition,
    };

    /// <summary>
    /// Answers a call of gRPC that has got no further than the web server, for want of a key: with a status of its own
    /// protocol, in the headers. False when it is no such call.
    /// </summary>
    public static bool TryAnswer(HttpContext http, Problem problem)
    {
        if (http.Request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) is not true)
            return false;
        var code = problem.Status switch
        {
            400 => StatusCode.InvalidArgument,
            401 => StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 => StatusCode.NotFound,
            429 => StatusCode.ResourceExhausted,
            503 => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = ContentType;
        http.Response.Headers.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.GrpcMessage = Uri.EscapeDataString(problem.Detail);
        return true;
    }

    private static ErrorInfo InfoOf(Refusal refusal)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = ReasonOf(refusal) };
        if (refusal.Counts is { } counts)
        {
            info.Metadata["busy"] = counts.Busy.ToString(CultureInfo.InvariantCulture);
            info.Metadata["offline"] = counts.Offline.ToString(CultureInfo.InvariantCulture);
        }
        if (refusal.Holder is not { } holder) return info;
        info.Metadata["checkout_id"] = holder.CheckoutId.ToString();
        info.Metadata["checkout_state"] = holder.State.Word();
        if (holder.Until is { } until) info.Metadata["busy_until"] = Http.Timestamp.Text(until);
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

/// <summary>What callers are told about exceptions: never what went wrong inside.</summary>
internal sealed class OutageInterceptor(Damage damage, ILogger<OutageInterceptor> log) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        Guard(() => continuation(request, context), context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(() => Ended(continuation(request, responseStream, context)), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(() => Ended(continuation(requestStream, responseStream, context)), context);

    private async Task<T> Guard<T>(Func<Task<T>> call, ServerCallContext context)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (Told(e, context) is { } told)
        {
            throw told;
        }
    }

    private static async Task<bool> Ended(Task stream)
    {
        await stream;
        return true;
    }

    private RpcException? Told(Exception failure, ServerCallContext context)
    {
        if (failure is RpcException || context.CancellationToken.IsCancellationRequested) return null;
        if (failure is TooManyWatchesException) return new(new(StatusCode.ResourceExhausted, failure.Message));
        if (!Outage.Is(failure)) return null;
        damage.Note(failure);
        log.Outage(failure.GetBaseException().Message);
        return new(new(StatusCode.Unavailable, Problem.Unavailable.Detail));
    }
}

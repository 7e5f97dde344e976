using Fleet.Core.Errors;
using Fleet.Server.Api.Rest;
using Fleet.Server.Checkouts;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// What callers are told about exceptions: never what went wrong inside. A fault of ours is logged here, and not by the
/// library, which logs what a caller did in the same way.
/// </summary>
internal sealed class FaultInterceptor(Damage damage, ILogger<FaultInterceptor> log) : Interceptor
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
        if (RpcRequests.UnknownOf(context) is { } unknown) throw RpcErrors.Invalid(unknown, "is unknown");
        try
        {
            return await call();
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Told(e, context);
        }
    }

    private static async Task<bool> Ended(Task stream)
    {
        await stream;
        return true;
    }

    private RpcException Told(Exception failure, ServerCallContext context)
    {
        if (failure is InvalidProtocolBufferException) // which is an IOException too
            return RpcErrors.Exception(RpcRequests.Malformed, failure);
        // The caller is gone, or its time is over: whatever failed by that is nothing to report. What reads its stream
        // may learn it first.
        if (context.CancellationToken.IsCancellationRequested || failure is IOException)
            return RpcErrors.Exception(FaultErrors.Cancelled, failure);
        if (failure is TooManyWatchesException)
            return RpcErrors.Exception(AccessErrors.TooManyRequests with { Sentence = failure.Message });
        if (TransientFailure.Is(failure))
        {
            damage.Note(failure);
            log.Outage(failure.GetBaseException().Message);
            return RpcErrors.Exception(FaultErrors.Unavailable);
        }
        log.Fault(context.Method, failure);
        return RpcErrors.Exception(FaultErrors.InternalError, failure);
    }
}

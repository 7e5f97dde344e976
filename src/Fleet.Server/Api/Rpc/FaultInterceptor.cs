using Fleet.Core.Errors;
using Fleet.Server.Api.Rest;
using Fleet.Server.Checkouts;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Turns exceptions into statuses that say nothing about Fleet's inside. Bugs are logged here and not by the library,
/// which logs errors of callers in the same way.
/// </summary>
internal sealed class FaultInterceptor(StorageDamage damage, ILogger<FaultInterceptor> log) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        NoteError(GuardCall(() => continuation(request, context), context), context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardCall(() => AwaitStream(continuation(request, responseStream, context)), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardCall(() => AwaitStream(continuation(requestStream, responseStream, context)), context);

    private static async Task<T> NoteError<T>(Task<T> call, ServerCallContext context)
    {
        try
        {
            return await call;
        }
        catch (RpcException e)
        {
            context.GetHttpContext().NoteError(RpcErrors.EntryOf(e));
            throw;
        }
    }

    private async Task<T> GuardCall<T>(Func<Task<T>> call, ServerCallContext context)
    {
        if (RpcRequests.WrongOf(context) is { } wrong) throw RpcErrors.InvalidField(wrong.Field, wrong.Message);
        try
        {
            return await call();
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw ToRpcException(e, context);
        }
    }

    private static async Task<bool> AwaitStream(Task stream)
    {
        await stream;
        return true;
    }

    private static bool IsOutage(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<LimitedWait>() is { IsOver: true };

    private RpcException ToRpcException(Exception failure, ServerCallContext context)
    {
        if (failure is InvalidProtocolBufferException) // it is an IOException, too
            return RpcErrors.ToException(RpcRequests.Malformed, failure);
        // The caller has closed the connection, or its deadline is over: what fails because of that is not logged. Code
        // that reads the stream may notice it first.
        if ((context.CancellationToken.IsCancellationRequested && !IsOutage(context)) || failure is IOException)
            return RpcErrors.ToException(FaultErrors.Cancelled, failure);
        if (failure is TooManyWatchesException)
            return RpcErrors.ToException(AccessErrors.TooManyRequests with { Sentence = failure.Message });
        if (TransientFailure.Is(failure))
        {
            damage.NoteFailure(failure);
            log.Outage(failure.GetBaseException().Message);
            return RpcErrors.ToException(FaultErrors.Unavailable);
        }
        log.Fault(context.Method, failure);
        return RpcErrors.ToException(FaultErrors.InternalError, failure);
    }
}

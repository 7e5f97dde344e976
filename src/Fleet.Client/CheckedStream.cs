using Grpc.Core;

namespace Fleet.Client;

/// <summary>A stream whose failures are those of Fleet.</summary>
internal sealed class CheckedStream<T>(IAsyncStreamReader<T> stream, CallKind call, CancellationToken caller)
    : IAsyncStreamReader<T>
{
    public T Current => stream.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            caller.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            throw FleetException.Of(e, call);
        }
    }
}

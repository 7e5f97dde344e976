using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// The replies of one stream of many items. The items are served at the same time, and their replies are written one
/// after the other.
/// </summary>
internal sealed class ManyReplies(IServerStreamWriter<Proto.StartManyReply> stream, CancellationToken cancel)
    : IAsyncDisposable
{
    /// <summary>Items that are served at the same time; the next one is read when one of them has ended.</summary>
    private const int MaxUnderWay = 1_000;

    private readonly SemaphoreSlim _room = new(MaxUnderWay), _telling = new(1);
    private readonly HashSet<Task> _underWay = [];

    /// <summary>Begins to serve an item, when there is room. An item that failed before ends the stream.</summary>
    public async Task AddItem(Func<Func<Proto.StartManyReply, Task>, Task> serve)
    {
        await _room.WaitAsync(cancel);
        foreach (var ended in _underWay.Where(item => item.IsCompleted).ToList())
        {
            await ended;
            _underWay.Remove(ended);
        }
        _underWay.Add(ServeItem(serve));
    }

    /// <summary>Waits until every item has been served.</summary>
    public Task WaitForAll() => Task.WhenAll(_underWay);

    /// <summary>Waits for running items also when the stream broke: they were cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _room.Dispose();
        _telling.Dispose();
    }

    private async Task ServeItem(Func<Func<Proto.StartManyReply, Task>, Task> serve)
    {
        await Task.Yield(); // so that the next item is read meanwhile
        try
        {
            await serve(SendReply);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task SendReply(Proto.StartManyReply reply)
    {
        await _telling.WaitAsync(cancel);
        try
        {
            await stream.WriteAsync(reply, cancel);
        }
        finally
        {
            _telling.Release();
        }
    }
}

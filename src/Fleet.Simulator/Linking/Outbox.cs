using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Simulator.Linking;

/// <summary>Frames to be sent over one connection, in the order in which they were made.</summary>
/// <param name="overflow">Ends the connection; called when the queue is full.</param>
internal sealed class Outbox(Action overflow)
{
    /// <summary>Frames that may wait. A connection that is so far behind is treated as broken.</summary>
    public const int Limit = 256;

    private readonly Channel<DeviceFrame> _frames =
        Channel.CreateBounded<DeviceFrame>(new BoundedChannelOptions(Limit) { SingleReader = true });

    private volatile bool _closed;

    /// <summary>Queues a frame. After <see cref="Close"/> it is dropped, as on a broken connection.</summary>
    public void PostFrame(DeviceFrame frame)
    {
        if (!_frames.Writer.TryWrite(frame) && !_closed) overflow();
    }

    /// <summary>Accepts no more frames; those that wait are still sent.</summary>
    public void Close()
    {
        _closed = true;
        _frames.Writer.TryComplete();
    }

    /// <summary>All frames until <see cref="Close"/>.</summary>
    public IAsyncEnumerable<DeviceFrame> ReadFrames(CancellationToken cancel) => _frames.Reader.ReadAllAsync(cancel);
}

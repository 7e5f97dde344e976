using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Simulator.Linking;

/// <summary>Frames on their way to one connection, in the order in which they were decided.</summary>
/// <param name="overflow">Ends the connection; called when nobody empties the box.</param>
internal sealed class Outbox(Action overflow)
{
    /// <summary>Frames that may wait. A connection that is this far behind is as good as dead.</summary>
    public const int Limit = 256;

    private readonly Channel<DeviceFrame> _frames =
        Channel.CreateBounded<DeviceFrame>(new BoundedChannelOptions(Limit) { SingleReader = true });

    private volatile bool _closed;

    /// <summary>Sends a frame in its turn. After <see cref="Close"/> it goes nowhere, as on a cut wire.</summary>
    public void PostFrame(DeviceFrame frame)
    {
        if (!_frames.Writer.TryWrite(frame) && !_closed) overflow();
    }

    /// <summary>No more frames; those that wait are still sent.</summary>
    public void Close()
    {
        _closed = true;
        _frames.Writer.TryComplete();
    }

    /// <summary>All frames until <see cref="Close"/>.</summary>
    public IAsyncEnumerable<DeviceFrame> ReadFrames(CancellationToken cancel) => _frames.Reader.ReadAllAsync(cancel);
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fleet.Protocol;
using Fleet.Simulator.Devices;

namespace Fleet.Simulator.Linking;

/// <summary>Frames to be sent over one connection, in the order in which they were made.</summary>
/// <param name="faults">How much later they are sent.</param>
/// <param name="clock">The clock for that.</param>
/// <param name="overflow">Ends the connection; called when the queue is full.</param>
internal sealed class Outbox(LinkFaults faults, TimeProvider clock, Action overflow)
{
    /// <summary>Frames that may wait. A connection that is so far behind is treated as broken.</summary>
    public const int Limit = 256;

    private readonly Channel<(DeviceFrame Frame, long At)> _frames =
        Channel.CreateBounded<(DeviceFrame, long)>(new BoundedChannelOptions(Limit) { SingleReader = true });

    private volatile bool _closed;

    /// <summary>Queues a frame. After <see cref="Close"/> it is dropped, as on a broken connection.</summary>
    public void PostFrame(DeviceFrame frame)
    {
        if (!_frames.Writer.TryWrite((frame, clock.GetTimestamp())) && !_closed) overflow();
    }

    /// <summary>Accepts no more frames; those that wait are still sent.</summary>
    public void Close()
    {
        _closed = true;
        _frames.Writer.TryComplete();
    }

    /// <summary>A frame that waits, at once; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out DeviceFrame? frame)
    {
        frame = _frames.Reader.TryRead(out var next) ? next.Frame : null;
        return frame is not null;
    }

    /// <summary>All frames until <see cref="Close"/>, each as much later as the link lags now.</summary>
    public async IAsyncEnumerable<DeviceFrame> ReadFrames([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var (frame, at) in _frames.Reader.ReadAllAsync(cancel))
        {
            var left = faults.Lag - clock.GetElapsedTime(at);
            if (left > TimeSpan.Zero) await Task.Delay(left, clock, cancel);
            yield return frame;
        }
    }
}

using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>
/// One connection of the device under test: its frames in their order, each checked for what holds of every frame.
/// Pings are sent as Fleet sends them.
/// </summary>
internal sealed class DeviceConnection : IAsyncDisposable
{
    /// <summary>Frames that may wait to be looked at; a device that sends more has lost its mind.</summary>
    private const int MaxWaiting = 1_000;

    private readonly Socket _wire;
    private readonly WebSocket _socket;
    private readonly FrameReader _reader;
    private readonly Transcript _transcript;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Channel<DeviceFrame> _frames = Channel.CreateBounded<DeviceFrame>(MaxWaiting);
    private readonly ITimer _pings;
    private readonly Task _receiving;

    public DeviceConnection(Socket wire, WebSocket socket, Transcript transcript, TimeProvider clock)
    {
        (_wire, _socket, _transcript, _clock) = (wire, socket, transcript, clock);
        _reader = new(socket, transcript);
        _pings = clock.CreateTimer(_ => _ = TrySend(new Ping()), null, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _receiving = ReceiveFrames();
    }

    /// <summary>Whether the device asked for the sub-protocol.</summary>
    public required bool OffersLink { get; init; }

    /// <summary>Whether the sub-protocol was chosen.</summary>
    public bool IsLink => _socket.SubProtocol is not null;

    /// <summary>When the device opened it, as a timestamp of the clock.</summary>
    public required long DialledAt { get; init; }

    /// <summary>The code with which the device closed it; null while it has not.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    public bool IsOpen => !_receiving.IsCompleted;

    /// <summary>Completes when the connection is over.</summary>
    public Task Ended => _receiving;

    /// <summary>The frames of the device; completed by <see cref="RuleBrokenException"/> when one is none.</summary>
    public ChannelReader<DeviceFrame> Frames => _frames.Reader;

    /// <summary>Begins or ends the pings.</summary>
    public void SetPings(bool sent)
    {
        var every = sent ? CheckLimits.PingEvery : Timeout.InfiniteTimeSpan;
        _pings.Change(every, every);
    }

    public Task Send(ServerFrame frame) => SendText(Encoding.UTF8.GetString(Link.WriteFrame(frame)));

    /// <summary>Sends a text, which may be no frame at all. A connection that is over drops it.</summary>
    public async Task SendText(string text)
    {
        await _sending.WaitAsync();
        try
        {
            _transcript.AddSent(text);
            await _socket.SendAsync(Encoding.UTF8.GetBytes(text).AsMemory(), WebSocketMessageType.Text, true, default);
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            _transcript.AddEvent($"it did not reach the device: {e.Message}");
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Breaks the connection without a word.</summary>
    public async Task Cut()
    {
        _transcript.AddEvent("the connection is cut");
        _wire.Close(0);
        await Ended;
    }

    /// <summary>Closes the connection with a code, and does not wait for the device's answer.</summary>
    public async Task Close(int code)
    {
        _transcript.AddEvent($"the connection is closed with {code}");
        try
        {
            await _socket.CloseOutputAsync((WebSocketCloseStatus)code, null, default);
            await Ended.WaitAsync(CheckLimits.Answer, _clock);
        }
        catch (Exception e) when (IsOfTheLink(e) || e is TimeoutException)
        {
            _wire.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _pings.DisposeAsync();
        _wire.Dispose();
        await Ended;
        _socket.Dispose();
    }

    private async Task TrySend(ServerFrame frame)
    {
        if (IsOpen) await Send(frame);
    }

    private async Task ReceiveFrames()
    {
        Exception? broken = null;
        try
        {
            while (await _reader.ReadFrame() is { } frame)
            {
                if (!_frames.Writer.TryWrite(frame)) throw new RuleBrokenException("The device sends without an end.");
            }
        }
        catch (RuleBrokenException e)
        {
            broken = e;
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            _transcript.AddEvent("the connection is over");
        }
        _frames.Writer.TryComplete(broken);
        _wire.Close();
    }

    private static bool IsOfTheLink(Exception e) =>
        e is WebSocketException or IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException;
}

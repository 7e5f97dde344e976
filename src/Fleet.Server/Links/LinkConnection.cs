using System.Net;
using System.Net.WebSockets;
using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Server.Links;

/// <summary>
/// One WebSocket: a bounded queue of frames to send, one received frame at a time, and a ping that finds dead
/// connections. <see cref="DeviceSession"/> handles the frames.
/// </summary>
internal sealed class LinkConnection(
    WebSocket socket, long number, IPAddress address, TimeSpan pingEvery, TimeProvider time)
{
    /// <summary>How many frames may wait for a slow device before it is disconnected.</summary>
    private const int MaxQueued = 64;

    /// <summary>Unanswered pings after which the device counts as gone.</summary>
    private const int MaxMissedPings = 2;

    /// <summary>How long the other side has to answer a close.</summary>
    private static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(1);

    private static readonly byte[] Ping = Link.WriteFrame(new Ping());

    private readonly Channel<byte[]> _out = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxQueued)
    {
        FullMode = BoundedChannelFullMode.Wait, SingleReader = true,
    });

    private (int Code, string Text)? _closing;
    private LinkEnd _end;
    private int _missedPings;
    private volatile bool _pings;

    public long Number => number;

    /// <summary>Where the device is, or the proxy in front of it when that one is not trusted.</summary>
    public IPAddress Address => address;

    /// <summary>Whether the device has ever proved on it to be a reader.</summary>
    public bool IsProven { get; set; }

    /// <summary>What callers ask of the device.</summary>
    public DeviceQuestions Questions { get; } = new(time);

    /// <summary>Why the connection ended; before that it has no meaning.</summary>
    public LinkEnd End => IsProven ? _end : LinkEnd.Unpaired;

    /// <summary>
    /// Begins to ping the device. Before its hello a device is not pinged, and has a deadline instead.
    /// </summary>
    public void BeginPings() => _pings = true;

    /// <summary>Queues a frame; false when the queue is full, which also ends the connection.</summary>
    public bool SendFrame(byte[] frame)
    {
        if (_out.Writer.TryWrite(frame)) return true;
        NoteEnd(LinkEnd.TooSlow);
        _out.Writer.TryComplete();
        return false;
    }

    public bool SendFrame(ServerFrame frame) => SendFrame(Link.WriteFrame(frame));

    /// <summary>Sends what is queued, then closes; only the first call has an effect.</summary>
    public void Close(int code, string text)
    {
        _closing ??= (code, text);
        NoteEnd(code switch
        {
            Link.Superseded => LinkEnd.Superseded,
            Link.GoingAway => LinkEnd.GoingAway,
            Link.ProtocolError => LinkEnd.ProtocolError,
            Link.TryLater => LinkEnd.Unpaired,
            _ => LinkEnd.Closed,
        });
        _out.Writer.TryComplete();
    }

    /// <summary>Serves the connection until either side ends it.</summary>
    /// <param name="handle">Called for each frame, one after the other.</param>
    /// <param name="cancel">Ends the connection at once.</param>
    public async Task ServeDevice(Func<DeviceFrame, Task> handle, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var sending = GuardLoop(SendLoop(ended), ended);
        var pinging = GuardLoop(PingLoop(ended), ended);
        await GuardLoop(ReceiveLoop(handle, ended.Token), ended);
        Close((int)WebSocketCloseStatus.NormalClosure, "");
        ended.CancelAfter(CloseGrace);
        await sending;
        await ended.CancelAsync();
        await pinging;
    }

    private async Task GuardLoop(Task loop, CancellationTokenSource ended)
    {
        try
        {
            await loop;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            NoteEnd(LinkEnd.Lost);
            await ended.CancelAsync(); // the device or its network is gone, which is a normal end
        }
    }

    private async Task SendLoop(CancellationTokenSource ended)
    {
        await foreach (var frame in _out.Reader.ReadAllAsync(ended.Token))
            await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, ended.Token);
        var (code, text) = _closing ?? (Link.ProtocolError, "too slow");
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, text, ended.Token);
        ended.CancelAfter(CloseGrace);
    }

    private async Task PingLoop(CancellationTokenSource ended)
    {
        using var timer = new PeriodicTimer(pingEvery, time);
        while (await timer.WaitForNextTickAsync(ended.Token))
        {
            if (!_pings) continue;
            if (Interlocked.Increment(ref _missedPings) > MaxMissedPings) break;
            SendFrame(Ping);
        }
        NoteEnd(LinkEnd.Silent);
        await ended.CancelAsync();
    }

    private async Task ReceiveLoop(Func<DeviceFrame, Task> handle, CancellationToken cancel)
    {
        var buffer = new byte[1024];
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
        {
            var length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                if (length == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, Link.MaxFrame + 1));
                part = await socket.ReceiveAsync(buffer.AsMemory(length), cancel);
                length += part.Count;
                if (part.MessageType is WebSocketMessageType.Close) return;
            }
            while (!part.EndOfMessage && length <= Link.MaxFrame);

            Interlocked.Exchange(ref _missedPings, 0);
            if (ReadFrame(part.MessageType, buffer.AsSpan(0, length)) is { } frame) await handle(frame);
        }
    }

    /// <summary>Notes why the connection ends. The first reason counts, because later ones follow from it.</summary>
    private void NoteEnd(LinkEnd end) => Interlocked.CompareExchange(ref _end, end, LinkEnd.None);

    private DeviceFrame? ReadFrame(WebSocketMessageType kind, ReadOnlySpan<byte> utf8)
    {
        try
        {
            if (kind is WebSocketMessageType.Text && utf8.Length <= Link.MaxFrame)
                return Link.ReadDeviceFrame(utf8);
            Close(Link.ProtocolError, "frames are text of at most 16 KiB");
        }
        catch (System.Text.Json.JsonException)
        {
            Close(Link.ProtocolError, "not a frame");
        }
        return null;
    }
}

/// <summary>Why a connection ended.</summary>
internal enum LinkEnd
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The device closed it.</summary>
    Closed,

    /// <summary>The device or its network is gone.</summary>
    Lost,

    /// <summary>The device did not answer pings.</summary>
    Silent,

    /// <summary>The device did not read the frames that were sent to it.</summary>
    TooSlow,

    /// <summary>A newer connection of the device replaced it.</summary>
    Superseded,

    /// <summary>The node stops, or could not serve it.</summary>
    GoingAway,

    /// <summary>The device sent a frame that is not allowed.</summary>
    ProtocolError,

    /// <summary>It never proved to be a reader, whatever ended it.</summary>
    Unpaired,
}

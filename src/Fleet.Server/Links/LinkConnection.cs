using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using Fleet.Protocol;

namespace Fleet.Server.Links;

/// <summary>
/// One WebSocket: a bounded queue of frames to send, one received frame at a time, and a ping that finds dead
/// connections. <see cref="DeviceSession"/> handles the frames. Almost all connections of a node are idle, so a
/// connection has buffers and a task that sends only while it receives or sends.
/// </summary>
internal sealed class LinkConnection(
    WebSocket socket, long number, IPAddress address, TimeSpan pingEvery, TimeProvider time) : IThreadPoolWorkItem
{
    /// <summary>How many frames may wait for a slow device before it is disconnected.</summary>
    private const int MaxQueued = 64;

    /// <summary>Unanswered pings after which the device counts as gone.</summary>
    private const int MaxMissedPings = 2;

    /// <summary>The buffer for a frame; it grows to the size of the frame.</summary>
    private const int FirstBuffer = 1024;

    /// <summary>How long the other side has to answer a close.</summary>
    private static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(1);

    private static readonly byte[] Ping = Link.WriteFrame(new Ping());

    private readonly Lock _turn = new();
    private readonly Queue<byte[]> _out = new();
    private readonly TaskCompletionSource _closeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _ended;
    private (int Code, string Text)? _closing;
    private bool _isSending;
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
        lock (_turn)
        {
            if (_closing is null && _out.Count < MaxQueued)
            {
                _out.Enqueue(frame);
                WakeSending();
                return true;
            }
            NoteEnd(LinkEnd.TooSlow);
            _closing ??= (Link.ProtocolError, "too slow");
            return false;
        }
    }

    public bool SendFrame(ServerFrame frame) => SendFrame(Link.WriteFrame(frame));

    /// <summary>Sends what is queued, then closes; only the first call has an effect.</summary>
    public void Close(int code, string text)
    {
        NoteEnd(code switch
        {
            Link.Superseded => LinkEnd.Superseded,
            Link.GoingAway => LinkEnd.GoingAway,
            Link.ProtocolError => LinkEnd.ProtocolError,
            Link.TryLater => LinkEnd.Unpaired,
            _ => LinkEnd.Closed,
        });
        lock (_turn)
        {
            _closing ??= (code, text);
            WakeSending();
        }
    }

    /// <summary>Serves the connection until either side ends it.</summary>
    /// <param name="handle">Called for each frame, one after the other.</param>
    /// <param name="cancel">Ends the connection at once.</param>
    public async Task ServeDevice(Func<DeviceFrame, Task> handle, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        BeginSending(ended);
        var pinging = PingLoop(ended);
        await ReceiveLoop(handle, ended);
        Close((int)WebSocketCloseStatus.NormalClosure, "");
        ended.CancelAfter(CloseGrace);
        await _closeSent.Task;
        await ended.CancelAsync();
        await pinging;
    }

    /// <summary>Sends what is queued, on a thread of the pool.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendQueued();

    private void BeginSending(CancellationTokenSource ended)
    {
        lock (_turn)
        {
            _ended = ended;
            if (_closing is not null || _out.Count > 0) WakeSending();
        }
    }

    /// <summary>Begins to send, unless that is under way or the connection is not served yet.</summary>
    private void WakeSending()
    {
        if (_isSending || _ended is null) return;
        _isSending = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Sends until nothing is queued; after the last frame of all it closes.</summary>
    private async Task SendQueued()
    {
        if (_ended is not { } ended) return;
        try
        {
            var next = TakeQueued();
            for (; next.Frame is { } frame; next = TakeQueued())
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, ended.Token);
            if (next.Closing is not var (code, text)) return;
            await socket.CloseOutputAsync((WebSocketCloseStatus)code, text, ended.Token);
            ended.CancelAfter(CloseGrace);
            _closeSent.TrySetResult();
        }
        catch (Exception e) when (IsLoss(e))
        {
            var lost = NoteLoss(ended);
            _closeSent.TrySetResult();
            await lost;
        }
        catch (Exception e)
        {
            var cancelled = ended.CancelAsync();
            _closeSent.TrySetException(e);
            await cancelled;
        }
    }

    /// <summary>The next frame; after the last one of all, how to close.</summary>
    private (byte[]? Frame, (int Code, string Text)? Closing) TakeQueued()
    {
        lock (_turn)
        {
            if (_out.TryDequeue(out var frame)) return (frame, null);
            _isSending = _closing is not null; // after the close nothing is sent any more
            return (null, _closing);
        }
    }

    private async Task PingLoop(CancellationTokenSource ended)
    {
        try
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
        catch (OperationCanceledException)
        {
            // the connection has ended
        }
    }

    private async Task ReceiveLoop(Func<DeviceFrame, Task> handle, CancellationTokenSource ended)
    {
        try
        {
            while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            {
                // Without a buffer: it waits for the beginning of a frame.
                var first = await socket.ReceiveAsync(Memory<byte>.Empty, ended.Token);
                var (kind, frame) = await ReceiveRest(first, ended.Token);
                if (kind is WebSocketMessageType.Close) return;
                Interlocked.Exchange(ref _missedPings, 0);
                if (frame is not null) await handle(frame);
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            await NoteLoss(ended);
        }
    }

    /// <summary>
    /// Receives what follows the beginning of a frame. The buffer is given back empty, because a frame can have a
    /// credential.
    /// </summary>
    private async ValueTask<(WebSocketMessageType Kind, DeviceFrame? Frame)> ReceiveRest(
        ValueWebSocketReceiveResult part, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (!part.EndOfMessage && length <= Link.MaxFrame)
            {
                if (length == buffer.Length) buffer = Enlarge(buffer);
                var room = Math.Min(buffer.Length, Link.MaxFrame + 1) - length;
                part = await socket.ReceiveAsync(buffer.AsMemory(length, room), cancel);
                length += part.Count;
            }
            return part.MessageType is WebSocketMessageType.Close
                ? (part.MessageType, null)
                : (part.MessageType, ReadFrame(part.MessageType, buffer.AsSpan(0, length)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static byte[] Enlarge(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full, clearArray: true);
        return larger;
    }

    /// <summary>Whether the device or its network is gone, which is a normal end.</summary>
    private static bool IsLoss(Exception e) => e is OperationCanceledException or WebSocketException or IOException;

    private Task NoteLoss(CancellationTokenSource ended)
    {
        NoteEnd(LinkEnd.Lost);
        return ended.CancelAsync();
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

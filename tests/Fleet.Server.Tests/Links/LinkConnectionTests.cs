using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Fleet.Protocol;
using Fleet.Server.Links;

namespace Fleet.Server.Tests;

/// <summary>One connection over a socket whose other end is the test.</summary>
public sealed class LinkConnectionTests : IDisposable
{
    private readonly HeldSocket _socket = new();
    private readonly LinkConnection _connection;
    private readonly Channel<DeviceFrame> _taken = Channel.CreateUnbounded<DeviceFrame>();
    private readonly Task _served;

    public LinkConnectionTests()
    {
        _connection = new(_socket, 1, IPAddress.Loopback, TimeSpan.FromDays(1), TimeProvider.System);
        _served = _connection.ServeDevice(
            frame => _taken.Writer.WriteAsync(frame).AsTask(), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _socket.Dispose();

    [Fact]
    public async Task A_connection_that_waits_for_a_frame_has_no_buffer_for_it()
    {
        Assert.Equal(0, await _socket.NextWait());
        _socket.Arrive("""{"type":"pong"}""");
        Assert.IsType<Pong>(await _taken.Reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.NotEqual(0, await _socket.NextWait()); // for the rest of the frame
        Assert.Equal(0, await _socket.NextWait());
        await Leave();
    }

    [Fact]
    public async Task What_is_queued_is_sent_in_order_before_the_close()
    {
        _socket.Hold();
        for (byte number = 0; number < 10; number++) Assert.True(_connection.SendFrame([number]));
        _connection.Close(Link.GoingAway, "going away");
        Assert.False(_connection.SendFrame([99]));
        _socket.Release();
        await Leave();

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], _socket.Sent);
        Assert.Equal($"{Link.GoingAway} going away", _socket.Closed);
    }

    [Fact]
    public async Task A_device_for_which_64_frames_wait_is_disconnected_after_them()
    {
        _socket.Hold();
        Assert.True(_connection.SendFrame([0]));
        await _socket.SendBegan;
        for (byte number = 1; number <= 64; number++) Assert.True(_connection.SendFrame([number]));
        Assert.False(_connection.SendFrame([65]));
        _socket.Release();
        await Leave();

        Assert.Equal(65, _socket.Sent.Count);
        Assert.Equal($"{Link.ProtocolError} too slow", _socket.Closed);
    }

    /// <summary>The device closes its end, and the connection is over.</summary>
    private Task Leave()
    {
        _socket.ArriveClose();
        return _served;
    }

    private sealed class HeldSocket : WebSocket
    {
        private readonly Channel<byte[]?> _arrived = Channel.CreateUnbounded<byte[]?>();
        private readonly Channel<int> _waits = Channel.CreateUnbounded<int>();
        private readonly TaskCompletionSource _sendBegan = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _held;
        private byte[]? _rest;

        public List<byte> Sent { get; } = [];

        public string Closed { get; private set; } = "";

        public Task SendBegan => _sendBegan.Task;

        public override WebSocketCloseStatus? CloseStatus => null;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => WebSocketState.Open;

        public override string? SubProtocol => null;

        /// <summary>The size of the buffer with which the connection waited next.</summary>
        public async Task<int> NextWait() => await _waits.Reader.ReadAsync(TestContext.Current.CancellationToken);

        public void Arrive(string frame) => _arrived.Writer.TryWrite(Encoding.UTF8.GetBytes(frame));

        public void ArriveClose() => _arrived.Writer.TryWrite(null);

        /// <summary>Takes no frame until <see cref="Release"/>.</summary>
        public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held?.TrySetResult();

        public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(
            Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _waits.Writer.TryWrite(buffer.Length);
            _rest ??= await _arrived.Reader.ReadAsync(cancellationToken);
            if (_rest is not { } rest) return new(0, WebSocketMessageType.Close, true);
            var count = Math.Min(rest.Length, buffer.Length);
            rest.AsMemory(0, count).CopyTo(buffer);
            _rest = count == rest.Length ? null : rest[count..];
            return new(count, WebSocketMessageType.Text, _rest is null);
        }

        public override Task<WebSocketReceiveResult> ReceiveAsync(
            ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override async Task SendAsync(
            ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage,
            CancellationToken cancellationToken)
        {
            _sendBegan.TrySetResult();
            if (_held is { } held) await held.Task.WaitAsync(cancellationToken);
            Sent.AddRange(buffer);
        }

        public override Task CloseAsync(
            WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
            CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

        public override Task CloseOutputAsync(
            WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
        {
            Closed = $"{(int)closeStatus} {statusDescription}";
            return Task.CompletedTask;
        }

        public override void Abort()
        {
        }

        public override void Dispose()
        {
        }
    }
}

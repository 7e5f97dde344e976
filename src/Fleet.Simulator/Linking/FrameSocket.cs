using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Simulator.Linking;

/// <summary>
/// A WebSocket that carries frames. Its buffer starts small, because a thousand devices share one process.
/// </summary>
internal sealed class FrameSocket : IDisposable
{
    private const int FirstBuffer = 1024;

    private readonly ClientWebSocket _socket = new();
    private byte[] _buffer = new byte[FirstBuffer];

    /// <summary>The code with which the other side closed; null while it has not.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    /// <summary>The reason that the other side gave when it closed.</summary>
    public string? CloseText => _socket.CloseStatusDescription;

    /// <param name="server">Where to connect.</param>
    /// <param name="certificate">Shown when TLS asks for one; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task DialServer(Uri server, X509Certificate2? certificate, CancellationToken cancel)
    {
        if (certificate is not null) _socket.Options.ClientCertificates.Add(certificate);
        _socket.Options.AddSubProtocol(Link.SubProtocol);
        _socket.Options.KeepAliveInterval = TimeSpan.Zero; // Fleet sends its own ping frames
        // a proxy of the environment cannot reach this machine's loopback address
        if (server.IsLoopback) _socket.Options.Proxy = null;
        await _socket.ConnectAsync(server, cancel);
        if (_socket.SubProtocol != Link.SubProtocol)
            throw new JsonException($"The server does not speak {Link.SubProtocol}.");
    }

    public ValueTask SendFrame(DeviceFrame frame, CancellationToken cancel) =>
        _socket.SendAsync(Link.WriteFrame(frame).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancel);

    /// <summary>The next frame; null when the other side closed.</summary>
    /// <exception cref="JsonException">It is not a frame of this protocol.</exception>
    public async Task<ServerFrame?> ReceiveFrame(CancellationToken cancel)
    {
        for (var length = 0; ;)
        {
            if (length == _buffer.Length) GrowBuffer();
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancel);
            length += part.Count;
            if (part.MessageType is WebSocketMessageType.Close) return null;
            if (part.MessageType is WebSocketMessageType.Binary) throw new JsonException("Frames are text, not bytes.");
            if (part.EndOfMessage) return Link.ReadServerFrame(_buffer.AsSpan(0, length));
        }
    }

    /// <summary>Closes the connection, with what was wrong with the last frame if something was.</summary>
    public Task SayGoodbye(string? complaint, CancellationToken cancel) => complaint is null
        ? _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancel)
        : _socket.CloseOutputAsync((WebSocketCloseStatus)Link.ProtocolError, ShortenText(complaint), cancel);

    public void Dispose() => _socket.Dispose();

    private void GrowBuffer()
    {
        if (_buffer.Length >= Link.MaxFrame) throw new JsonException($"The frame has more than {Link.MaxFrame} bytes.");
        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, Link.MaxFrame));
    }

    /// <summary>A close frame has room for 123 bytes of text.</summary>
    private static string ShortenText(string text)
    {
        const int room = 123;
        return new string([.. text.Take(room).Select(one => char.IsAscii(one) ? one : '?')]);
    }
}

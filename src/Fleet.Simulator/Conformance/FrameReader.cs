using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Reads the frames of a device, and holds each to what is true of every frame.</summary>
internal sealed class FrameReader(WebSocket socket, Transcript transcript)
{
    private readonly byte[] _buffer = new byte[Link.MaxFrame + 1];

    /// <summary>The next frame; null when the device closes the connection.</summary>
    /// <exception cref="RuleBrokenException">It is binary, too large, or no frame of a device.</exception>
    public async Task<DeviceFrame?> ReadFrame()
    {
        for (var length = 0; ;)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), default);
            length += part.Count;
            if (part.MessageType is WebSocketMessageType.Close) return await AnswerClose();
            if (part.MessageType is WebSocketMessageType.Binary) throw new RuleBrokenException("A frame is binary.");
            if (length > Link.MaxFrame)
                throw new RuleBrokenException($"A frame has more than {Link.MaxFrame} bytes.");
            if (part.EndOfMessage) return ParseFrame(_buffer.AsSpan(0, length));
        }
    }

    private async Task<DeviceFrame?> AnswerClose()
    {
        var (code, why) = ((int?)socket.CloseStatus, socket.CloseStatusDescription);
        transcript.AddEvent($"the device closes with {code} {why}".TrimEnd());
        if (socket.State is WebSocketState.CloseReceived)
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        return null;
    }

    private DeviceFrame ParseFrame(ReadOnlySpan<byte> utf8)
    {
        transcript.AddReceived(Encoding.UTF8.GetString(utf8));
        try
        {
            return Link.ReadDeviceFrame(utf8);
        }
        catch (JsonException e)
        {
            throw new RuleBrokenException($"A frame cannot be read: {e.Message}");
        }
    }
}

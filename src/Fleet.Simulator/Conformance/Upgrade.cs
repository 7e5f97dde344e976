using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>The request of HTTP with which a WebSocket begins (RFC 6455), and its answer.</summary>
/// <param name="Key">Proves in the answer that the request was understood.</param>
/// <param name="Protocols">The sub-protocols that the device offers.</param>
internal sealed record Upgrade(string Key, IReadOnlyList<string> Protocols)
{
    private const string MagicText = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int LongestHead = 8 * 1024;

    public bool OffersLink => Protocols.Contains(Link.SubProtocol);

    /// <summary>Reads the request.</summary>
    /// <exception cref="IOException">It is none, or too long.</exception>
    public static async Task<Upgrade> ReadRequest(Stream stream, CancellationToken cancel)
    {
        var buffer = new byte[LongestHead];
        var length = 0;
        while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancel);
            if (read == 0) throw new IOException("The connection was opened and closed without a request.");
            length += read;
        }
        return FromHead(Encoding.ASCII.GetString(buffer, 0, length));
    }

    /// <summary>Accepts the request; the frames follow on the same stream.</summary>
    /// <param name="stream">Where the request came from.</param>
    /// <param name="protocol">The sub-protocol that is chosen; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<WebSocket> AcceptRequest(Stream stream, string? protocol, CancellationToken cancel)
    {
        var chosen = protocol is null ? "" : $"Sec-WebSocket-Protocol: {protocol}\r\n";
        var answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {AcceptKey()}\r\n{chosen}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), cancel);
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
        {
            IsServer = true,
            SubProtocol = protocol,
            KeepAliveInterval = TimeSpan.Zero,
        });
    }

    private static Upgrade FromHead(string head)
    {
        var headers = head.Split("\r\n").Skip(1).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0].Trim(), parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var key = headers["Sec-WebSocket-Key"].FirstOrDefault()
            ?? throw new IOException("The request does not ask for a WebSocket.");
        var protocols = headers["Sec-WebSocket-Protocol"]
            .SelectMany(one => one.Split(',', StringSplitOptions.TrimEntries));
        return new(key, [.. protocols]);
    }

#pragma warning disable CA5350 // the RFC asks for SHA-1; nothing secret depends on it
    private string AcceptKey() => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(Key + MagicText)));
#pragma warning restore CA5350
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>Requests that no correct client can send: lines written directly to a socket.</summary>
internal static class RawHttp
{
    /// <param name="address">The node.</param>
    /// <param name="start">Method and path, which are sent unchanged.</param>
    /// <param name="headers">Whole lines, for example <c>Accept: */*</c>.</param>
    public static Task<RawAnswer> Send(Uri address, string start, params string[] headers) =>
        SendBody(address, start, "", headers);

    /// <summary>The same with a JSON body, and the headers that go with one.</summary>
    public static Task<RawAnswer> SendJson(Uri address, string start, string json, params string[] headers) =>
        SendBody(address, start, json, [.. HeadersOf(json), .. headers]);

    /// <summary>A caller that sends a request, and closes the connection without reading the answer.</summary>
    /// <param name="address">The node.</param>
    /// <param name="start">Method and path.</param>
    /// <param name="json">The body.</param>
    /// <param name="until">How long the caller stays.</param>
    /// <param name="headers">Whole lines.</param>
    public static async Task LeaveUnanswered(
        Uri address, string start, string json, Func<Task> until, params string[] headers)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, cancel);
        await tcp.GetStream().WriteAsync(BytesOf(start, json, [.. HeadersOf(json), .. headers]), cancel);
        await until();
    }

    private static Task<RawAnswer> SendBody(Uri address, string start, string body, string[] headers) =>
        SendBytes(address, BytesOf(start, body, headers));

    private static byte[] BytesOf(string start, string body, string[] headers)
    {
        string[] lines = [$"{start} HTTP/1.1", "Host: fleet", "Connection: close", .. headers, "", body];
        return Encoding.UTF8.GetBytes(string.Join("\r\n", lines));
    }

    private static string[] HeadersOf(string json) =>
        [$"Content-Length: {Encoding.UTF8.GetByteCount(json)}", "Content-Type: application/json"];

    /// <summary>A caller that announces a body, and closes the connection before it.</summary>
    public static async Task Leave(Uri address, string start, params string[] headers)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, cancel);
        string[] lines = [$"{start} HTTP/1.1", "Host: fleet", .. headers, "", "{"];
        await tcp.GetStream().WriteAsync(Encoding.UTF8.GetBytes(string.Join("\r\n", lines)), cancel);
    }

    /// <summary>Bytes that may be no HTTP at all, and all that comes back until the other side closes.</summary>
    public static async Task<RawAnswer> SendBytes(Uri address, byte[] request)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, cancel);
        using var answer = new MemoryStream();
        try
        {
            await tcp.GetStream().WriteAsync(request, cancel);
            await tcp.GetStream().CopyToAsync(answer, cancel);
        }
        catch (IOException)
        {
            // Closed while there was more to read; what had come before counts.
        }
        return RawAnswer.Parse(Encoding.UTF8.GetString(answer.ToArray()));
    }
}

/// <summary>What came back.</summary>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    public static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"no HTTP answer: \"{text}\"");
        return new(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[..end], text[(end + 4)..]);
    }
}

using System.Buffers.Text;

namespace Fleet.Benchmarks.Load;

/// <summary>As much of HTTP as is needed to tell where an answer ends and whether it is the right one.</summary>
internal static class AnswerBytes
{
    public static bool IsCreated(ReadOnlySpan<byte> answer) => answer.StartsWith("HTTP/1.1 201"u8);

    /// <summary>Whether the answer has come to its end. There is never a second one behind it.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        var body = answer[(head + 4)..];
        return LengthIn(answer[..head]) is { } length ? body.Length >= length : body.EndsWith("0\r\n\r\n"u8);
    }

    /// <summary>The content length, or null when the body comes in chunks.</summary>
    private static int? LengthIn(ReadOnlySpan<byte> head)
    {
        var name = "\r\nContent-Length: "u8;
        var at = head.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _) ? length : null;
    }
}

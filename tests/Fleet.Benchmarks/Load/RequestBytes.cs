using System.Text;

namespace Fleet.Benchmarks.Load;

/// <summary>The bytes of a checkout's HTTP request: made once, with a place where the reader's id goes.</summary>
internal static class RequestBytes
{
    private const string Body =
        """{"total_amount":{"currency":"EUR","minor_unit":2,"value":1250},"description":"Table 4"}""";

    private static readonly string Head = $"POST /v0.1/merchants/{BenchMerchant.Code}/readers/";

    /// <summary>Where the reader's id begins.</summary>
    public static readonly int ReaderAt = Head.Length;

    /// <summary>A request of its own for one connection.</summary>
    public static byte[] Create(int port) => Encoding.ASCII.GetBytes(
        $"{Head}{ReaderIds.Of(0)}/checkout HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        + $"Authorization: Bearer {BenchMerchant.Key}\r\nContent-Type: application/json\r\n"
        + $"Content-Length: {Body.Length}\r\n\r\n{Body}");
}

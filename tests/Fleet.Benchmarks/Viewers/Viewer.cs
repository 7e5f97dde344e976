using System.Net;
using System.Text.RegularExpressions;

namespace Fleet.Benchmarks.Viewers;

/// <summary>A browser with a session of the console.</summary>
internal sealed partial class Viewer : IDisposable
{
    /// <summary>What is read of a stream at once, in bytes.</summary>
    private const int AtOnce = 16_384;

    private readonly HttpClient _http;
    private long _bytes;

    private Viewer(int port)
    {
        _http = new(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new($"http://127.0.0.1:{port}/console/"),
        };
        _http.DefaultRequestHeaders.Add("Accept-Encoding", "gzip, br"); // nothing is unpacked: bytes are counted
    }

    /// <summary>Bytes that streams have brought so far.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Signs in.</summary>
    public static async Task<Viewer> SignIn(int port)
    {
        var viewer = new Viewer(port);
        using var plain = new HttpRequestMessage(HttpMethod.Get, "sign-in");
        plain.Headers.Add("Accept-Encoding", "identity");
        using var page = await viewer._http.SendAsync(plain);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["form_token"] = Token().Match(await page.Content.ReadAsStringAsync()).Groups[1].Value,
            ["key"] = BenchMerchant.Key,
        });
        using var answer = await viewer._http.PostAsync("sign-in", form);
        if (answer.IsSuccessStatusCode) return viewer;
        throw new InvalidOperationException($"The sign-in was answered with {answer.StatusCode}.");
    }

    /// <summary>Opens a page.</summary>
    /// <returns>Its size as it was sent, in bytes.</returns>
    public async Task<int> Open(string path)
    {
        using var answer = await _http.GetAsync(path);
        if (answer.StatusCode is not HttpStatusCode.OK || !IsAt(answer, path))
            throw new InvalidOperationException($"{path} was answered with {answer.StatusCode}.");
        return (await answer.Content.ReadAsByteArrayAsync()).Length;
    }

    /// <summary>Reads a stream until it is cancelled.</summary>
    public async Task Watch(string path, CancellationToken cancel)
    {
        try
        {
            using var ask = new HttpRequestMessage(HttpMethod.Get, path);
            ask.Headers.Add("Accept", "text/event-stream");
            using var answer = await _http.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead, cancel);
            answer.EnsureSuccessStatusCode();
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            var some = new byte[AtOnce];
            while (await stream.ReadAsync(some, cancel) is var read and > 0) Interlocked.Add(ref _bytes, read);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return;
        }
        throw new InvalidOperationException($"The node ended {path}.");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Whether the answer is the page itself, and not the sign-in.</summary>
    private static bool IsAt(HttpResponseMessage answer, string path) =>
        answer.RequestMessage?.RequestUri?.AbsolutePath.EndsWith(path, StringComparison.Ordinal) is true;

    [GeneratedRegex("""name="form_token" value="([^"]+)""")]
    private static partial Regex Token();
}

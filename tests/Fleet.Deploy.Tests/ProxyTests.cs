using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Fleet.Deploy.Tests;

/// <summary>
/// deploy/haproxy.cfg and deploy/haproxy-tls.cfg, by HAProxy, before one server that stands for the nodes.
/// </summary>
public sealed partial class ProxyTests : IAsyncLifetime
{
    private const int Limit = 30;

    private static readonly string[] Files = ["haproxy.cfg", "haproxy-tls.cfg"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-proxy-").FullName;
    private readonly int _node = Ports.Next(), _tls = Ports.Next();
    private readonly WebApplication _app = Build();
    private Process? _proxy;
    private int _requests;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Uri Address => new($"https://127.0.0.1:{_tls}");

    private string[] Options => [.. Files.SelectMany(file => new[] { "-f", Path.Combine(_folder, file) })];

    public async ValueTask InitializeAsync()
    {
        using (var authority = new Authority("Ours"))
        using (var issued = authority.Issue("proxy"))
        {
            var (certificate, key) = Authority.Write(_folder, issued, "proxy");
            var both = Path.Combine(_folder, "fleet.pem");
            File.Copy(certificate, both);
            await File.AppendAllTextAsync(both, "\n" + await File.ReadAllTextAsync(key, Cancel), Cancel);
        }
        foreach (var file in Files)
            await File.WriteAllTextAsync(Path.Combine(_folder, file), Here(file), Cancel);
        _app.Urls.Add($"http://127.0.0.1:{_node}");
        _app.UseWebSockets();
        _app.Run(Answer);
        await _app.StartAsync(Cancel);
        await Shell.Run(["haproxy", "-c", .. Options]);
        _proxy = Process.Start(new ProcessStartInfo("haproxy", [.. Options, "-db"]));
        await Eventually.Equal(HttpStatusCode.OK, Look);
    }

    public async ValueTask DisposeAsync()
    {
        _proxy?.Kill();
        _proxy?.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_till_speaks_http2_over_tls_and_its_node_learns_its_address()
    {
        using var http = Trusting();
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(Address, "/v0.1/merchants/M/readers"))
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "X-Forwarded-For", "198.51.100.7" }, { "X-Forwarded-Prefix", "/forged" } },
        };
        using var answer = await http.SendAsync(ask, Cancel);

        Assert.Equal($"127.0.0.1 https 127.0.0.1:{_tls} ", await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_device_opens_its_link_over_tls()
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        await socket.ConnectAsync(new UriBuilder(Address) { Scheme = "wss", Path = "/link/v1" }.Uri, Cancel);
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_to_wait_and_no_node_is_asked()
    {
        using var http = Trusting();
        var before = _requests;
        var refused = 0;
        for (var i = 0; i < Limit * 2; i++)
        {
            using var answer = await http.GetAsync(new Uri(Address, "/v0.1/any"), Cancel);
            if (answer.StatusCode is not HttpStatusCode.TooManyRequests) continue;
            Assert.Equal(TimeSpan.FromSeconds(5), answer.Headers.RetryAfter?.Delta);
            refused++;
        }
        Assert.InRange(refused, Limit / 2, Limit * 2);
        Assert.Equal(Limit * 2 - refused, _requests - before);
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        return builder.Build();
    }

    /// <summary>A file of the repository, with ports of this test and one server for all nodes.</summary>
    private string Here(string file)
    {
        var text = File.ReadAllText(Path.Combine(Repo.Root, "deploy", file)).Replace("/etc/haproxy/", $"{_folder}/")
            .Replace("bind :8443", $"bind 127.0.0.1:{_tls}").Replace("gt 2000", $"gt {Limit}");
        text = PublicPort().Replace(text, _ => $"bind 127.0.0.1:{Ports.Next()}");
        return NodePort().Replace(text, $"127.0.0.1:{_node}").Replace("port 9090", $"port {_node}");
    }

    /// <summary>What a node is told of the caller; a link is opened.</summary>
    private async Task Answer(HttpContext http)
    {
        if (http.WebSockets.IsWebSocketRequest)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(new byte[1], http.RequestAborted);
            return;
        }
        if (http.Request.Path.StartsWithSegments("/v0.1")) Interlocked.Increment(ref _requests);
        var told = http.Request.Headers;
        await http.Response.WriteAsync($"{told["X-Forwarded-For"]} {told["X-Forwarded-Proto"]} "
            + $"{told["X-Forwarded-Host"]} {told["X-Forwarded-Prefix"]}");
    }

    /// <summary>Whether a request gets through the proxy.</summary>
    private async Task<HttpStatusCode?> Look()
    {
        try
        {
            using var http = Trusting();
            using var answer = await http.GetAsync(Address, Cancel);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static HttpClient Trusting() => new(new SocketsHttpHandler
    {
        SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null },
    });

    [GeneratedRegex("bind :[0-9]+")]
    private static partial Regex PublicPort();

    [GeneratedRegex("node[123]:[0-9]+")]
    private static partial Regex NodePort();
}

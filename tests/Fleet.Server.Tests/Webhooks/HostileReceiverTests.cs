using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>
/// Receivers that are down, broken, slow or mean: each affects only the attempts of its own events.
/// </summary>
public sealed class HostileReceiverTests(HostileReceiverTests.Street street)
    : IClassFixture<HostileReceiverTests.Street>
{
    private static readonly string Fine = RawReceiver.Answer("204 No Content"), Oops = RawReceiver.Answer("500 Oops");

    private FleetApp Fleet => street.Fleet;

    private Till Till => Fleet.Till;

    [Fact]
    public async Task A_receiver_that_is_down_is_tried_six_times()
    {
        var id = await Till.Fire(new($"http://127.0.0.2:{street.ClosedPort}/hook"));
        foreach (var (i, wait) in new[] { 10, 40, 160, 640, 2560 }.Index())
        {
            await Till.Becomes(id, $"waiting, {i + 1} begun, {i + 1} failed");
            Fleet.Pass(wait - 1);
            await Settled();
            Assert.Equal($"waiting, {i + 1} begun, {i + 1} failed", await Till.Progress(id));
            Fleet.Pass(wait * 0.2 + 2);
        }
        await Till.Becomes(id, "dead, 6 begun, 6 failed");
        Assert.Equal("not sent: the receiver takes no connection", await Problem(id));
    }

    [Fact]
    public async Task Headers_that_come_byte_by_byte_end_after_10_seconds()
    {
        using var drip = new SemaphoreSlim(0);
        var inbox = street.Receiver.Open(async (number, stream, cancel) =>
        {
            await RawReceiver.Write(stream, number == 1 ? "HTTP/1.1 200 OK\r\nX-Slow: " : Fine, cancel);
            while (number == 1)
            {
                await drip.WaitAsync(cancel);
                await RawReceiver.Write(stream, "x", cancel);
            }
        });
        var id = await Till.Fire(inbox.Url);
        await inbox.Next();

        for (var second = 1; second < 10; second++)
        {
            drip.Release();
            Fleet.Pass(1);
        }
        Assert.Equal("waiting, 1 begun, 0 failed", await Till.Progress(id));
        Fleet.Pass(1);
        await Till.Becomes(id, "waiting, 1 begun, 1 failed");
        Assert.Equal("no answer in time", await Problem(id));
        drip.Release(1_000); // so that the receiver notices that the connection is closed

        await SecondAttempt(id, inbox);
    }

    [Theory]
    [InlineData("Content-Length: 100")]
    [InlineData("Content-Length: 100000000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task A_body_that_comes_byte_by_byte_is_not_waited_for(string framing)
    {
        using var drip = new SemaphoreSlim(0);
        var inbox = street.Receiver.Open(async (_, stream, cancel) =>
        {
            await RawReceiver.Write(stream, $"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n", cancel);
            while (true)
            {
                await drip.WaitAsync(cancel);
                await RawReceiver.Write(stream, framing.StartsWith('T') ? "1\r\nx\r\n" : "x", cancel);
            }
        });
        var id = await Till.Fire(inbox.Url);

        await Till.Becomes(id, "delivered, 1 begun, 0 failed"); // and the clock stands still
        for (var second = 0; second < 60; second++)
        {
            drip.Release();
            Fleet.Pass(1);
        }
        await Settled();
        Assert.Equal(("delivered, 1 begun, 0 failed", 1), (await Till.Progress(id), inbox.Count));
    }

    /// <summary>As much as the buffers of two sockets hold may be written; more only if Fleet reads it.</summary>
    [Theory]
    [InlineData("Content-Length: 10737418240")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Content-Encoding: gzip\r\nContent-Length: 10737418240")]
    [InlineData("Content-Encoding: gzip\r\nTransfer-Encoding: chunked")]
    public async Task A_body_without_end_is_not_read_and_not_unpacked(string framing)
    {
        const int Buffers = 8 * 1024 * 1024, Block = 0x10000;
        var end = new TaskCompletionSource<long>();
        var inbox = street.Receiver.Open(async (_, stream, cancel) =>
        {
            await RawReceiver.Write(stream, $"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n", cancel);
            var block = new byte[Block]; // for gzip this is not a beginning either, so decompressing it fails
            var written = 0L;
            try
            {
                for (; written <= Buffers; written += Block)
                {
                    if (framing.EndsWith("chunked", StringComparison.Ordinal))
                        await RawReceiver.Write(stream, $"{Block:x}\r\n", cancel);
                    await stream.WriteAsync(block, cancel);
                    if (framing.EndsWith("chunked", StringComparison.Ordinal))
                        await RawReceiver.Write(stream, "\r\n", cancel);
                }
            }
            finally
            {
                end.TrySetResult(written);
            }
        });
        var id = await Till.Fire(inbox.Url);

        await Till.Becomes(id, "delivered, 1 begun, 0 failed");
        Assert.InRange(await end.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken),
            0, Buffers);
        Assert.Equal(1, inbox.Count);
    }

    [Theory]
    [InlineData("", "the receiver closed without an answer")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "the receiver's answer is not valid HTTP")]
    [InlineData("HTTP/1.1 abc\r\n\r\n", "the receiver's answer is not valid HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Cut", "the receiver closed without an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Long: {long}\r\n\r\n", "the headers of the receiver's answer are larger than")]
    [InlineData("{hints}", "the headers of the receiver's answer are larger than")]
    public async Task An_answer_that_is_none_is_a_failure_and_says_what_came_instead(string answer, string problem)
    {
        var text = answer.Replace("{long}", new string('x', 20_000), StringComparison.Ordinal)
            .Replace("{hints}", Hints(1_000), StringComparison.Ordinal);
        var inbox = street.Receiver.Open(
            (number, stream, cancel) => RawReceiver.Write(stream, number == 1 ? text : Fine, cancel));
        var id = await Till.Fire(inbox.Url);

        await Till.Becomes(id, "waiting, 1 begun, 1 failed");
        Assert.StartsWith(problem, await Problem(id), StringComparison.Ordinal);
        await SecondAttempt(id, inbox);
    }

    /// <summary>All at once, each at a host of its own.</summary>
    [Fact]
    public async Task Whatever_is_no_success_is_tried_six_times_and_nobody_goes_where_it_points()
    {
        string[] answers =
        [
            "101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade", "300 Multiple Choices",
            "301 Moved Permanently", "302 Found",
            "303 See Other", "304 Not Modified", "305 Use Proxy", "307 Temporary Redirect", "308 Permanent Redirect",
            "400 Bad Request",
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"till\"", "404 Not Found",
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate",
            "409 Conflict", "418 ", "429 Too Many Requests", "500 Oops", "502 Bad Gateway", "503 Service Unavailable",
            "599 ", "600 ", "999 ",
        ];
        var elsewhere = street.Receiver.Open((_, stream, cancel) => RawReceiver.Write(stream, Fine, cancel));
        var inboxes = answers.Select(answer => street.Receiver.Open((_, stream, cancel) => RawReceiver.Write(
            stream, RawReceiver.Answer($"{answer}\r\nLocation: {elsewhere.Url}"), cancel))).ToList();
        var ids = new List<Guid>();
        foreach (var inbox in inboxes) ids.Add(await Till.Fire(inbox.Url));

        foreach (var (i, wait) in new[] { 10, 40, 160, 640, 2560 }.Index())
        {
            await Settled();
            Assert.All(inboxes, inbox => Assert.Equal(i + 1, inbox.Count));
            Fleet.Pass(wait * 1.2);
        }
        await Settled();
        foreach (var (answer, id) in answers.Zip(ids))
        {
            Assert.Equal("dead, 6 begun, 6 failed", await Till.Progress(id));
            Assert.Equal($"status {answer[..3]}", await Problem(id));
        }
        Fleet.Pass(90_000);
        await Settled();
        Assert.All(inboxes, inbox => Assert.Equal(6, inbox.Count));
        Assert.Equal(0, elsewhere.Count);
    }

    [Theory]
    [InlineData("429 Too Many Requests", "300", 300, 300)]
    [InlineData("503 Service Unavailable", "300", 300, 300)]
    [InlineData("301 Moved Permanently", "300", 300, 300)]
    [InlineData("429 Too Many Requests", "{+300}", 299, 300)] // a date
    [InlineData("429 Too Many Requests", "{+99999999}", 86_400, 86_400)]
    [InlineData("429 Too Many Requests", "86401", 86_400, 86_400)]
    [InlineData("429 Too Many Requests", "2147483647", 86_400, 86_400)]
    [InlineData("429 Too Many Requests", "{-300}", 10, 12)] // and what asks for nothing, or makes no sense
    [InlineData("429 Too Many Requests", "0", 10, 12)]
    [InlineData("429 Too Many Requests", "9", 10, 12)]
    [InlineData("429 Too Many Requests", "-300", 10, 12)]
    [InlineData("429 Too Many Requests", "1e9", 10, 12)]
    [InlineData("429 Too Many Requests", "99999999999999999999", 10, 12)]
    [InlineData("429 Too Many Requests", "Sat, 99 Foo 2026 99:99:99 GMT", 10, 12)]
    [InlineData("429 Too Many Requests", "soon", 10, 12)]
    public async Task A_receiver_may_ask_for_up_to_a_day_and_never_for_less_than_the_schedule(
        string status, string after, int least, int most)
    {
        var now = Fleet.Clock.GetUtcNow();
        var asked = after.StartsWith('{')
            ? $"{now.AddSeconds(int.Parse(after[1..^1], CultureInfo.InvariantCulture)):R}" : after;
        var inbox = street.Receiver.Open((_, stream, cancel) => RawReceiver.Write(
            stream, RawReceiver.Answer($"{status}\r\nRetry-After: {asked}"), cancel));
        var id = await Till.Fire(inbox.Url);

        await Till.Becomes(id, "waiting, 1 begun, 1 failed");

        var next = (await Till.Delivery(id)).GetProperty("next_attempt_at").GetDateTimeOffset();
        Assert.InRange((next - now).TotalSeconds, least, most);
        await Till.Replay(id); // counts afresh, and asks for the same again
        await Till.Becomes(id, "waiting, 2 begun, 1 failed");
    }

    [Fact]
    public async Task What_comes_before_an_answer_is_passed_by_and_ends_after_10_seconds_too()
    {
        var inbox = street.Receiver.Open(async (number, stream, cancel) =>
        {
            await RawReceiver.Write(stream, Hints(100), cancel);
            if (number == 1) await stream.ReadExactlyAsync(new byte[1], cancel); // until the node hangs up
            await RawReceiver.Write(stream, Fine, cancel);
        });
        var id = await Till.Fire(inbox.Url);
        await inbox.Next();

        Fleet.Pass(10);
        await Till.Becomes(id, "waiting, 1 begun, 1 failed");
        Assert.Equal("no answer in time", await Problem(id));

        await SecondAttempt(id, inbox);
    }

    [Fact]
    public async Task A_receiver_cannot_make_the_node_remember_anything()
    {
        var inbox = street.Receiver.Open((number, stream, cancel) => RawReceiver.Write(stream, number > 1 ? Fine
            : RawReceiver.Answer("500 Oops\r\nSet-Cookie: who=you; Path=/\r\nStrict-Transport-Security: max-age=99"),
            cancel));
        var id = await Till.Fire(inbox.Url);
        await Till.Becomes(id, "waiting, 1 begun, 1 failed");
        await SecondAttempt(id, inbox);

        foreach (var request in new[] { await inbox.Next(), await inbox.Next() })
        {
            Assert.StartsWith("POST /hook HTTP/1.1\r\n", request, StringComparison.Ordinal);
            Assert.DoesNotContain("cookie", request, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("accept-encoding", request, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("127.0.0.3")] // its certificate comes from an unknown issuer, and names a URL of that issuer
    [InlineData("127.0.0.4")] // and this one's is another's beside that
    public async Task A_receiver_that_cannot_prove_who_it_is_gets_nothing(string host)
    {
        var id = await Till.Fire(new($"https://{host}:{street.TlsPort}/hook"));
        await Till.Becomes(id, "waiting, 1 begun, 1 failed");
        Assert.Equal("not sent: the receiver's certificate or TLS is not accepted", await Problem(id));

        Fleet.Pass(9);
        await Settled();
        Assert.Equal("waiting, 1 begun, 1 failed", await Till.Progress(id));
        Fleet.Pass(4);
        await Till.Becomes(id, "waiting, 2 begun, 2 failed");
        Assert.Equal(0, street.TlsRequests);
        Assert.False(street.Issuer.Pending()); // no connection came: the issuer's URL is not where the event goes
    }

    [Fact]
    public async Task A_host_that_was_given_up_is_tried_again_when_it_is_back()
    {
        var healed = false;
        var inbox = street.Receiver.Open((_, stream, cancel) =>
            RawReceiver.Write(stream, Volatile.Read(ref healed) ? Fine : Oops, cancel));
        await Fleet.PutRows(30, inbox.Url, "waiting", Fleet.Clock.GetUtcNow());
        await Settled();
        var before = inbox.Count;
        Assert.InRange(before, 10, 29); // then it was given up

        Volatile.Write(ref healed, true);
        Fleet.Pass(16);
        await Settled();
        Fleet.Pass(1);
        await Settled();
        Assert.True(inbox.Count > before, $"nothing came after {before}");
        Fleet.Pass(3600);
        await Eventually.Equal(0, async () =>
        {
            Fleet.Pass(1);
            return (await Till.Deliveries("?state=waiting&limit=500")).GetProperty("items").EnumerateArray()
                .Count(item => item.GetProperty("url").GetString() == $"{inbox.Url}");
        });
    }

    private static string Hints(int count) =>
        string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", count));

    private Task Settled() => Fleet.Services.GetRequiredService<WebhookSender>().Settled();

    private async Task<string?> Problem(Guid id) => (await Till.Delivery(id)).GetProperty("problem").GetString();

    /// <summary>It comes after 10 seconds, 12 at most, and is taken.</summary>
    private async Task SecondAttempt(Guid id, RawReceiver.Inbox inbox)
    {
        await Settled();
        Fleet.Pass(9);
        await Settled();
        Assert.Equal(1, inbox.Count);
        Fleet.Pass(4);
        await Till.Becomes(id, "delivered, 2 begun, 1 failed");
        Assert.Equal(2, inbox.Count);
    }

    /// <summary>A node, and receivers of every kind that it may send to.</summary>
    public sealed class Street : IAsyncLifetime
    {
        private FleetApp? _fleet;
        private WebApplication? _tls;
        private int _tlsRequests;

        public RawReceiver Receiver { get; } = RawReceiver.Start();

        public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

        /// <summary>Where a certificate says that its issuer's is.</summary>
        public TcpListener Issuer { get; } = new(IPAddress.Loopback, 0);

        public int ClosedPort { get; private set; }

        public int TlsPort { get; private set; }

        public int TlsRequests => Volatile.Read(ref _tlsRequests);

        public async ValueTask InitializeAsync()
        {
            using (var listener = new TcpListener(IPAddress.Loopback, 0))
            {
                listener.Start();
                ClosedPort = ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            Issuer.Start();
            await StartTls();
            _fleet = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.0/8",
                $"--Fleet:Webhooks:AllowedPorts:0={Receiver.Port}", $"--Fleet:Webhooks:AllowedPorts:1={ClosedPort}",
                $"--Fleet:Webhooks:AllowedPorts:2={TlsPort}");
        }

        public async ValueTask DisposeAsync()
        {
            await Fleet.DisposeAsync();
            await Receiver.DisposeAsync();
            if (_tls is not null) await _tls.DisposeAsync();
            Issuer.Dispose();
        }

        private async Task StartTls()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            var certificate = SslStreamCertificateContext.Create(
                Certificate(), additionalCertificates: null, offline: true);
            builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.Listen(IPAddress.Any, 0, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ =>
                        new(new SslServerAuthenticationOptions { ServerCertificateContext = certificate }),
                })));
            _tls = builder.Build();
            _tls.Run(_ =>
            {
                Interlocked.Increment(ref _tlsRequests);
                return Task.CompletedTask;
            });
            await _tls.StartAsync(TestContext.Current.CancellationToken);
            TlsPort = new Uri(_tls.Urls.Single()).Port;
        }

        private X509Certificate2 Certificate()
        {
            var now = TimeProvider.System.GetUtcNow();
            using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var issuing = new CertificateRequest("CN=Somebody", issuerKey, HashAlgorithmName.SHA256);
            issuing.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using var issuer = issuing.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=127.0.0.3", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Parse("127.0.0.3"));
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(
                new X509AuthorityInformationAccessExtension(null, [$"http://{Issuer.LocalEndpoint}/issuer.crt"]));
            using var signed = request.Create(issuer, now.AddDays(-1), now.AddDays(1), [7]);
            return signed.CopyWithPrivateKey(key);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Fleet.Server.Settings;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Tests;

/// <summary>
/// Where a return_url must not lead, however it is spelled; the test counts the connections that arrive.
/// </summary>
public sealed class EgressTests : IAsyncLifetime
{
    private readonly TcpListener _machine = TcpListener.Create(0);
    private FleetApp? _fleet;
    private TestDevice? _device;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private int Port => ((IPEndPoint)_machine.LocalEndpoint).Port;

    public async ValueTask InitializeAsync()
    {
        _machine.Start();
        _fleet = await FleetApp.Start(null, $"--Fleet:Webhooks:AllowedPorts:0={Port}",
            "--Fleet:Webhooks:RetrySeconds:0=86400");
        _device = await Fleet.PairedDevice();
    }

    public async ValueTask DisposeAsync()
    {
        await Device.DisposeAsync();
        await Fleet.DisposeAsync();
        _machine.Dispose();
    }

    /// <summary>Spellings that lead to this machine, or would if a parser were careless.</summary>
    private static readonly string[] ThisMachine =
    [
        // IPv4 in every form that some parser takes: short, decimal, hexadecimal, octal, mixed
        "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F000001",
        "0x7f.1", "0x7f.0.0.1",
        "0177.0.0.1", "017700000001", "0177.1", "0177.0.1", "127.0.0.01", "0x7F.0X0.0.1", "127.0x1", "0x7f.0.1",
        "127.000.000.001",
        "0", "0.0.0.0", "0x0", "00", "0.0", "0.0.0", "0x00000000", "000.000.000.000", "127.0.0.1.", "2130706433.",
        "0x7f000001.",
        // more bits than there are
        "4425673729", "0x17f000001", "127.0.0.257", "127.0.65537", "383.0.0.1",
        // names
        "localhost", "LOCALHOST", "LocalHost", "localhost.", "localhost..", "LOCALHOST.", "localhost.localdomain",
        "ip6-localhost",
        "ip6-loopback", "sub.localhost", "%6c%6f%63alhost", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost",
        // digits and dots that only look different
        "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.0.0.1", "127.0.0.①", "１２７.０.０.１", "１２７。０。０。１", "２１３０７０６４３３",
        "०x7f.1", "१२७.0.0.1",
        // IPv6: short, long, with IPv4 inside, mapped, translated, tunnelled, with a zone
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[0:0:0:0:0:0:0:0]", "[::127.0.0.1]", "[::7f00:1]",
        "[::ffff:127.0.0.1]",
        "[::FFFF:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:7f00:0001]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0.0.0.0]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]",
        "[2001:0:7f00:1::]", "[2001:0000:4136:e378:8000:63bf:80ff:fffe]", "[fe80::5efe:127.0.0.1]", "[::1%25lo]",
        "[::1%lo]", "[fe80::1%251]",
        "[::1]%00", "[::1].", "::1",
        // what is before an @ or behind a backslash is no host
        "till.example@127.0.0.1", "127.0.0.1\\@till.example", "till.example\\@127.0.0.1", "127.0.0.1#@till.example",
        "127.0.0.1?@till.example",
        "127.0.0.1\t", "127.0.0.1\u0000.till.example", "127.0.0.1%00.till.example",
    ];

    /// <summary>Networks in which no receiver can be on the internet.</summary>
    private static readonly string[] SpecialNetworks =
    [
        "10.0.0.1", "10.255.255.255", "012.0.0.1", "0xa.0.0.1", "167772161", "172.16.0.1", "172.31.255.255",
        "0xac100001", "192.168.0.1",
        "192.168.1", "0300.0250.0.1", "3232235521", "100.64.0.1", "100.127.255.254", "1681915905", "169.254.0.1",
        "192.0.0.1", "192.0.0.170",
        "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255",
        // what clouds tell about a machine
        "169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
        "0xa9.0xfe.0xa9.0xfe",
        "１６９.２５４.１６９.２５４", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]", "[fd00:ec2::254]",
        "100.100.100.200", "168.63.129.16", "168.63.129.16.", "2822734096", "[::ffff:168.63.129.16]",
        "168.63.129.16%00", "192.0.0.192", "[fe80::a9fe:a9fe]",
        "[fc00::1]", "[fd12:3456:789a::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]",
        "[3fff::1]", "[5f00::1]",
        "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]", "[::10.0.0.1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]",
        "[2002:a00:1::1]",
        "[2001:0:a00:1::1]", "[2001:10::1]", "[2001:20::1]",
    ];

    [Fact]
    public async Task No_spelling_of_this_machine_is_ever_dialled()
    {
        var told = await Tell([.. ThisMachine, Dns.GetHostName()], Port);

        Assert.False(_machine.Pending());
        Assert.True(ThisMachine.Length >= 95);
        // names, which are looked up when they are dialled; the others were refused at once
        Assert.InRange(told, 1, 30);
    }

    [Fact]
    public async Task No_special_network_is_ever_dialled()
    {
        var told = await Tell(SpecialNetworks, Port);

        Assert.False(_machine.Pending());
        Assert.True(SpecialNetworks.Length >= 60);
        Assert.InRange(told, 1, 5); // names; addresses were refused at once
    }

    [Fact]
    public async Task Nor_is_a_port_of_the_nodes_own()
    {
        var silo = Fleet.Services.GetRequiredService<IOptions<FleetOptions>>().Value.SiloPort;
        foreach (var port in new[] { Fleet.Address.Port, silo, 22, 80, 5432, 11111, 30000 })
            Assert.Equal(1, await Tell(["127.0.0.1", "8.8.8.8"], port, $"port {port} is neither 443 nor in")); // public
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://till.example/")]
    [InlineData("gopher://till.example/")]
    [InlineData("jar:http://till.example/!/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/plain,hi")]
    [InlineData("ws://till.example/")]
    [InlineData("//till.example/hook")]
    [InlineData("/hook")]
    [InlineData("https://user:pw@till.example/")]
    [InlineData("https://till.example/#part")]
    [InlineData("https://till.example/\r\nX-Evil: 1")]
    [InlineData("https://")]
    public async Task What_is_no_web_address_is_refused_at_once(string url)
    {
        using var answer = await Ask(url);
        await answer.MustRefuse(422, "return_url");
    }

    private Task<HttpResponseMessage> Ask(string url) => Fleet.Till.Post($"readers/{Device.ReaderId}/checkout", new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        return_url = url,
    });

    /// <summary>
    /// Lets checkouts end whose outcomes go there, and their deliveries be tried. Returns how many of the URLs were
    /// taken; each of those must have been refused by the guard, or have no address.
    /// </summary>
    private async Task<int> Tell(string[] hosts, int port, string why = "")
    {
        var told = 0;
        foreach (var some in hosts.Chunk(8)) // many spellings are one host, which would be given up
        {
            var ids = new Dictionary<Guid, string>();
            foreach (var host in some)
            {
                if (await Tell($"http://{host}:{port}/hook") is { } id) ids[id] = host;
            }
            await Fleet.Services.GetRequiredService<WebhookSender>().Settled();
            foreach (var (id, host) in ids)
            {
                var delivery = await Fleet.Till.Delivery(id);
                var problem = delivery.TryGetProperty("problem", out var text) ? text.GetString() : "none";
                Assert.True(problem?.StartsWith($"The destination is refused: {why}", StringComparison.Ordinal) is true
                    || problem == "not sent: the name of the receiver cannot be looked up",
                    $"{host}: {WebhookCalls.ProgressOf(delivery)}, problem: {problem}");
            }
            told += ids.Count;
            Fleet.Pass(31);
        }
        return told;
    }

    /// <summary>A checkout that ended, whose outcome goes there; null when such a URL is refused.</summary>
    private async Task<Guid?> Tell(string url)
    {
        using var answer = await Ask(url);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity) return null;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        using var ended = await Fleet.Till.Post($"readers/{Device.ReaderId}/terminate", new { });
        return (await answer.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid();
    }
}

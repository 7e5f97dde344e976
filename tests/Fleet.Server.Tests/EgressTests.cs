using System.Net;
using System.Net.Sockets;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Where a return_url may not lead, however it is spelled: what counts are the connections that arrive.</summary>
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
        _fleet = await FleetApp.Start(null, $"--Fleet:Webhooks:AllowedPorts:0={Port}");
        _device = await Fleet.PairedDevice();
    }

    public async ValueTask DisposeAsync()
    {
        await Device.DisposeAsync();
        await Fleet.DisposeAsync();
        _machine.Dispose();
    }

    [Fact]
    public async Task No_spelling_of_this_machine_is_ever_dialled()
    {
        string[] hosts =
        [
            "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1",
            "0177.0.0.1", "017700000001", "0177.1", "127.0.0.01", "0x7F.0X0.0.1", "0", "0.0.0.0", "0x0", "00", "localhost", "LOCALHOST",
            "localhost.", "%6c%6f%63alhost", "127。0。0。1", "①②⑦.0.0.1", "127.0.0.①", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
            "[0000::0001]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
            "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", Dns.GetHostName(),
        ];
        foreach (var host in hosts) await Tell($"http://{host}:{Port}/hook");

        Assert.False(_machine.Pending());
        Assert.True(hosts.Length >= 38);
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

    /// <summary>Lets a checkout end whose outcome goes there, if that is taken at all, and its delivery be tried.</summary>
    private async Task Tell(string url)
    {
        using var answer = await Ask(url);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity) return;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        using var ended = await Fleet.Till.Post($"readers/{Device.ReaderId}/terminate", new { });
        await Fleet.Services.GetRequiredService<WebhookSender>().Settled();
    }
}

using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Fleet.Protocol;
using Fleet.Server.Hosting;
using Fleet.Torture.Processes;

namespace Fleet.Server.Tests;

/// <summary>TLS for tills and devices, by the node itself.</summary>
public sealed class WebTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-web-").FullName;
    private readonly Authority _authority = new("Ours"), _devices = new("Devices"), _others = new("Others");
    private readonly int _port = Ports.Next();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Uri LinkAddress => new($"wss://127.0.0.1:{_port}{Link.Path}");

    public void Dispose()
    {
        foreach (var authority in new[] { _authority, _devices, _others }) authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_is_shown_at_once_and_closes_no_link()
    {
        await using var fleet = await FleetApp.Start(null, Settings("first"));
        await using var device = await Device();
        await fleet.Pair(device);
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.Equal("CN=first", await Shown());
        Settings("second");

        Assert.Equal("CN=second", await Shown());
        await device.Pay();
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task Devices_show_a_certificate_of_their_authority_and_tills_show_none()
    {
        await using var fleet = await FleetApp.Start(
            null, [.. Settings("node"), $"--Fleet:DeviceAuthority={_devices.WriteRoot(_folder)}"]);
        using var good = _devices.Issue("device");
        using var foreign = _others.Issue("device");

        Assert.Equal(HttpStatusCode.Forbidden, await Refused(LinkAddress));
        Assert.Equal(HttpStatusCode.Forbidden, await Refused(fleet.LinkAddress)); // without TLS
        Assert.NotEqual(HttpStatusCode.SwitchingProtocols, await Refused(LinkAddress, foreign));
        Assert.Equal("CN=node", await Shown()); // a till
        await using var device = await Device(good);
        await fleet.Pair(device);
    }

    [Theory]
    [InlineData("Certificate is set, but no address begins with https", "http://127.0.0.1:0")]
    [InlineData("DeviceAuthority is set, but urls has none with https", "http://127.0.0.1:0",
        "--operations-url=https://127.0.0.1:0", "--Fleet:DeviceAuthority=ca.pem")]
    [InlineData("DeviceAuthority must be a PEM file", "https://127.0.0.1:0", "--Fleet:DeviceAuthority=web.key")]
    public void Certificates_that_would_not_be_used_are_named(string named, string urls, params string[] settings)
    {
        _devices.WriteRoot(_folder);
        var all = settings.Select(setting => setting.Replace("Authority=", $"Authority={_folder}/"))
            .Append($"--urls={urls}").Concat(Settings("node")).DistinctBy(setting => setting.Split('=')[0]);
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build([.. all]));
        Assert.Contains(named, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_of_devices_needs_a_certificate_of_the_node()
    {
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
            [$"--Fleet:DeviceAuthority={_devices.WriteRoot(_folder)}"]));
        Assert.Contains("DeviceAuthority is set, but Certificate", wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Makes the node a certificate, and says so in settings.</summary>
    private string[] Settings(string name)
    {
        using var issued = _authority.Issue(name);
        var (certificate, key) = Authority.Write(_folder, issued, "web");
        return
        [
            $"--urls=http://127.0.0.1:0;https://127.0.0.1:{_port}",
            $"--Fleet:Certificate={certificate}", $"--Fleet:CertificateKey={key}",
        ];
    }

    private Task<TestDevice> Device(X509Certificate2? certificate = null) => TestDevice.Connect(
        LinkAddress, "TLS-000001", configure: options => Trust(options, certificate));

    /// <summary>How a node answers a device; 101 if it lets it in, null if TLS ends the connection.</summary>
    private async Task<HttpStatusCode?> Refused(Uri address, X509Certificate2? certificate = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Link.SubProtocol);
        socket.Options.CollectHttpResponseDetails = true;
        Trust(socket.Options, certificate);
        var failed = await Record.ExceptionAsync(() => socket.ConnectAsync(address, Cancel));
        return failed is null ? HttpStatusCode.SwitchingProtocols
            : socket.HttpStatusCode is 0 ? null : socket.HttpStatusCode;
    }

    private void Trust(ClientWebSocketOptions options, X509Certificate2? certificate)
    {
        options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == _authority.Root.Subject;
        if (certificate is not null) options.ClientCertificates.Add(certificate);
    }

    /// <summary>The subject of the certificate that a till sees.</summary>
    private async Task<string> Shown()
    {
        var subject = "";
        using var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new()
            {
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, shown, _, _) => (subject = shown?.Subject ?? "").Length > 0,
            },
        });
        http.DefaultRequestHeaders.Authorization = new("Bearer", FleetApp.Key);
        using var answer = await http.GetAsync(
            new Uri($"https://127.0.0.1:{_port}/v0.1/merchants/{FleetApp.Merchant}/readers"), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return subject;
    }
}

using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Fleet.Server.Hosting;
using Fleet.Server.Settings;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService;

namespace Fleet.Server.Tests;

/// <summary>TLS between the silos of a cluster.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class SiloTlsTests : IDisposable
{
    private const string Name = "fleet-silo";

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-silo-").FullName;
    private readonly Authority _ours = new("Ours"), _others = new("Others");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var authority in new[] { _ours, _others }) authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_silos_say_can_be_read_on_the_wire_only_without_tls(bool encrypted)
    {
        await using Wire one = new(), other = new();
        string[] tls = encrypted ? Silo("one", _ours, Name) : [];
        await using var first = await FleetApp.StartCluster(one.PutBefore, [.. tls, one.Setting]);
        await using var second = await first.StartAnother(other.PutBefore, [.. tls, other.Setting]);
        for (var round = 0; round < 6; round++)
        {
            var (near, far) = round % 2 == 0 ? (first, second) : (second, first);
            await using var device = await near.PairedDevice();
            var checkout = await far.Till.Charge(device.ReaderId);
            await device.Pay();
            Assert.Equal("successful", await near.Till.Outcome(device.ReaderId, checkout));
        }

        Assert.True(one.Length + other.Length > 10_000, $"{one.Length} and {other.Length} bytes");
        Assert.Equal(!encrypted, one.Saw(FleetApp.Merchant) || other.Saw(FleetApp.Merchant));
    }

    [Theory]
    [InlineData("no certificate")]
    [InlineData("one of another authority")]
    [InlineData("one with another name")]
    public async Task A_silo_without_a_certificate_of_the_cluster_cannot_join_it(string shown)
    {
        await using var fleet = await FleetApp.StartCluster(Silo("one", _ours, Name));
        var others = shown switch
        {
            "no certificate" => [],
            "one of another authority" => Silo("two", _others, Name),
            _ => Silo("two", _ours, "other-chain"),
        };
        await Assert.ThrowsAsync<OrleansClusterConnectivityCheckFailedException>(
            () => fleet.StartAnother(GiveUpSoon, others));

        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_shows_no_certificate_gets_no_answer_at_the_port_of_a_silo(bool tls)
    {
        var port = Ports.Next();
        await using var fleet = await FleetApp.StartCluster([.. Silo("one", _ours, Name), $"--silo-port={port}"]);
        using var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, port, Cancel);
        await using Stream stream = tls
            ? new SslStream(caller.GetStream(), false, (_, shown, _, _) => shown is not null)
            : caller.GetStream();
        if (stream is SslStream encrypted) await encrypted.AuthenticateAsClientAsync(Name);

        var answer = new MemoryStream();
        var end = await Record.ExceptionAsync(async () =>
        {
            await stream.WriteAsync(new byte[64], Cancel);
            await stream.CopyToAsync(answer, Cancel);
        });
        Assert.True(end is null or IOException, $"{end}");
        Assert.InRange(answer.Length, 0, 7); // a refusal of TLS itself
    }

    [Theory]
    [InlineData("SiloCertificate, SiloCertificateKey and SiloAuthority go together", "SiloCertificate=silo.pem")]
    [InlineData("go together", "SiloCertificate=silo.pem", "SiloCertificateKey=silo.key")]
    [InlineData("SiloCertificate and SiloCertificateKey must fit", "SiloCertificate=ca.pem",
        "SiloCertificateKey=silo.key", "SiloAuthority=ca.pem")]
    [InlineData("SiloAuthority must be a PEM file", "SiloCertificate=silo.pem", "SiloCertificateKey=silo.key",
        "SiloAuthority=silo.key")]
    [InlineData("SiloCertificate must be a certificate that is for the DNS name fleet-silo",
        "SiloCertificate=other.pem", "SiloCertificateKey=other.key", "SiloAuthority=ca.pem")]
    [InlineData("Certificate and CertificateKey go together", "Certificate=silo.pem")]
    [InlineData("Certificate and CertificateKey must fit", "Certificate=silo.pem", "CertificateKey=other.key")]
    public void Settings_of_certificates_that_do_not_go_together_are_named(string named, params string[] settings)
    {
        Silo("silo", _ours, Name);
        Silo("other", _ours, "other-chain");
        _ours.WriteRoot(_folder);
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
            [.. settings.Select(setting => $"--Fleet:{setting.Replace("=", $"={_folder}/")}")]));

        Assert.Contains(named, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expired", "that has not expired")]
    [InlineData("early", "that is valid already")]
    [InlineData("server", "that is for servers and for clients")]
    [InlineData("client", "that is for servers and for clients")]
    [InlineData("foreign", "that an authority of SiloAuthority has issued")]
    public void A_certificate_that_no_silo_would_believe_stops_the_start(string kind, string why)
    {
        using var issued = kind switch
        {
            "expired" => _ours.Issue("silo", null, Name, (-20, -1)),
            "early" => _ours.Issue("silo", null, Name, (1, 20)),
            "server" => _ours.Issue("silo", CertificateChecks.Servers, Name),
            "client" => _ours.Issue("silo", CertificateChecks.Clients, Name),
            _ => _others.Issue("silo", null, Name),
        };
        var (certificate, key) = Authority.Write(_folder, issued, kind);
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
        [
            $"--Fleet:SiloCertificate={certificate}", $"--Fleet:SiloCertificateKey={key}",
            $"--Fleet:SiloAuthority={_ours.WriteRoot(_folder)}",
        ]));

        Assert.Contains($"The field SiloCertificate must be a certificate {why}", wrong.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Certificate", "--urls=https://127.0.0.1:0")]
    [InlineData("GrpcCertificate", "--grpc-url=https://127.0.0.1:0")]
    public void A_certificate_for_clients_only_is_none_for_tills_devices_and_callers(string field, string address)
    {
        using var issued = _ours.Issue("node", CertificateChecks.Clients);
        var (certificate, key) = Authority.Write(_folder, issued);
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
            [address, $"--Fleet:{field}={certificate}", $"--Fleet:{field}Key={key}"]));

        Assert.Contains($"The field {field} must be a certificate for servers", wrong.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urls=https://127.0.0.1:0")]
    [InlineData("--operations-url=https://127.0.0.1:0")]
    [InlineData("--Fleet:AdminUrl=https://127.0.0.1:0")]
    public void An_address_with_https_needs_a_certificate(string address) => Assert.Contains(
        "The address https://127.0.0.1:0 begins with https, so the fields Certificate and CertificateKey must name",
        Assert.Throws<ValidationException>(() => FleetNode.Build([address])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_name_of_all_silos_must_be_one_of_dns()
    {
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
            Silo("silo", _ours, "10.0.0.1")));
        Assert.Contains("SiloCertificateName must be a DNS name", wrong.Message, StringComparison.Ordinal);
    }

    private static void GiveUpSoon(WebApplicationBuilder builder) =>
        builder.UseOrleans(silo => silo.Configure<ClusterMembershipOptions>(
            members => members.MaxJoinAttemptTime = TimeSpan.FromSeconds(4)));

    /// <summary>Makes a silo a certificate, and says so in settings.</summary>
    private string[] Silo(string file, Authority authority, string name)
    {
        using var issued = authority.Issue(file, dnsName: name);
        var (certificate, key) = Authority.Write(_folder, issued, file);
        return
        [
            $"--Fleet:SiloCertificate={certificate}", $"--Fleet:SiloCertificateKey={key}",
            $"--Fleet:SiloAuthority={authority.WriteRoot(Directory.CreateDirectory($"{_folder}/{file}").FullName)}",
            $"--Fleet:SiloCertificateName={name}",
        ];
    }
}

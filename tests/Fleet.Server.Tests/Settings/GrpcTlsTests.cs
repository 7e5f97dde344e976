using System.ComponentModel.DataAnnotations;
using System.Net.Sockets;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fleet.Server.Hosting;
using Fleet.Torture.Processes;
using Grpc.Core;
using Grpc.Net.Client;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>gRPC over TLS: with the node's certificate, and with its callers' if it asks for them.</summary>
public sealed class GrpcTlsTests : IDisposable
{
    private const string Answered = nameof(StatusCode.NotFound), NotLetIn = "not let in";

    private const string Https = "--grpc-url=https://127.0.0.1:0", Http = "--grpc-url=http://127.0.0.1:0",
        ForServers = "1.3.6.1.5.5.7.3.1";

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-tls-").FullName;
    private readonly Authority _authority = new("Ours"), _callers = new("Callers"), _strangers = new("Strangers");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var authority in new[] { _authority, _callers, _strangers }) authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_call_over_tls_is_answered_by_the_nodes_certificate()
    {
        await using var fleet = await FleetApp.Start(null, [Https, .. Certificate("node")]);

        Assert.Equal(Answered, await Ask(fleet.GrpcAddress));
        Assert.Equal("CN=node", await Shown(fleet.GrpcAddress));
    }

    [Fact]
    public async Task The_metrics_say_when_the_certificate_that_is_shown_expires()
    {
        await using var fleet = await FleetApp.Start(null, [Https, .. Certificate("node")]);
        using var inFile = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, "grpc.pem"));
        var end = new DateTimeOffset(inFile.NotAfter).ToUnixTimeSeconds();

        Assert.Equal(end, await Expiry());
        File.Delete(Path.Combine(_folder, "grpc.pem"));
        Assert.Equal(end, await Expiry());

        async Task<double?> Expiry() =>
            (await Metrics.Of(fleet))["fleet_certificate_expiry_timestamp_seconds", ("use", "grpc")];
    }

    [Fact]
    public async Task A_node_that_asks_for_certificates_lets_in_only_those_of_its_authority()
    {
        await using var fleet = await FleetApp.Start(null,
            [Https, .. Certificate("node"), $"--Fleet:GrpcClientCa={_callers.WriteRoot(_folder)}"]);
        using var caller = _callers.Issue("caller");
        using var stranger = _strangers.Issue("caller");
        using var server = _callers.Issue("server", ForServers);

        Assert.Equal(Answered, await Ask(fleet.GrpcAddress, caller));
        Assert.Equal(NotLetIn, await Ask(fleet.GrpcAddress));
        Assert.Equal(NotLetIn, await Ask(fleet.GrpcAddress, stranger));
        Assert.Equal(NotLetIn, await Ask(fleet.GrpcAddress, server));
        _strangers.WriteRoot(_folder);
        Assert.Equal(Answered, await Ask(fleet.GrpcAddress, stranger));
        Assert.Equal(NotLetIn, await Ask(fleet.GrpcAddress, caller));
    }

    [Fact]
    public async Task A_certificate_that_was_replaced_is_shown_without_a_new_start()
    {
        await using var fleet =
            await FleetApp.Start(null, [$"--grpc-url=https://127.0.0.1:{Ports.Next()}", .. Certificate("first")]);
        Assert.Equal("CN=first", await Shown(fleet.GrpcAddress));
        Certificate("second");

        Assert.Equal("CN=second", await Shown(fleet.GrpcAddress));
        Assert.Equal(Answered, await Ask(fleet.GrpcAddress));
    }

    [Fact]
    public async Task A_certificate_stays_while_the_new_files_do_not_fit_each_other()
    {
        await using var fleet = await FleetApp.Start(null, [Https, .. Certificate("first")]);
        var key = await File.ReadAllTextAsync(Path.Combine(_folder, "grpc.key"), Cancel);
        Certificate("second");
        var newKey = await File.ReadAllTextAsync(Path.Combine(_folder, "grpc.key"), Cancel);
        await File.WriteAllTextAsync(Path.Combine(_folder, "grpc.key"), key, Cancel);
        Assert.Equal("CN=first", await Shown(fleet.GrpcAddress));
        File.Delete(Path.Combine(_folder, "grpc.key"));
        Assert.Equal("CN=first", await Shown(fleet.GrpcAddress));

        await File.WriteAllTextAsync(Path.Combine(_folder, "grpc.key"), newKey, Cancel);
        Assert.Equal("CN=second", await Shown(fleet.GrpcAddress));
    }

    [Theory]
    [InlineData("GrpcCertificate and GrpcCertificateKey must name", Https)]
    [InlineData("GrpcCertificate and GrpcCertificateKey must name", Https, "GrpcCertificate=grpc.pem")]
    [InlineData("GrpcCertificate and GrpcCertificateKey must name", Https, "GrpcCertificateKey=grpc.key")]
    [InlineData("GrpcCertificate and GrpcCertificateKey must fit", Https, "GrpcCertificate=none.pem",
        "GrpcCertificateKey=grpc.key")]
    [InlineData("GrpcCertificate and GrpcCertificateKey must fit", Https, "GrpcCertificate=ca.pem",
        "GrpcCertificateKey=grpc.key")]
    [InlineData("GrpcCertificate and GrpcCertificateKey must fit", Https, "GrpcCertificate=grpc.pem",
        "GrpcCertificateKey=grpc.pem")]
    [InlineData("GrpcClientCa must be", Https, "GrpcCertificate=grpc.pem", "GrpcCertificateKey=grpc.key",
        "GrpcClientCa=none.pem")]
    [InlineData("GrpcClientCa must be", Https, "GrpcCertificate=grpc.pem", "GrpcCertificateKey=grpc.key",
        "GrpcClientCa=grpc.key")]
    [InlineData("GrpcClientCa are for", Http, "GrpcCertificate=grpc.pem", "GrpcCertificateKey=grpc.key")]
    [InlineData("GrpcClientCa are for", Http, "GrpcClientCa=ca.pem")]
    public void Settings_of_tls_that_do_not_go_together_are_named(string named, string url, params string[] settings)
    {
        Certificate("node");
        _authority.WriteRoot(_folder);
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
            [url, .. settings.Select(setting => $"--Fleet:{setting.Replace("=", $"={_folder}/")}")]));

        Assert.Contains(named, wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Makes the node a certificate, and says so in settings.</summary>
    private string[] Certificate(string name)
    {
        using var issued = _authority.Issue(name);
        var (certificate, key) = Authority.Write(_folder, issued);
        return [$"--Fleet:GrpcCertificate={certificate}", $"--Fleet:GrpcCertificateKey={key}"];
    }

    /// <summary>The result of a call about a checkout that does not exist.</summary>
    private async Task<string> Ask(Uri address, X509Certificate2? caller = null)
    {
        using var channel = GrpcChannel.ForAddress(address, new()
        {
            HttpHandler = new SocketsHttpHandler { SslOptions = Trusting(caller) }, DisposeHttpClient = true,
        });
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await new Proto.Checkouts.CheckoutsClient(channel).GetAsync(
            new() { CheckoutId = "none" }, new Metadata { { "authorization", $"Bearer {FleetApp.Key}" } },
            cancellationToken: Cancel));
        // A connection that ends while it begins is told of in two ways, by who is faster.
        TestContext.Current.TestOutputHelper?.WriteLine($"{refused}");
        return refused.StatusCode is StatusCode.Unavailable or StatusCode.Internal ? NotLetIn : $"{refused.StatusCode}";
    }

    /// <summary>The subject of the certificate a node shows; what went wrong if it shows none.</summary>
    private async Task<string> Shown(Uri address)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(address.Host, address.Port, Cancel);
            await using var tls = new SslStream(socket.GetStream());
            var options = Trusting();
            (options.TargetHost, options.ApplicationProtocols) = (address.Host, [SslApplicationProtocol.Http2]);
            await tls.AuthenticateAsClientAsync(options, Cancel);
            return tls.RemoteCertificate?.Subject ?? "";
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return e.Message;
        }
    }

    /// <summary>How a caller connects that trusts our authority.</summary>
    private SslClientAuthenticationOptions Trusting(X509Certificate2? caller = null)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.Add(_authority.Root);
        return new()
        {
            CertificateChainPolicy = policy, ClientCertificates = caller is null ? [] : [caller],
            AllowTlsResume = false, // no session is resumed from an earlier test at 127.0.0.1
        };
    }
}

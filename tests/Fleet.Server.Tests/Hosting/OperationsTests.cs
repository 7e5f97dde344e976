using System.Net;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>What operators see, on an address of its own and nowhere else.</summary>
public sealed class OperationsTests(OperationsTests.Node node) : IClassFixture<OperationsTests.Node>
{
    private const string Ready = "/health/ready", Metrics = "/metrics", Dashboard = "/dashboard";

    [Theory]
    [InlineData("/health/live")]
    [InlineData(Ready)]
    [InlineData(Metrics)]
    public async Task Health_and_metrics_are_told_without_a_key(string path) =>
        Assert.Equal(HttpStatusCode.OK, await Get(node.Fleet.OperationsAddress, path));

    [Theory]
    [InlineData("/health/live")]
    [InlineData(Ready)]
    [InlineData(Metrics)]
    [InlineData(Dashboard)]
    [InlineData("/dashboard/version")]
    public async Task Nothing_of_operations_is_on_the_public_addresses(string path)
    {
        Assert.Equal(HttpStatusCode.NotFound, await Get(node.Fleet.Address, path, Bearer(FleetApp.ChainKey)));
        Assert.Equal(HttpStatusCode.NotFound, await Get(node.Fleet.GrpcAddress, path, Bearer(FleetApp.ChainKey)));
    }

    [Theory]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    [InlineData("/v0.1/merchants/MTILL001/readers")]
    [InlineData("/fleet/v1/stores")]
    [InlineData("/link/v1")]
    public async Task Nothing_of_tills_and_devices_is_on_the_address_of_operations(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, await Get(node.Fleet.OperationsAddress, path, Bearer(FleetApp.Key)));

    [Fact]
    public async Task The_name_a_caller_gives_the_node_opens_nothing()
    {
        using var http = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Fleet.Address, Metrics));
        ask.Headers.Host = node.Fleet.OperationsAddress.Authority;
        using var answer = await http.SendAsync(ask, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer wrong", 401)]
    [InlineData("Basic wrong", 401)]
    [InlineData("Bearer " + FleetApp.ReadOnlyKey, 403)]
    [InlineData("Bearer " + FleetApp.Key, 403)] // it shows what other merchants have too
    [InlineData("Bearer " + FleetApp.ChainKey, 200)]
    public async Task The_dashboard_wants_an_admin_key_of_the_whole_chain(string? authorization, int status)
    {
        foreach (var path in new[] { "/dashboard/", "/dashboard/version", "/dashboard/DashboardCounters" })
            Assert.Equal(status, (int)await Get(node.Fleet.OperationsAddress, path, authorization));
    }

    [Fact]
    public async Task A_browser_gives_the_key_as_a_password()
    {
        using var http = new HttpClient();
        using var asked = await http.GetAsync(
            new Uri(node.Fleet.OperationsAddress, Dashboard), TestContext.Current.CancellationToken);
        Assert.Equal("Basic realm=\"Fleet\"", asked.Headers.WwwAuthenticate.ToString());

        var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{FleetApp.ChainKey}"))}";
        Assert.Equal(HttpStatusCode.OK, await Get(node.Fleet.OperationsAddress, "/dashboard/", basic));
    }

    [Fact]
    public async Task Without_the_setting_there_is_no_dashboard()
    {
        await using var fleet = await FleetApp.Start();
        Assert.Equal(HttpStatusCode.NotFound,
            await Get(fleet.OperationsAddress, "/dashboard/", Bearer(FleetApp.ChainKey)));
    }

    [Fact]
    public async Task An_empty_address_turns_all_of_it_off()
    {
        await using var fleet = await FleetApp.Start(null, "--operations-url=");
        Assert.Equal(fleet.GrpcAddress, fleet.OperationsAddress); // the last one there is
        Assert.Equal(HttpStatusCode.NotFound, await Get(fleet.Address, Ready));
        using var readers = await fleet.Till.Get("readers");
        Assert.Equal(HttpStatusCode.OK, readers.StatusCode);
    }

    private static string Bearer(string key) => $"Bearer {key}";

    private async Task<HttpStatusCode> Get(Uri address, string path, string? authorization = null)
    {
        using var http = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        if (address == node.Fleet.GrpcAddress) (ask.Version, ask.VersionPolicy)
            = (new(2, 0), HttpVersionPolicy.RequestVersionExact);
        if (authorization is not null) ask.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await http.SendAsync(ask, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    /// <summary>A node that shows the dashboard.</summary>
    public sealed class Node : IAsyncLifetime
    {
        private FleetApp? _fleet;

        public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not there yet.");

        public async ValueTask InitializeAsync() => _fleet = await FleetApp.Start(null, "--Fleet:Dashboard=true");

        public async ValueTask DisposeAsync()
        {
            if (_fleet is not null) await _fleet.DisposeAsync();
        }
    }
}

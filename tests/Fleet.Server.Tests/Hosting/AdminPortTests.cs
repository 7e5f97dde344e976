using System.Net;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>
/// With an address of its own the administration is found there and nowhere else, over REST and over gRPC.
/// </summary>
public sealed partial class AdminPortTests(AdminPortTests.Node node) : IClassFixture<AdminPortTests.Node>
{
    private const int PublicAddress = 0, GrpcAddress = 1, AdminAddress = 2;

    /// <summary>The calls of the administration, and nothing else is.</summary>
    private static readonly string[] Administration =
    [
        "Audit.List", "Audit.Verify", "Keys.Create", "Keys.List", "Keys.Revoke", "Keys.Rotate",
        "Merchants.AddAffiliateKey", "Merchants.Create", "Merchants.Get", "Merchants.GetLink", "Merchants.Link",
        "Merchants.List", "Merchants.Resume", "Merchants.RetireAffiliateKey", "Merchants.RotateWebhookSecret",
        "Merchants.Suspend", "Merchants.Unlink", "Merchants.Update", "Retention.Get", "Retention.Run",
        "Stores.Create", "Stores.Rename", "Stores.Retire", "Totals.Rebuild",
    ];

    private static readonly Marshaller<byte[]> Bytes = new(bytes => bytes, bytes => bytes);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_all_methods_of_grpc_only_the_administration_is_hidden()
    {
        var hidden = new List<string>();
        foreach (var method in RpcContract.Files.SelectMany(file => file.Services).SelectMany(one => one.Methods))
        {
            var name = $"{method.Service.Name}.{method.Name}";
            if (await Call(GrpcAddress, method) is StatusCode.Unimplemented) hidden.Add(name);
            Assert.Equal((name, StatusCode.Unauthenticated), (name, await Call(AdminAddress, method)));
        }
        Assert.Equal(Administration, hidden.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_all_routes_of_the_description_only_the_administration_is_hidden()
    {
        Assert.NotEmpty(Described.Agreed.Operations);
        foreach (var words in Described.Agreed.Operations.Select(operation => operation.Name.Split(' ')))
        {
            var (verb, path) = (new HttpMethod(words[0]), Variable().Replace(words[1], "x"));
            var expected = (path,
                IsAdministrative(verb, words[1]) ? HttpStatusCode.NotFound : HttpStatusCode.Unauthorized);
            Assert.Equal(expected, (path, await Ask(PublicAddress, verb, path)));
            Assert.Equal(expected, (path, await Ask(GrpcAddress, verb, path)));
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await Ask(AdminAddress, verb, path)));
        }
    }

    /// <summary>No method, known or not, tells a path of the administration from one that does not exist.</summary>
    [Theory]
    [InlineData("/fleet/v1/keys")]
    [InlineData("/fleet/v1/keys/x")]
    [InlineData("/fleet/v1/audit")]
    [InlineData("/fleet/v1/merchants/x")]
    [InlineData("/fleet/v1/totals/x/rebuild")]
    [InlineData("/fleet.v1.Keys/Create")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    [InlineData("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task A_hidden_path_answers_each_method_as_one_that_does_not_exist(string path)
    {
        foreach (var verb in new[] { "OPTIONS", "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FLEET" })
        {
            foreach (var address in new[] { PublicAddress, GrpcAddress })
            {
                Assert.Equal((verb, await Answer(address, new(verb), "/fleet/v1/nothing")),
                    (verb, await Answer(address, new(verb), path)));
            }
        }
    }

    [Theory]
    [InlineData("PUT", "GET")]
    [InlineData("OPTIONS", "GET")]
    public async Task Where_only_some_methods_are_hidden_the_others_are_named(string verb, string named)
    {
        foreach (var path in new[] { "/fleet/v1/stores", "/fleet/v1/stores/x" })
        {
            var answer = await Answer(PublicAddress, new(verb), path);
            Assert.StartsWith($"405 {named} ", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/console")]
    [InlineData("/console/style.css")]
    public async Task The_description_and_the_console_are_with_the_administration(string path)
    {
        Assert.Equal(HttpStatusCode.NotFound, await Ask(PublicAddress, HttpMethod.Get, path));
        Assert.Equal(HttpStatusCode.NotFound, await Ask(GrpcAddress, HttpMethod.Get, path));
        Assert.NotEqual(HttpStatusCode.NotFound, await Ask(AdminAddress, HttpMethod.Get, path));
    }

    [Fact]
    public async Task A_key_of_the_head_office_works_at_the_address_of_the_administration_only()
    {
        Assert.Equal(HttpStatusCode.NotFound,
            await Ask(PublicAddress, HttpMethod.Get, "/fleet/v1/keys", key: FleetApp.ChainKey));
        Assert.Equal(HttpStatusCode.OK,
            await Ask(AdminAddress, HttpMethod.Get, "/fleet/v1/keys", key: FleetApp.ChainKey));
    }

    private static bool IsAdministrative(HttpMethod verb, string path) =>
        Administrative().IsMatch(path)
        || (path.StartsWith("/fleet/v1/keys", StringComparison.Ordinal) && path != "/fleet/v1/keys/self")
        || path == "/fleet/v1/totals/{day}/rebuild"
        || (path is "/fleet/v1/stores" or "/fleet/v1/stores/{store}" && verb != HttpMethod.Get);

    /// <summary>
    /// Asks without a key, unless one is given: what is hidden is not found, and all else wants a key.
    /// </summary>
    private async Task<HttpStatusCode> Ask(int address, HttpMethod verb, string path, string? key = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var ask = new HttpRequestMessage(verb, new Uri(node.Addresses[address], path));
        if (address != PublicAddress)
            (ask.Version, ask.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        if (key is not null) ask.Headers.Authorization = new("Bearer", key);
        using var answer = await http.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead, Cancel);
        return answer.StatusCode;
    }

    /// <summary>The status, what is allowed instead, and the body.</summary>
    private async Task<string> Answer(int address, HttpMethod verb, string path)
    {
        using var http = new HttpClient();
        using var ask = new HttpRequestMessage(verb, new Uri(node.Addresses[address], path));
        if (address != PublicAddress)
            (ask.Version, ask.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var answer = await http.SendAsync(ask, Cancel);
        return $"{(int)answer.StatusCode} {string.Join(", ", answer.Content.Headers.Allow)} "
            + await answer.Content.ReadAsStringAsync(Cancel);
    }

    /// <summary>The same of a method of gRPC.</summary>
    private async Task<StatusCode> Call(int address, MethodDescriptor method)
    {
        using var channel = GrpcChannel.ForAddress(node.Addresses[address]);
        var call = new Method<byte[], byte[]>(
            MethodType.ServerStreaming, method.Service.FullName, method.Name, Bytes, Bytes);
        using var answer = channel.CreateCallInvoker().AsyncServerStreamingCall(call, null, new(), []);
        var refused = await Assert.ThrowsAsync<RpcException>(() => answer.ResponseStream.MoveNext(Cancel));
        return refused.StatusCode;
    }

    [GeneratedRegex("^/fleet/v1/(audit|merchants|retention)")]
    private static partial Regex Administrative();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Variable();

    /// <summary>A node with an address for the administration.</summary>
    public sealed class Node : IAsyncLifetime
    {
        private FleetApp? _fleet;

        /// <summary>Of the API, of gRPC, of the administration, of operators.</summary>
        public IReadOnlyList<Uri> Addresses { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            _fleet = await FleetApp.Start(null, "--Fleet:AdminUrl=http://127.0.0.1:0", "--Fleet:Console=public",
                "--sandbox=true", "--sandbox-readers=false");
            Addresses = [.. (_fleet.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()
                ?.Addresses ?? []).Select(address => new Uri(address))];
        }

        public async ValueTask DisposeAsync()
        {
            if (_fleet is not null) await _fleet.DisposeAsync();
        }
    }
}

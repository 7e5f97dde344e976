using System.Net.Http.Json;
using System.Text;
using Fleet.Client;
using Fleet.Core.Access;
using Fleet.Protocol;
using Fleet.Server.Api;
using Fleet.Server.Console;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>
/// The separation of merchants: objects beyond a key's reach are answered exactly as if they did not exist.
/// </summary>
public sealed class TenantTests(Lane lane) : IClassFixture<Lane>
{
    private const string NobodysCheckout = "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c";

    /// <summary>
    /// Routes that need no key: they describe the API, or devices bring proof of their own, or operations asks how the
    /// node is.
    /// </summary>
    private static readonly string[] Public = ["/", "/openapi/v1.json", "/docs", "/docs/{documentName?}",
        "/docs/scalar.js", "/docs/scalar.aspnetcore.js", "/docs/favicon.svg", Link.Path, "/health/live",
        "/health/ready",
        "/metrics",
        // Its address is a token of Fleet's own, and nothing in a call is believed.
        "/fleet/v1/callbacks/{token}",
        // Its calls are signed.
        "/fleet/v1/cloud-events/{merchant}",
        // Of gRPC: how the node is, and what it says to methods that it does not have.
        "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List",
        "{unimplementedService}/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.Checkouts/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.Readers/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.Stores/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.FleetStatus/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.Keys/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.Audit/{unimplementedMethod:grpcunimplemented}",
        "fleet.v1.Webhooks/{unimplementedMethod:grpcunimplemented}",
        "grpc.health.v1.Health/{unimplementedMethod:grpcunimplemented}"];

    /// <summary>
    /// What a route may ask for that changes something, and one that does not: webhooks have one scope.
    /// </summary>
    private static readonly Scopes[] Writing = [
            Scopes.ReadersWrite, Scopes.CheckoutsWrite, Scopes.RefundsWrite, Scopes.WebhooksWrite, Scopes.Admin,
            Scopes.OutcomesWrite, Scopes.TestsWrite, Scopes.IncidentsWrite,
        ],
        Reading = [
            Scopes.ReadersRead, Scopes.CheckoutsRead, Scopes.TransactionsRead, Scopes.ReceiptsRead,
            Scopes.WebhooksWrite,
            Scopes.FleetRead, Scopes.Admin, Scopes.None, Scopes.TestsWrite,
        ];

    public static TheoryData<string, string> Operations => new()
    {
        { "GET", "readers" }, { "POST", "readers" },
        { "GET", "readers/{reader}" }, { "PATCH", "readers/{reader}" }, { "DELETE", "readers/{reader}" },
        { "GET", "readers/{reader}/status" },
        { "POST", "readers/{reader}/checkout" }, { "GET", "readers/{reader}/checkout/{checkout}" },
        { "POST", "readers/{reader}/terminate" },
    };

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer    ")]
    [InlineData("Bearer wrong-key")]
    [InlineData("Bearer TILL-KEY")]
    [InlineData("Bearer till-key till-key")]
    [InlineData("Bearer till-key,other-key")]
    [InlineData("Bearertill-key")]
    [InlineData("Basic dGlsbC1rZXk6")]
    [InlineData("Basic till-key")]
    [InlineData("till-key")]
    public async Task Whatever_is_no_key_is_refused_like_no_key_at_all(string authorization)
    {
        var keyless = lane.Fleet.TillOf(FleetApp.Merchant, null);
        using var answer = await keyless.Send(HttpMethod.Get, "readers", null, ("Authorization", authorization));
        using var without = await keyless.Get("readers");

        await answer.MustRefuse(401);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal(await Told(without), await Told(answer));
    }

    [Theory]
    [InlineData("{", "application/json", 1)]
    [InlineData("{}", "text/plain", 1)]
    [InlineData("{}", "application/json", 40_000)]
    public async Task The_key_is_looked_at_before_the_body(string text, string mediaType, int times)
    {
        var body = new StringContent(string.Concat(Enumerable.Repeat(text, times)), Encoding.UTF8, mediaType);
        using var answer = await lane.Fleet.TillOf(FleetApp.Merchant, null)
            .Send(HttpMethod.Post, $"readers/{lane.ReaderId}/checkout", body,
                // the server hangs up on a body it did not read, and the next request must not meet that
                ("Connection", "close"));

        await answer.MustRefuse(401);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("api_key")]
    [InlineData("key")]
    public async Task A_key_in_the_query_is_no_key(string name)
    {
        using var answer = await lane.Fleet.TillOf(FleetApp.Merchant, null).Get($"readers?{name}={FleetApp.Key}");

        await answer.MustRefuse(401);
    }

    [Theory]
    [InlineData("bearer till-key")]
    [InlineData("Bearer  till-key")]
    public async Task A_good_key_is_taken_in_any_spelling_of_its_scheme(string authorization)
    {
        var answer = await RawHttp.Send(
            lane.Fleet.Address, $"GET /v0.1/merchants/{FleetApp.Merchant}/readers", $"Authorization: {authorization}");

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData("till-key", "till-key")]
    [InlineData("till-key", "wrong-key")]
    [InlineData("wrong-key", "till-key")]
    public async Task Two_authorizations_are_refused_whatever_they_are(string one, string other) =>
        (await RawHttp.Send(lane.Fleet.Address, $"GET /v0.1/merchants/{FleetApp.Merchant}/readers",
            $"Authorization: Bearer {one}", $"Authorization: Bearer {other}"))
        .MustRefuse(400, code: "DUPLICATE_HEADERS");

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Another_merchant_looks_like_one_that_does_not_exist(string method, string path)
    {
        var checkout = await lane.OpenCheckout();
        var told = new List<string>();
        foreach (var merchant in new[] { "MNOSUCH1", FleetApp.Merchant, "mother01", "MOTHER01%20" })
        {
            var till = lane.Fleet.TillOf(merchant, FleetApp.OtherKey);
            using var answer = await Ask(till, method, path, lane.ReaderId, $"{checkout}");
            await answer.MustRefuse(404);
            told.Add(await Told(answer));
        }

        Assert.Single(told.Distinct());
        Assert.Equal("pending", await lane.Fleet.Till.Outcome(lane.ReaderId, checkout));
    }

    [Fact]
    public async Task Another_readers_checkout_looks_like_one_that_does_not_exist()
    {
        await using var second = await lane.Fleet.PairedDevice("Second");
        await using var foreign = await PairedWithOther();
        var checkout = await lane.OpenCheckout();
        var other = lane.Fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);

        string[] told =
        [
            await Asked(lane.Fleet.Till, second.ReaderId, NobodysCheckout),
            await Asked(lane.Fleet.Till, second.ReaderId, $"{checkout}"),
            await Asked(lane.Fleet.Till, second.ReaderId, $"{await other.Charge(foreign.ReaderId)}"),
            await Asked(other, foreign.ReaderId, $"{checkout}"),
            await Asked(other, lane.ReaderId, $"{checkout}"),
        ];

        Assert.StartsWith("404", Assert.Single(told.Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_for_writing_writes_and_reads_nothing()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:Merchants:0:Keys:2:Scopes:0=terminals.write",
            $"--Fleet:Merchants:0:Keys:2:Sha256={RandomIds.HashSecret("write-only-key")}");
        var till = fleet.TillOf(FleetApp.Merchant, "write-only-key");
        await using var device = await fleet.PairedDevice();
        foreach (var (method, path, status) in new[] { ("GET", "readers", 401), ("GET", "readers/{reader}", 403),
            ("GET", "readers/{reader}/status", 401), ("GET", "readers/{reader}/checkout/{checkout}", 401),
            ("PATCH", "readers/{reader}", 200), ("POST", "readers/{reader}/checkout", 201) })
        {
            using var answer = await Ask(till, method, path, device.ReaderId);
            Assert.Equal((path, status), (path, (int)answer.StatusCode));
        }
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/replay")]
    public async Task Another_merchants_event_looks_like_one_that_does_not_exist(string method, string path)
    {
        var other = lane.Fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        var (told, mine) = (new List<string>(), await lane.Fleet.Till.Fire(new("https://nowhere.invalid/")));
        foreach (var id in new[]
        {
            NobodysCheckout, $"{await other.Fire(new("https://nowhere.invalid/"))}", "not-an-id", $"%20{mine}",
            $"{mine:N}",
        })
        {
            using var answer = await Ask(lane.Fleet.Till, method, $"{WebhookCalls.Path}/{id}{path}", "");
            await answer.MustRefuse(404);
            told.Add(await Told(answer));
        }

        Assert.Single(told.Distinct());
    }

    [Fact]
    public async Task A_merchant_lists_and_replays_only_its_own_events()
    {
        var other = lane.Fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        var (mine, theirs) = (await lane.Fleet.Till.Fire(new("https://nowhere.invalid/")),
            await other.Fire(new("https://nowhere.invalid/")));
        await lane.Fleet.PutRows(1, new("https://nowhere.invalid/"), "dead", lane.Fleet.Clock.GetUtcNow());

        Assert.Contains($"{mine}", $"{await lane.Fleet.Till.Deliveries()}", StringComparison.Ordinal);
        Assert.DoesNotContain($"{mine}", $"{await other.Deliveries()}", StringComparison.Ordinal);
        Assert.DoesNotContain($"{theirs}", $"{await lane.Fleet.Till.Deliveries()}", StringComparison.Ordinal);
        var now = lane.Fleet.Clock.GetUtcNow();
        Assert.Equal("""{"replayed":0}""", await other.ReplayAll(now.AddDays(-1), now.AddDays(1)));
        Assert.Equal("""{"replayed":1}""", await lane.Fleet.Till.ReplayAll(now.AddDays(-1), now.AddDays(1)));
    }

    [Fact]
    public void Every_route_needs_a_scope_or_is_public_on_purpose()
    {
        var open = Routes.Where(route => route.Metadata.GetMetadata<RequiredScopeAttribute>() is null
                && route.Metadata.GetMetadata<ConsoleRoute>() is null) // the console asks for a session
            .Select(route => route.RoutePattern.RawText);

        Assert.Empty(open.Except(Public));
    }

    [Fact]
    public void Every_method_of_gRPC_that_changes_something_needs_the_scope_to_write()
    {
        var wrong = Methods.Where(method => method.Required is { Needed: var needed }
                && CallKind.Of(method.Name, null).Changes && !Writing.Contains(needed))
            .Select(method => method.Name);

        Assert.NotEmpty(Methods);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_route_that_changes_something_needs_the_scope_to_write()
    {
        var wrong = Routes
            .Where(route => route.Metadata.GetMetadata<GrpcMethodMetadata>() is null
                && route.Metadata.GetMetadata<RequiredScopeAttribute>() is { Needed: var needed }
                && route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is { } methods
                && !(methods is ["GET"] ? Reading : Writing).Contains(needed))
            .Select(route => route.DisplayName);

        Assert.Empty(wrong);
    }

    private IEnumerable<(string Name, RequiredScopeAttribute? Required)> Methods => Routes
        .Where(route => route.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
        .Select(route => (route.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? "",
            route.Metadata.GetMetadata<RequiredScopeAttribute>()));

    private RouteEndpoint[] Routes =>
        [.. lane.Fleet.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    private static async Task<string> Asked(Till till, string readerId, string checkoutId)
    {
        using var answer = await till.Get($"readers/{readerId}/checkout/{checkoutId}");
        return await Told(answer);
    }

    /// <summary>Sends a request that would succeed if the objects were the caller's.</summary>
    private static Task<HttpResponseMessage> Ask(
        Till till, string method, string path, string readerId, string checkoutId = NobodysCheckout) => till.Send(
        new(method), path.Replace("{reader}", readerId).Replace("{checkout}", checkoutId), (method, path) switch
        {
            ("PATCH", _) => JsonContent.Create(new { name = "Mine" }),
            ("POST", "readers") => JsonContent.Create(new { pairing_code = "ZZZZZZZZ", name = "Mine" }),
            ("POST", "readers/{reader}/checkout") => JsonContent.Create(Checkouts.Coffee),
            ("POST", _) => JsonContent.Create(new { }),
            _ => null,
        });

    /// <summary>All that a caller can see of an answer, but the time.</summary>
    private static async Task<string> Told(HttpResponseMessage answer)
    {
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key != "Date")
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return string.Join('\n', [$"{(int)answer.StatusCode}", .. headers, body]);
    }

    private async Task<TestDevice> PairedWithOther()
    {
        var device = await lane.Fleet.Device();
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using var answer = await lane.Fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey)
            .Post("readers", new { pairing_code = code, name = "Theirs" });
        await device.ConfirmPairing();
        return device;
    }
}

using System.Net.Http.Json;
using System.Text;
using Fleet.Server.Api.Rest;
using Fleet.Server.Tests.Shapes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>The methods of gRPC that answer as JSON, as our API description shows them.</summary>
public sealed class RpcDescriptionTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Start = "POST /fleet/v1/readers/{reader_id}/checkouts",
        Get = "GET /fleet/v1/checkouts/{checkout_id}",
        Wait = "GET /fleet/v1/checkouts/{checkout_id}/outcome",
            Terminate = "POST /fleet/v1/readers/{reader_id}/terminate";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_method_that_answers_as_json_is_described_and_nothing_else()
    {
        var described = (await Described.By(fleet.Address)).Operations
            .Where(operation => $"{operation.Is.GetProperty("operationId")}".Contains('_'))
            .Select(operation => operation.Name);
        var routes = fleet.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc
                && route.RoutePattern.RawText != grpc.Method.FullName)
            .Select(route =>
                $"{route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0]} {route.RoutePattern.RawText}"
                    .Replace("{route.store}", "{store}", StringComparison.Ordinal)); // no dots in names there

        Assert.Equal(routes.Order(), described.Order());
    }

    [Fact]
    public async Task Real_answers_look_as_they_are_described()
    {
        var api = await Described.By(fleet.Address);
        await using var device = await fleet.PairedDevice();
        using var started = await fleet.Till.Post($"/fleet/v1/readers/{device.ReaderId}/checkouts", Checkouts.Coffee);
        var id = (await started.Json()).GetProperty("checkout_id").GetString();
        using var busy = await fleet.Till.Post($"/fleet/v1/readers/{device.ReaderId}/checkouts", Checkouts.Coffee);
        using var read = await fleet.Till.Get($"/fleet/v1/checkouts/{id}");
        using var terminated = await fleet.Till.Post(
            $"/fleet/v1/readers/{device.ReaderId}/terminate", new { expected_checkout_id = id });
        using var ended = await fleet.Till.Get($"/fleet/v1/checkouts/{id}/outcome?seconds=1");

        Assert.Equal([200, 400, 200, 200, 200],
            new[] { started, busy, read, terminated, ended }.Select(answer => (int)answer.StatusCode));
        await api.Check(Start, started);
        await api.Check(Start, busy);
        await api.Check(Get, read);
        await api.Check(Terminate, terminated);
        await api.Check(Wait, ended);
    }

    [Theory]
    [InlineData("{", "application/json", FleetApp.Key, 400)]
    [InlineData("", "application/json", FleetApp.Key, 404)]
    [InlineData("{}", "text/plain", FleetApp.Key, 400)]
    [InlineData("{\"expected_checkout_id\":{}}", "application/json", FleetApp.Key, 400)]
    [InlineData("{}", "application/json", FleetApp.Key, 404)]
    [InlineData("{}", "application/json", null, 401)]
    [InlineData("{}", "application/json", FleetApp.ReadOnlyKey, 403)]
    public async Task Real_refusals_look_as_they_are_described(string body, string mediaType, string? key, int status)
    {
        using var refused = await fleet.TillOf(FleetApp.Merchant, key).Send(HttpMethod.Post,
            "/fleet/v1/readers/rdr_0123456789ABCDEFGHJKMNPQRS/terminate",
            new StringContent(body, Encoding.UTF8, mediaType),
            ("Accept", "application/problem+json"));

        Assert.Equal(status, (int)refused.StatusCode);
        await (await Described.By(fleet.Address)).Check(Terminate, refused);
    }

    [Fact]
    public async Task What_a_proto_says_in_its_comments_is_repeated()
    {
        var api = await Described.By(fleet.Address);

        Assert.Equal("Starts a checkout, on the reader that is named or on one that fits",
            $"{api.Operation(Start).GetProperty("summary")}");
        Assert.Equal("When the call is answered, the checkout is on disk; after a refusal nothing was saved.",
            $"{api.Operation(Start).GetProperty("description")}");
        Assert.Contains("1 to 12, or 0 for none", $"{api.Body(Start)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_a_proto_can_say_is_described()
    {
        await using var app = await Drawing();
        var api = await Described.By(new(app.Urls.First()));

        Assert.Equal(
            [
                "PUT /shapes Shapes_DrawOne_2 Draw one, by /shapes", "GET /shapes/{id} Shapes_Find Find",
                "POST /shapes/{name} Shapes_DrawOne Draw one", "PATCH /shapes/{name}/inner Shapes_Change Change",
                "GET /traces/{name} Shapes_Trace Trace",
            ],
            api.Operations.Select(
                one => $"{one.Name} {one.Is.GetProperty("operationId")} {one.Is.GetProperty("summary")}"));
        Assert.Equal(
            [
                "path id: string", "query name: string", "query inner.count: integer",
                "query big_number: integer",
                "query small: integer", "query share: number", "query raw: string", "query color: string",
                "query words: [string]", "query text: string", "query other.id: string", "query other.count: integer",
                "query at: string", "query lasts: string", "query perhaps: null or integer",
            ],
            api.Parameters("GET /shapes/{id}"));
        Assert.False(api.Body("POST /shapes/{name}").GetProperty("properties").TryGetProperty("name", out _));
        Assert.EndsWith("/fleet.tests.Shape", $"{api.Body("PUT /shapes").GetProperty("$ref")}",
            StringComparison.Ordinal);
        Assert.EndsWith("/fleet.tests.Inner", $"{api.Body("PATCH /shapes/{name}/inner").GetProperty("$ref")}",
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_a_proto_can_say_is_answered_as_described()
    {
        await using var app = await Drawing();
        using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
        var api = await Described.By(http.BaseAddress);
        var shape = JsonFormatter.Default.Format(Everything);
        using var put = await http.PutAsync(
            "/shapes", new StringContent(shape, Encoding.UTF8, "application/json"), Cancel);
        using var found = await http.GetAsync(
            "/shapes/7?name=a&inner.count=8&big_number=9&small=1&share=0.5&raw=AAE%3D&color=RED"
            + "&words=b&words=c&text=d&at=2026-03-01T09:00:00Z&lasts=1.5s&perhaps=3", Cancel);
        using var changed = await http.PatchAsync(
            "/shapes/round/one/inner", JsonContent.Create(new { id = "e" }), Cancel);
        using var traced = await http.GetAsync("/traces/f", Cancel);

        await api.Check("PUT /shapes", put);
        await api.Check("GET /shapes/{id}", found);
        await api.Check("PATCH /shapes/{name}/inner", changed);
        await api.Check("GET /traces/{name}", traced);
        Assert.Equal(Everything, JsonParser.Default.Parse<Shape>(await put.Content.ReadAsStringAsync(Cancel)));
        Assert.Equal("""{"id":"e","count":0}""", await changed.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(2, (await traced.Content.ReadAsStringAsync(Cancel)).Count(letter => letter is '\n'));
        Assert.Equal("d", (await found.Json()).GetProperty("text").GetString());
    }

    private static Shape Everything => new()
    {
        Name = "a", Inner = new() { Id = "b", Count = 1UL << 63 }, BigNumber = long.MinValue, Small = 1, Share = 0.5,
        Raw = ByteString.CopyFromUtf8("c"), Color = Color.Red, Words = { "d", "e" }, Counts = { ["f"] = 2 },
        Other = new(),
        At = new() { Seconds = 1_800_000_000 }, Lasts = new() { Seconds = 1 }, Perhaps = 3, All = { new Inner() },
        Free = new() { Fields = { ["g"] = Value.ForNumber(1) } }, Next = new() { Name = "h" },
    };

    /// <summary>A web server with a service of nothing but shapes, described as a node describes its own.</summary>
    private static async Task<WebApplication> Drawing()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc().AddJsonTranscoding();
        builder.AddHttp();
        var app = builder.Build();
        app.MapGrpcService<ShapesRpc>();
        app.MapOpenApi();
        await app.StartAsync(Cancel);
        return app;
    }

    /// <summary>Answers what it was asked.</summary>
    private sealed class ShapesRpc : Shapes.Shapes.ShapesBase
    {
        public override Task<Shape> DrawOne(Shape request, ServerCallContext context) => Task.FromResult(request);

        public override Task<Shape> Find(Shape request, ServerCallContext context) => Task.FromResult(request);

        public override Task<Shape> Change(Shape request, ServerCallContext context) => Task.FromResult(request);

        public override async Task Trace(
            Shape request, IServerStreamWriter<Shape> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(request, context.CancellationToken);
            await responseStream.WriteAsync(Everything, context.CancellationToken);
        }
    }
}

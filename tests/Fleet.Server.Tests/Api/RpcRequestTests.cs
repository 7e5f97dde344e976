using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>Requests to gRPC's methods, as messages and as JSON, that are not what the contract says.</summary>
public sealed class RpcRequestTests(Lane lane) : IClassFixture<Lane>
{
    /// <summary>Marshals nothing: the bytes are the message.</summary>
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("fleet.v1.Checkouts", "Get")]
    [InlineData("fleet.v1.Checkouts", "Start")]
    [InlineData("fleet.v1.Checkouts", "Terminate")]
    [InlineData("fleet.v1.Readers", "List")]
    [InlineData("fleet.v1.Webhooks", "Test")]
    public async Task Bytes_that_are_no_message_are_an_invalid_argument(string service, string method)
    {
        using var channel = GrpcChannel.ForAddress(lane.Fleet.GrpcAddress);
        var call = new Method<byte[], byte[]>(MethodType.Unary, service, method, Bytes, Bytes);
        foreach (var bytes in new byte[][]
        {
            [0x0A], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF], [0x0A, 0x01, 0xFF],
        })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(async () =>
                await channel.CreateCallInvoker().AsyncUnaryCall(call, null, Options, bytes));
            Assert.Equal((StatusCode.InvalidArgument, "The message is malformed."),
                (refused.StatusCode, refused.Status.Detail));
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_message_end_a_stream_in_the_same_way()
    {
        using var channel = GrpcChannel.ForAddress(lane.Fleet.GrpcAddress);
        var watch = new Method<byte[], byte[]>(MethodType.ServerStreaming, "fleet.v1.Checkouts", "Watch", Bytes, Bytes);
        using var watching = channel.CreateCallInvoker().AsyncServerStreamingCall(watch, null, Options, [0x0A]);
        var many = new Method<byte[], byte[]>(
            MethodType.DuplexStreaming, "fleet.v1.Checkouts", "StartMany", Bytes, Bytes);
        using var starting = channel.CreateCallInvoker().AsyncDuplexStreamingCall(many, null, Options);
        await starting.RequestStream.WriteAsync([0x0A], Cancel);

        foreach (var stream in new[] { watching.ResponseStream, starting.ResponseStream })
        {
            Assert.Equal(StatusCode.InvalidArgument,
                (await Assert.ThrowsAsync<RpcException>(() => stream.MoveNext(Cancel))).StatusCode);
        }
    }

    [Theory]
    [InlineData("fleet.v1.Checkouts", "Stop")]
    [InlineData("fleet.v2.Checkouts", "Get")]
    public async Task A_method_that_nobody_has_is_unimplemented(string service, string method)
    {
        using var channel = GrpcChannel.ForAddress(lane.Fleet.GrpcAddress);
        var call = new Method<byte[], byte[]>(MethodType.Unary, service, method, Bytes, Bytes);

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await channel.CreateCallInvoker().AsyncUnaryCall(call, null, Options, []));

        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    [Theory]
    [InlineData("readers/{reader}/checkouts", $"{{{Lane.Coffee},\"idempotencykey\":\"x\"}}", "idempotencykey")]
    [InlineData("readers/{reader}/checkouts", $"{{{Lane.Coffee},\"affiliate\":{{\"app\":\"x\"}}}}", "affiliate.app")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":{\"amount\":1}}", "total_amount.amount")]
    [InlineData("checkouts", $"{{{Lane.Coffee},\"route\":{{\"queue\":5}}}}", "route.queue")]
    [InlineData("readers/{reader}/terminate", "{\"expected\":\"x\"}", "expected")]
    [InlineData("readers/{reader}/terminate", "{\"expectedCheckoutId\":\"x\"}", "expectedCheckoutId")]
    [InlineData("stores", "{\"store\":\"misspelt\",\"title\":\"x\"}", "title")]
    [InlineData("stores", "{\"store\":\"twice\",\"name\":\"a\",\"name\":\"b\"}", "name")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":{\"value\":1,\"value\":2}}", "total_amount.value")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":{\"minor_unit\":1,\"minorUnit\":2}}",
        "total_amount.minorUnit")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":{\"value\":\"abc\"}}", "total_amount.value")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":{\"value\":1.5}}", "total_amount.value")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":{\"minor_unit\":3000000000}}",
        "total_amount.minor_unit")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":5}", "total_amount")]
    [InlineData("readers/{reader}/checkouts", "{\"total_amount\":[5]}", "total_amount")]
    [InlineData("readers/{reader}/checkouts", "{\"tip_rates\":[0.1,true]}", "tip_rates[1]")]
    [InlineData("checkouts", "{\"route\":{\"tags\":\"bar\"}}", "route.tags")]
    [InlineData("checkouts", "{\"route\":{\"tags\":[\"bar\",5]}}", "route.tags[1]")]
    [InlineData("stores", "{\"store\":\"typed\",\"name\":5}", "name")]
    [InlineData("stores", "{\"store\":\"typed\",\"name\":{}}", "name")]
    [InlineData("keys", "{\"name\":\"x\",\"expires_at\":\"tomorrow\"}", "expires_at")]
    [InlineData("checkouts", "{\"route\":{\"tips\":\"true\"}}", "route.tips")]
    public async Task A_member_that_a_method_does_not_take_is_named(string path, string body, string member)
    {
        var open = await lane.OpenCheckout();

        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Post, $"/fleet/v1/{path.Replace("{reader}", lane.ReaderId)}", Lane.Json(body));

        Assert.Equal($"400 {member}", await Named(answer));
        Assert.Equal("pending", await lane.Fleet.Till.Outcome(lane.ReaderId, open));
    }

    [Theory]
    [InlineData("stores?pagesize=1", "pagesize")]
    [InlineData("readers?store.id=1", "store.id")]
    [InlineData("checkouts/019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c/outcome?wait=1", "wait")]
    [InlineData("stores?page_size=many", "page_size")]
    [InlineData("stores?retired=perhaps", "retired")]
    [InlineData("readers?presence=asleep", "presence")]
    [InlineData("totals?from=soon", "from")]
    [InlineData("test/sandbox/one", "number")]
    public async Task A_parameter_that_a_method_does_not_have_is_named(string path, string parameter)
    {
        using var answer = await lane.Fleet.Till.Get($"/fleet/v1/{path}");

        Assert.Equal($"400 {parameter}", await Named(answer));
    }

    [Theory]
    [InlineData("readers/{reader}/terminate", "[]")]
    [InlineData("readers/{reader}/terminate", "\uFEFF{}")]
    [InlineData("readers/{reader}/terminate", "{\"expected_checkout_id\":\"\"}")]
    [InlineData("readers/{reader}/terminate", "{\"reader_id\":\"{reader}\"}")]
    [InlineData("readers/{reader}/terminate", "{\"reader_id\":null}")]
    [InlineData("readers/{reader}/terminate", "{\"expected_checkout_id\":null}")]
    public async Task What_says_nothing_wrong_is_taken(string path, string body)
    {
        var open = await lane.OpenCheckout();

        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Post, $"/fleet/v1/{path.Replace("{reader}", lane.ReaderId)}",
            Lane.Json(body.Replace("{reader}", lane.ReaderId)));

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("cancelled/terminated", await lane.Fleet.Till.Outcome(lane.ReaderId, open));
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("no-such-charset")]
    public async Task A_body_in_another_encoding_is_refused(string charset)
    {
        var body = Lane.Json("{}");
        body.Headers.Remove("Content-Type");
        body.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");

        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Post, $"/fleet/v1/readers/{lane.ReaderId}/terminate", body);

        await answer.MustRefuse(415);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("no-such-charset")]
    public async Task A_read_is_answered_in_utf_8_whatever_its_missing_body_is_in(string charset)
    {
        var answer = await RawHttp.Send(lane.Fleet.Address, "GET /fleet/v1/stores",
            $"Authorization: Bearer {FleetApp.Key}", $"Content-Type: application/json; charset={charset}");

        Assert.Equal(200, answer.Status);
        Assert.Contains("\"stores\"", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("readers:change", """{"items":[]}""", "items is unknown; known are changes, dry_run.")]
    [InlineData("readers:change", """{"change":[]}""", "change is unknown; the nearest name is changes.")]
    [InlineData("readers:change", "{}", "changes is required.")]
    [InlineData("readers:change", """{"changes":[null]}""", "changes[0] must not be null.")]
    [InlineData("readers:pair", "{}", "readers is required.")]
    [InlineData("stores", """{"stor":"a"}""", "stor is unknown; the nearest name is store.")]
    public async Task A_member_that_is_unknown_or_missing_is_named_with_what_was_meant(
        string path, string body, string sentence)
    {
        var answer = await RawHttp.SendJson(lane.Fleet.Address, $"POST /fleet/v1/{path}", body,
            $"Authorization: Bearer {FleetApp.Key}");

        Assert.Equal(400, answer.Status);
        Assert.Contains($"\"message\":\"{sentence}\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_leaves_no_trace_in_the_log()
    {
        var log = new ConcurrentQueue<string>();
        await using var watched = await FleetApp.Start(builder =>
        {
            builder.Configuration["Logging:LogLevel:Default"] = nameof(LogLevel.Warning);
            builder.Services.AddSingleton<ILoggerProvider>(new LogLines(log, LogLevel.Warning));
        });
        using var caller = new RpcCaller(watched);
        await using var device = await caller.Paired(await caller.Store("busy"));
        var open = (await caller.Start(device)).CheckoutId;
        using var gone = new CancellationTokenSource();

        var queued = caller.Route(new() { Store = "busy", QueueFor = 60 }, cancel: gone.Token).ResponseAsync;
        var queuedToo = watched.Till.Hold(HttpMethod.Post, "/fleet/v1/stores/busy/checkouts",
            Lane.Json($"{{{Lane.Coffee},\"route\":{{\"queue_for\":60}}}}"), gone.Token);
        using var many = caller.Checkouts.StartMany(caller.Headers, cancellationToken: gone.Token);
        await many.RequestStream.WriteAsync(
            new()
            {
                Item = "1",
                Start = new()
                {
                    Route = new() { Store = "busy", QueueFor = 60 },
                    TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1 }
                }
            }, Cancel);
        using var watch = caller.Checkouts.Watch(
            new() { CheckoutId = open }, caller.Headers, cancellationToken: gone.Token);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        using var board = caller.Stores.WatchBoard(
            new() { Store = "busy" }, caller.Headers, cancellationToken: gone.Token);
        Assert.True(await board.ResponseStream.MoveNext(Cancel));
        var waits = new[]
        {
            caller.Checkouts.WaitAsync(
                new() { CheckoutId = open, Seconds = 60 }, caller.Headers, cancellationToken: gone.Token).ResponseAsync,
            (Task)watched.Till.Hold($"/fleet/v1/checkouts/{open}/outcome?seconds=60", gone.Token),
            watched.Till.Hold($"readers/{device.ReaderId}/checkout/{open}?wait=60", gone.Token),
        };
        using var events = await watched.Till.Open($"/fleet/v1/checkouts/{open}/events");
        using var all = await watched.Till.Open("/fleet/v1/events");
        await Eventually.Equal(3, () => caller.Waiting("busy"));
        for (var i = 0; i < 20; i++)
            await RawHttp.Leave(watched.Address, "POST /v0.1/me/refund/x", $"Authorization: Bearer {FleetApp.Key}",
                "Content-Type: application/json", "Content-Length: 100");
        await gone.CancelAsync();
        events.Dispose();
        all.Dispose();
        foreach (var call in waits.Append(queued).Append(queuedToo)) await Assert.ThrowsAnyAsync<Exception>(() => call);
        await Eventually.Equal(0, () => caller.Waiting("busy"));
        await watched.Stop(); // waits for whatever is still under way

        Assert.DoesNotContain(log, line => !line.StartsWith("Orleans.", StringComparison.Ordinal));
    }

    private static CallOptions Options => new(
        new Metadata { { "authorization", $"Bearer {FleetApp.Key}" } }, cancellationToken: Cancel);

    /// <summary>The status of a refusal, and the field that it names in its details.</summary>
    private static async Task<string> Named(HttpResponseMessage answer)
    {
        var status = await answer.Json();
        Assert.Equal((int)StatusCode.InvalidArgument, status.GetProperty("code").GetInt32());
        var fields = status.GetProperty("details")[1].GetProperty("fieldViolations");
        return $"{(int)answer.StatusCode} {fields[0].GetProperty("field").GetString()}";
    }
}

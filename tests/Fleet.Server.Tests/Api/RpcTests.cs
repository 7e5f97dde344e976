using Fleet.Protocol;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Checkouts over gRPC, as an internal service starts, watches and ends them.</summary>
public sealed class RpcTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Client Mine => new(fleet.GrpcAddress, FleetApp.Key);

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task A_checkout_is_started_watched_and_read()
    {
        using var client = Mine;
        var started = await client.Start(Sale());
        using var watch = client.Checkouts.Watch(
            new() { CheckoutId = started.CheckoutId }, client.Headers, cancellationToken: Cancel);
        var seen = new List<string>();
        var watching = Task.Run(async () =>
        {
            await foreach (var told in watch.ResponseStream.ReadAllAsync(Cancel)) seen.Add(
                $"{told.Kind} {told.Checkout.State}");
        }, Cancel);
        await Eventually.Equal(1, () => Task.FromResult(seen.Count));
        var id = Guid.Parse(started.CheckoutId);
        await Device.AskStart(id);
        await Device.Approve(id, tip: 0);
        await watching;

        Assert.Equal(["current Accepted", "started Started", "succeeded Successful"], seen);
        var read = await client.Get(started.CheckoutId);
        Assert.Equal((Proto.State.Successful, 1500, Device.ReaderId),
            (read.State, read.TotalAmount.Value, read.ReaderId));
        Assert.Equal("successful", await fleet.Till.Outcome(Device.ReaderId, id));
    }

    [Fact]
    public async Task The_newest_checkouts_of_a_reader_are_listed_with_the_newest_first()
    {
        using var client = Mine;
        var ids = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            ids.Add((await client.Start(Sale())).CheckoutId);
            await Device.Pay();
        }
        ids.Reverse();

        Assert.Equal(ids[..10], await List(0));
        Assert.Equal(ids[..3], await List(3));
        Assert.Equal(ids, await List(100));
        Assert.Equal("VALIDATION_ERROR limit", await Ask(101).Refused());
        using var other = new Client(fleet.GrpcAddress, FleetApp.OtherKey);
        Assert.Equal("NOT_FOUND", await other.Checkouts.ListAsync(
            new() { ReaderId = Device.ReaderId }, other.Headers, cancellationToken: Cancel).Refused());

        async Task<List<string>> List(int limit) => [.. (await Ask(limit)).Checkouts.Select(one => one.CheckoutId)];

        AsyncUnaryCall<Proto.ListCheckoutsReply> Ask(int limit) => client.Checkouts.ListAsync(
            new() { ReaderId = Device.ReaderId, Limit = limit }, client.Headers, cancellationToken: Cancel);
    }

    [Fact]
    public async Task A_wait_is_answered_by_the_outcome_with_its_reason()
    {
        using var client = Mine;
        var started = await client.Start(Sale());
        var waiting = client.Checkouts.WaitAsync(
            new() { CheckoutId = started.CheckoutId, Seconds = 60 }, client.Headers, cancellationToken: Cancel);
        var id = Guid.Parse(started.CheckoutId);
        await Device.AskStart(id);
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Failed, Reasons.Declined));

        var ended = await waiting;

        Assert.Equal((Proto.State.Failed, "declined", false), (ended.State, ended.Reason.Code, ended.Reason.Retryable));
    }

    [Fact]
    public async Task A_busy_reader_says_who_holds_it_and_until_when()
    {
        using var client = Mine;
        var started = await client.Start(Sale());

        var refused = await Assert.ThrowsAsync<RpcException>(() => client.Start(Sale()));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        var info = refused.GetRpcStatus()?.GetDetail<ErrorInfo>();
        Assert.Equal(("READER_BUSY", started.CheckoutId), (info?.Reason, info?.Metadata["checkout_id"]));
        Assert.EndsWith("Z", info?.Metadata["busy_until"]);
    }

    [Fact]
    public async Task Fields_that_are_wrong_are_named()
    {
        using var client = Mine;
        var ask = Sale();
        ask.TotalAmount.Value = 0;
        ask.TipRates.Add(1.5);

        var refused = await Assert.ThrowsAsync<RpcException>(() => client.Start(ask));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var fields = refused.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations;
        Assert.Equal(["tip_rates", "total_amount"], fields?.Select(field => field.Field).Order());
    }

    [Fact]
    public async Task Tip_rates_are_read_as_they_were_written()
    {
        using var client = Mine;
        var ask = Sale();
        ask.TipRates.AddRange([0.07, 0.1, 0.29]);
        await client.Start(ask);

        Assert.Equal([0.07m, 0.10m, 0.29m], (await Device.Expect<ShowCheckout>()).Checkout.TipRates);
    }

    [Fact]
    public async Task The_same_key_starts_one_checkout_over_either_protocol()
    {
        using var client = Mine;
        var (key, ask) = ($"order-{Guid.NewGuid()}", Sale());
        ask.IdempotencyKey = key;
        var started = await client.Start(ask);

        Assert.Equal(started, await client.Start(ask));
        using var overHttp = await fleet.Till.Post(
            $"readers/{Device.ReaderId}/checkout", Checkouts.Coffee, ("Idempotency-Key", key));
        Assert.Equal(started.CheckoutId,
            (await overHttp.Json()).GetProperty("data").GetProperty("checkout_id").GetString());
    }

    [Fact]
    public async Task Terminate_ends_the_checkout_it_names_and_no_other()
    {
        using var client = Mine;
        var started = await client.Start(Sale());
        var other = await Assert.ThrowsAsync<RpcException>(
            () => client.Terminate(Device.ReaderId, $"{Guid.NewGuid()}"));
        await client.Terminate(Device.ReaderId, started.CheckoutId);

        Assert.Equal("CHECKOUT_NOT_OPEN", other.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
        Assert.Equal(Proto.State.Cancelled, (await client.Get(started.CheckoutId)).State);
    }

    [Fact]
    public async Task Many_checkouts_of_one_stream_each_get_their_outcome()
    {
        const int Items = 60;
        using var client = Mine;
        var devices = await Task.WhenAll(Enumerable.Range(0, Items).Select(i => fleet.PairedDevice($"Lane {i}")));
        using var many = client.Checkouts.StartMany(client.Headers, cancellationToken: Cancel);
        var paying = devices.Select(device => device.Pay()).ToList();
        foreach (var (i, device) in devices.Index())
            await many.RequestStream.WriteAsync(new() { Item = $"{i}", Start = Sale(device.ReaderId) }, Cancel);
        await many.RequestStream.WriteAsync(
            new() { Item = "nobody", Start = Sale("rdr_00000000000000000000000000") }, Cancel);
        await many.RequestStream.CompleteAsync();

        var replies = new List<Proto.StartManyReply>();
        await foreach (var reply in many.ResponseStream.ReadAllAsync(Cancel)) replies.Add(reply);
        await Task.WhenAll(paying);

        Assert.Equal(Items, replies.Count(reply => reply.Outcome?.State is Proto.State.Successful));
        Assert.Equal(Items, replies.Where(reply => reply.Accepted is not null)
            .Select(reply => reply.Accepted.CheckoutId).Distinct().Count());
        Assert.Equal("nobody", Assert.Single(replies, reply => reply.Refused is not null).Item);
        foreach (var device in devices) await device.DisposeAsync();
    }

    [Fact]
    public async Task A_stream_of_many_starts_nothing_for_a_key_that_was_revoked_meanwhile()
    {
        await using var other = await fleet.PairedDevice();
        var made = await fleet.Till.MakeKey(new { name = "many", scopes = new[] { "checkouts.write" } });
        using var client = new Client(fleet.GrpcAddress, made.Key);
        using var many = client.Checkouts.StartMany(client.Headers, cancellationToken: Cancel);
        await many.RequestStream.WriteAsync(new() { Item = "first", Start = Sale() }, Cancel);
        await Device.Pay();
        Assert.True(await many.ResponseStream.MoveNext(Cancel));
        await fleet.Till.Revoke(made.Id);
        await many.RequestStream.WriteAsync(new() { Item = "second", Start = Sale(other.ReaderId) }, Cancel);

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await many.ResponseStream.MoveNext(Cancel)) Assert.Equal("first", many.ResponseStream.Current.Item);
        });
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        await fleet.Till.Charge(other.ReaderId);
    }

    [Theory]
    [InlineData(null, StatusCode.Unauthenticated)]
    [InlineData("wrong-key", StatusCode.Unauthenticated)]
    [InlineData(FleetApp.ReadOnlyKey, StatusCode.PermissionDenied)]
    [InlineData(FleetApp.OtherKey, StatusCode.NotFound)]
    public async Task A_key_that_may_not_start_is_told_so(string? key, StatusCode code)
    {
        using var client = new Client(fleet.GrpcAddress, key);

        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => client.Start(Sale()))).StatusCode);
    }

    [Fact]
    public async Task A_foreign_checkout_is_answered_like_one_that_is_not_there()
    {
        using var mine = Mine;
        using var theirs = new Client(fleet.GrpcAddress, FleetApp.OtherKey);
        var started = await mine.Start(Sale());

        foreach (var id in new[] { started.CheckoutId, $"{Guid.CreateVersion7()}", "not-a-uuid" })
        {
            Assert.Equal(StatusCode.NotFound,
                (await Assert.ThrowsAsync<RpcException>(() => theirs.Get(id))).StatusCode);
            using var watch = theirs.Checkouts.Watch(
                new() { CheckoutId = id }, theirs.Headers, cancellationToken: Cancel);
            Assert.Equal(StatusCode.NotFound,
                (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Cancel))).StatusCode);
        }
    }

    [Fact]
    public async Task A_deadline_ends_a_watch()
    {
        using var client = Mine;
        var started = await client.Start(Sale());
        using var watch = client.Checkouts.Watch(new() { CheckoutId = started.CheckoutId }, client.Headers,
            TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300), Cancel);
        await watch.ResponseStream.MoveNext(Cancel);

        Assert.Equal(StatusCode.DeadlineExceeded,
            (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Cancel))).StatusCode);
    }

    [Fact]
    public async Task Health_is_told_over_gRPC_too()
    {
        using var client = Mine;
        var health = await new Health.HealthClient(client.Channel).CheckAsync(new(), cancellationToken: Cancel);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    [Fact]
    public async Task The_same_methods_answer_as_json()
    {
        using var started = await fleet.Till.Post($"/fleet/v1/readers/{Device.ReaderId}/checkouts", Checkouts.Coffee);
        Assert.Equal(200, (int)started.StatusCode);
        var id = (await started.Json()).GetProperty("checkout_id").GetString();
        using var busy = await fleet.Till.Post($"/fleet/v1/readers/{Device.ReaderId}/checkouts", Checkouts.Coffee);
        Assert.Equal(400, (int)busy.StatusCode);
        Assert.Equal("READER_BUSY", (await busy.Json()).GetProperty("details")[0].GetProperty("reason").GetString());
        using var read = await fleet.Till.Get($"/fleet/v1/checkouts/{id}");
        var checkout = await read.Json();

        Assert.Equal(("ACCEPTED", Device.ReaderId),
            (checkout.GetProperty("state").GetString(), checkout.GetProperty("reader_id").GetString()));
        using var foreign = await fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey)
            .Get($"/fleet/v1/checkouts/{id}");
        Assert.Equal(404, (int)foreign.StatusCode);
        using var keyless = await fleet.TillOf(FleetApp.Merchant, null).Get($"/fleet/v1/checkouts/{id}");
        await keyless.MustRefuse(401);
    }

    private Proto.StartRequest Sale(string? readerId = null) => new()
    {
        ReaderId = readerId ?? Device.ReaderId,
        TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 },
    };

    /// <summary>A caller with a key, or none.</summary>
    private sealed class Client : IDisposable
    {
        public Client(Uri address, string? key)
        {
            Channel = GrpcChannel.ForAddress(address);
            Checkouts = new(Channel);
            Headers = key is null ? [] : new() { { "authorization", $"Bearer {key}" } };
        }

        public GrpcChannel Channel { get; }

        public Proto.Checkouts.CheckoutsClient Checkouts { get; }

        public Metadata Headers { get; }

        public async Task<Proto.StartReply> Start(Proto.StartRequest ask) =>
            await Checkouts.StartAsync(ask, Headers, cancellationToken: Cancel);

        public async Task<Proto.Checkout> Get(string id) =>
            await Checkouts.GetAsync(new() { CheckoutId = id }, Headers, cancellationToken: Cancel);

        public async Task Terminate(string readerId, string expected) => await Checkouts.TerminateAsync(
            new() { ReaderId = readerId, ExpectedCheckoutId = expected }, Headers, cancellationToken: Cancel);

        public void Dispose() => Channel.Dispose();
    }
}

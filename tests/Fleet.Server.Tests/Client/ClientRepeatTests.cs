using System.Net;
using System.Net.Sockets;
using Fleet.Client;
using Fleet.Torture.Processes;
using Microsoft.Extensions.Time.Testing;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>The client package on a network that loses requests and answers: what it repeats, what it says.</summary>
public sealed class ClientRepeatTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private readonly LossyNetwork _network = new();
    private TestDevice? _device;
    private FleetClient? _client;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private FleetClient Client => _client ??= Connect();

    private Proto.StartRequest Coffee => new()
    {
        ReaderId = Device.ReaderId, TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _network.Dispose();
        await Device.DisposeAsync();
    }

    [Fact]
    public async Task A_start_whose_answer_is_lost_is_one_checkout()
    {
        _network.Lose("Start", Loss.OfAnswer, Loss.OfAnswer);

        var started = await Client.StartCheckout(Coffee, Cancel);

        Assert.Equal(3, _network.Sent("Start"));
        var reader = await Client.Readers.GetAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel);
        Assert.Equal(started.CheckoutId, reader.Checkout.CheckoutId);
        var again = Coffee;
        again.IdempotencyKey = started.IdempotencyKey;
        Assert.Equal(started.CheckoutId, (await Client.StartCheckout(again, Cancel)).CheckoutId);
    }

    [Fact]
    public async Task A_start_by_the_generated_client_has_a_key_too_and_its_request_is_not_changed()
    {
        _network.Lose("Start", Loss.OfAnswer);
        var ask = Coffee;

        Assert.NotEmpty((await Client.Checkouts.StartAsync(ask, cancellationToken: Cancel)).CheckoutId);

        Assert.Equal(2, _network.Sent("Start"));
        Assert.Equal(Coffee, ask);
    }

    [Fact]
    public async Task A_start_without_any_answer_is_unknown_and_its_key_finds_the_checkout()
    {
        _network.Lose("Start", Loss.OfAnswer, Loss.OfAnswer, Loss.OfAnswer, Loss.OfAnswer);

        var lost = await Assert.ThrowsAsync<FleetException>(() => Client.StartCheckout(Coffee, Cancel));

        Assert.Equal((CallOutcome.Unknown, 4), (lost.Outcome, _network.Sent("Start")));
        Assert.Contains("same idempotency_key", lost.Advice, StringComparison.Ordinal);
        var ask = Coffee;
        ask.IdempotencyKey = lost.IdempotencyKey;
        var found = await Client.StartCheckout(ask, Cancel);
        Assert.Equal(lost.IdempotencyKey, found.IdempotencyKey);
        var reader = await Client.Readers.GetAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel);
        Assert.Equal(found.CheckoutId, reader.Checkout.CheckoutId);
    }

    [Fact]
    public async Task A_refusal_after_a_lost_request_leaves_the_outcome_unknown()
    {
        var first = await Client.StartCheckout(Coffee, Cancel);
        _network.Lose("Start", Loss.OfRequest);

        var refused = await Assert.ThrowsAsync<FleetException>(() => Client.StartCheckout(Coffee, Cancel));

        Assert.Equal(("READER_BUSY", CallOutcome.Unknown), (refused.Reason, refused.Outcome));
        Assert.Equal(first.CheckoutId, refused.Holder?.CheckoutId);
    }

    [Theory]
    [InlineData("Terminate")]
    [InlineData("RecordOutcome")]
    [InlineData("Rename")]
    public async Task A_change_whose_answer_is_lost_is_not_repeated(string method)
    {
        var started = await Client.StartCheckout(Coffee, Cancel);
        _network.Lose(method, Loss.OfAnswer);

        var lost = await Assert.ThrowsAsync<FleetException>(() => Change(method, started.CheckoutId));

        Assert.Equal((CallOutcome.Unknown, 1), (lost.Outcome, _network.Sent(method)));
        Assert.Contains("Read", lost.Advice, StringComparison.Ordinal);
        Assert.Equal(("SERVICE_UNAVAILABLE", ""), (lost.Reason, lost.IdempotencyKey));
    }

    [Fact]
    public async Task A_read_is_repeated_and_its_failure_has_changed_nothing()
    {
        var started = await Client.StartCheckout(Coffee, Cancel);
        _network.Lose("Get", Loss.OfAnswer, Loss.OfRequest);

        var read = await Client.Checkouts.GetAsync(
            new() { CheckoutId = started.CheckoutId }, cancellationToken: Cancel);

        Assert.Equal((started.CheckoutId, 3), (read.CheckoutId, _network.Sent("Get")));
        _network.Lose("Get", Loss.OfAnswer, Loss.OfAnswer, Loss.OfAnswer, Loss.OfAnswer);
        var lost = Assert.Throws<FleetException>(
            () => Client.Checkouts.Get(new() { CheckoutId = started.CheckoutId }, cancellationToken: Cancel));
        Assert.Equal((CallOutcome.NotDone, ""), (lost.Outcome, lost.Advice));
    }

    [Fact]
    public async Task A_call_without_an_answer_ends_at_its_deadline()
    {
        using var hasty = Connect(new() { CallTimeout = TimeSpan.FromMilliseconds(200), Handler = _network });
        _network.Lose("Terminate", Loss.OfEverything);

        var late = await Assert.ThrowsAsync<FleetException>(async () =>
            await hasty.Checkouts.TerminateAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel));

        Assert.Equal(("DEADLINE_EXCEEDED", CallOutcome.Unknown), (late.Reason, late.Outcome));
        Assert.Equal("Fleet did not answer in time.", late.Message);
        _network.Lose("Get", Loss.OfEverything);
        await hasty.Readers.GetAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel);
        Assert.Equal(2, _network.Sent("Get"));
    }

    [Fact]
    public async Task A_call_that_could_never_be_sent_has_done_nothing()
    {
        using var lost = new FleetClient(new($"http://127.0.0.1:{Ports.Next()}"), FleetApp.Key, new() { Tries = 2 });

        var unsent = await Assert.ThrowsAsync<FleetException>(async () =>
            await lost.Checkouts.TerminateAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel));

        Assert.Equal(("SERVICE_UNAVAILABLE", CallOutcome.NotDone), (unsent.Reason, unsent.Outcome));
        Assert.StartsWith("Fleet did not answer: ", unsent.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FleetException>(() => lost.WaitForOutcome($"{Guid.NewGuid()}", Cancel));
    }

    [Fact]
    public async Task A_connection_that_breaks_in_a_call_leaves_its_outcome_unknown()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new FleetClient(new($"http://{listener.LocalEndpoint}"), FleetApp.Key);
        var call = Assert.ThrowsAsync<FleetException>(async () =>
            await client.Checkouts.TerminateAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel));

        using (var connection = await listener.AcceptSocketAsync(Cancel))
        {
            Assert.NotEqual(0, await connection.ReceiveAsync(new byte[4096], Cancel));
            connection.Close(0); // without a farewell, as a killed process does it
        }

        Assert.Equal(CallOutcome.Unknown, (await call).Outcome);
    }

    [Fact]
    public async Task A_caller_that_cancels_gets_the_exception_of_a_cancelled_call()
    {
        using var stop = new CancellationTokenSource();
        _network.Lose("Start", Loss.OfEverything);
        var starting = Client.StartCheckout(Coffee, stop.Token);
        await Eventually.Equal(1, () => Task.FromResult(_network.Sent("Start")));

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Equal(1, _network.Sent("Start"));
    }

    [Fact]
    public async Task A_call_that_is_disposed_of_is_not_repeated()
    {
        _network.Lose("Get", Loss.OfEverything);
        var call = Client.Readers.GetAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel);
        await Eventually.Equal(1, () => Task.FromResult(_network.Sent("Get")));

        call.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        Assert.Equal(1, _network.Sent("Get"));
    }

    [Fact]
    public async Task A_change_that_was_refused_for_its_rate_waits_as_it_is_told()
    {
        await using var slow = await FleetApp.Start(null, "--Fleet:RequestsPerSecond=1");
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var client = new FleetClient(slow.GrpcAddress, FleetApp.Key, new() { Time = clock, Handler = _network });
        Assert.Equal(("NOT_FOUND", "NOT_FOUND"), (await Retire(client), await Retire(client))); // all there are for now
        var sent = _network.Sent("Retire");

        var waiting = Retire(client);

        await Eventually.Equal(true, () => Task.FromResult(waiting.IsCompleted), () =>
        {
            slow.Pass(1);
            clock.Advance(TimeSpan.FromSeconds(1));
        });
        Assert.Equal("NOT_FOUND", await waiting);
        Assert.True(_network.Sent("Retire") > sent + 1);
    }

    private static async Task<string> Retire(FleetClient client)
    {
        var refused = await Assert.ThrowsAsync<FleetException>(
            async () => await client.Stores.RetireAsync(new() { Store = "none" }, cancellationToken: Cancel));
        return refused.Reason;
    }

    private FleetClient Connect(FleetClientOptions? options = null) =>
        new(fleet.GrpcAddress, FleetApp.Key, options ?? new() { Handler = _network });

    private async Task Change(string method, string checkoutId)
    {
        switch (method)
        {
            case "Terminate":
                await Client.Checkouts.TerminateAsync(new() { ReaderId = Device.ReaderId }, cancellationToken: Cancel);
                break;
            case "RecordOutcome":
                await Client.Checkouts.RecordOutcomeAsync(
                    new() { CheckoutId = checkoutId, Outcome = Proto.State.Failed, Reason = "seen" },
                    cancellationToken: Cancel);
                break;
            default:
                await Client.Readers.RenameAsync(
                    new() { ReaderId = Device.ReaderId, Name = "Lane 8" }, cancellationToken: Cancel);
                break;
        }
    }
}

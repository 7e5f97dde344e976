using System.Net;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Fleet.Server.Storage.Postgres;
using Fleet.Server.Stores;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Presence = Fleet.Protocol.V1.Presence;

namespace Fleet.Server.Tests;

/// <summary>Two nodes over one PostgreSQL: it does not matter which of them one speaks to.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class ClusterTests : IAsyncLifetime
{
    private FleetApp? _first, _second;

    private FleetApp First => _first ?? throw new InvalidOperationException("The first node is not there yet.");

    private FleetApp Second => _second ?? throw new InvalidOperationException("The second node is not there yet.");

    public async ValueTask InitializeAsync()
    {
        _first = await FleetApp.StartCluster();
        _second = await _first.StartAnother();
    }

    public async ValueTask DisposeAsync()
    {
        if (_second is not null) await _second.DisposeAsync();
        if (_first is not null) await _first.DisposeAsync();
    }

    [Fact]
    public async Task A_till_at_one_node_reaches_readers_connected_to_the_other()
    {
        foreach (var (near, far) in new[] { (First, Second), (Second, First) })
        {
            for (var i = 0; i < 4; i++)
            {
                await using var device = await near.PairedDevice();
                var checkout = await far.Till.Charge(device.ReaderId);
                await device.Pay();
                Assert.Equal("successful", await near.Till.Outcome(device.ReaderId, checkout));
                Assert.Equal("successful", await far.Till.Outcome(device.ReaderId, checkout));
            }
        }
    }

    [Fact]
    public async Task Of_two_tills_at_two_nodes_one_gets_the_reader()
    {
        await using var device = await First.PairedDevice();
        for (var round = 0; round < 50; round++)
        {
            var path = $"readers/{device.ReaderId}/checkout";
            var both = await Task.WhenAll(
                First.Till.Post(path, Checkouts.Coffee), Second.Till.Post(path, Checkouts.Coffee));

            Assert.Single(both, answer => answer.StatusCode is HttpStatusCode.Created);
            Assert.Equal("422 READER_BUSY",
                await both.Single(answer => answer.StatusCode is not HttpStatusCode.Created).Refusal());
            await device.Pay();
        }
    }

    [Fact]
    public async Task Refunds_at_two_nodes_never_give_back_more_than_was_paid()
    {
        await using var device = await First.PairedDevice();
        var paid = await First.Till.Charge(device.ReaderId);
        await device.Pay();

        Assert.Equal(7, (await Refund(20, 2)).Count(status => status is HttpStatusCode.Created));
        Assert.All(await Refund(8, 1, ("Idempotency-Key", "the-rest")),
            status => Assert.Equal(HttpStatusCode.Created, status));
        Assert.All(await Refund(2, 0.01m), status => Assert.Equal(HttpStatusCode.Conflict, status));

        async Task<HttpStatusCode[]> Refund(int times, decimal amount, params (string, string)[] headers) =>
            await Task.WhenAll(Enumerable.Range(0, times).Select(async i =>
            {
                var till = (i % 2 == 0 ? First : Second).Till;
                using var answer = await till.Post(
                    $"/v1.0/merchants/{FleetApp.Merchant}/payments/{paid}/refunds", new { amount }, headers);
                return answer.StatusCode;
            }));
    }

    [Fact]
    public async Task Stores_in_the_dark_are_seen_again_when_their_node_has_left()
    {
        using var caller = new RpcCaller(Second);
        var stores = new List<string>();
        // Orleans chooses a node for each: as many as it takes until the second one has some.
        for (var i = 0; i < 4 || Seen(First) == stores.Count; i++)
        {
            Assert.InRange(i, 0, 40);
            var store = await caller.Store($"dark-{i}");
            await using var device = await caller.Paired(store);
            stores.Add(StoreKey.ForStore(FleetApp.Merchant, store));
        }
        await Second.Stop();

        await Eventually.Equal(stores.Count, () =>
        {
            First.Pass(10);
            return Task.FromResult(Seen(First));
        });

        int Seen(FleetApp node) =>
            node.Services.GetRequiredService<LocalStores>().CountStores(stores).Count(counts => counts is not null);
    }

    [Fact]
    public async Task A_checkout_goes_on_when_the_node_it_was_started_on_leaves()
    {
        var devices = new List<TestDevice>();
        for (var i = 0; i < 6; i++) devices.Add(await First.PairedDevice());
        var checkouts = new List<Guid>();
        foreach (var device in devices) checkouts.Add(await First.Till.Charge(device.ReaderId));
        await First.Stop();

        foreach (var (device, checkout) in devices.Zip(checkouts))
        {
            await device.Ended();
            Assert.StartsWith($"{Link.GoingAway}", device.Closed, StringComparison.Ordinal);
            await using var again = await device.ConnectAgain(Second.LinkAddress);
            Assert.Equal(checkout, (await again.Resume()).Checkout?.CheckoutId);
            Assert.True(await again.AskStart(checkout));
            await again.Approve(checkout);
            Assert.Equal("successful", await Second.Till.Outcome(device.ReaderId, checkout));
        }
    }

    [Fact]
    public async Task A_reader_that_moved_on_without_its_activation_is_asked_again()
    {
        await using var device = await First.PairedDevice();
        var before = await First.Till.Charge(device.ReaderId);
        await device.Pay();
        await SomebodyElseWrites(device.ReaderId);

        var checkout = await Second.Till.Charge(device.ReaderId); // its memory is wrong, which is not known yet
        Assert.NotEqual(before, checkout);
        await device.Pay();
        Assert.Equal("successful", await First.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task Codes_on_screens_outlive_the_node_that_knew_them_by_5_minutes_at_most()
    {
        var devices = new List<TestDevice>();
        for (var i = 0; i < 8; i++)
        {
            devices.Add(await First.Device());
            await devices[i].Introduce();
            await devices[i].Expect<PairingCode>();
        }
        await Second.Stop(); // and with it what it knew of about half of them
        First.Pass(300);
        foreach (var device in devices)
        {
            var code = (await device.Expect<PairingCode>()).Code;
            using var paired = await First.Till.Post("readers", new { pairing_code = code, name = "Lane" });
            Assert.Equal(HttpStatusCode.Created, paired.StatusCode);
            await device.ConfirmPairing();
            await device.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_database_that_fails_is_503_at_every_node_and_nothing_needs_repair()
    {
        await using var device = await First.PairedDevice();
        await TestPostgres.Run(await First.Database(), "ALTER TABLE ledger RENAME TO out_of_order");
        foreach (var node in new[] { First, Second, First, Second })
        {
            using var refused = await node.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }
        await TestPostgres.Run(await First.Database(), "ALTER TABLE out_of_order RENAME TO ledger");

        var checkout = await Second.Till.Charge(device.ReaderId);
        await device.Pay();
        Assert.Equal("successful", await First.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_reader_is_not_refused_for_a_checkout_that_is_over()
    {
        await using var device = await First.PairedDevice();
        await First.Till.Charge(device.ReaderId);
        await using var source = PostgresSource.OpenPool(await First.Database());
        await using var ledger = new PostgresLedger(source, "another node");
        var head = await ledger.LoadHead(device.ReaderId, TestContext.Current.CancellationToken);
        var open = head.Latest ?? throw new InvalidOperationException("The reader has no checkout.");
        await ledger.AppendEvents(new(device.ReaderId, head.Version,
            [new(EventKind.Cancelled, open with { State = CheckoutState.Cancelled, Reason = Reason.Terminated })]));

        await First.Till.Charge(device.ReaderId); // to its memory the reader is busy
    }

    /// <summary>
    /// What a frozen node that wakes up, or a second activation, would do: append where this one would.
    /// </summary>
    private async Task SomebodyElseWrites(string readerId)
    {
        await using var source = PostgresSource.OpenPool(await First.Database());
        await using var ledger = new PostgresLedger(source, "another node");
        var head = await ledger.LoadHead(readerId, TestContext.Current.CancellationToken);
        var latest = head.Latest ?? throw new InvalidOperationException("The reader has no checkout.");
        var next = latest with { Id = Guid.NewGuid(), State = CheckoutState.Accepted };
        var cancelled = next with { State = CheckoutState.Cancelled, Reason = Reason.Terminated };
        await ledger.AppendEvents(new(readerId, head.Version, [new(EventKind.Accepted, next)]));
        await ledger.AppendEvents(new(readerId, head.Version + 1, [new(EventKind.Cancelled, cancelled)]));
    }
}

/// <summary>How a node leaves.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task A_node_that_is_to_stop_says_so_and_serves_on_until_proxies_have_noticed()
    {
        await using var node = await FleetApp.Start(null, "--Fleet:UnreadySeconds=5");
        await using var device = await node.PairedDevice();
        Assert.Equal(HttpStatusCode.OK, await Health(node, "ready"));

        var stopping = node.Stop();
        await Eventually.Equal(HttpStatusCode.ServiceUnavailable, () => Health(node, "ready"));
        Assert.Equal(HttpStatusCode.OK, await Health(node, "live"));
        var checkout = await node.Till.Charge(device.ReaderId);
        await device.Pay();
        Assert.Equal("successful", await node.Till.Outcome(device.ReaderId, checkout));

        node.Pass(5);
        await stopping;
        await device.Ended();
        Assert.StartsWith($"{Link.GoingAway}", device.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_streams_of_a_node_go_on_until_it_leaves_and_end_then()
    {
        await using var node = await FleetApp.Start(null, "--Fleet:UnreadySeconds=5");
        using var caller = new RpcCaller(node);
        await using var device = await node.PairedDevice();
        using var board = caller.Stores.WatchBoard(
            new() { Store = "default" }, caller.Headers, cancellationToken: Cancel);
        using var reader = caller.Readers.Watch(
            new() { ReaderId = device.ReaderId }, caller.Headers, cancellationToken: Cancel);
        Assert.True(await board.ResponseStream.MoveNext(Cancel) && await reader.ResponseStream.MoveNext(Cancel));

        node.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication(); // as a signal does
        var stopping = node.Stop();
        await Eventually.Equal(HttpStatusCode.ServiceUnavailable, () => Health(node, "ready"));
        await node.Till.Charge(device.ReaderId);
        Assert.True(await IsTold(board, told => told.Readers.Any(one => one.Presence is Presence.Busy)));
        Assert.True(await IsTold(reader, told => told.Presence is Presence.Busy));

        node.Pass(5);
        Assert.False(await IsTold(board, _ => false));
        Assert.False(await IsTold(reader, _ => false));
        await stopping;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Whether a stream tells something, before it ends without an error.</summary>
    private static async Task<bool> IsTold<T>(AsyncServerStreamingCall<T> stream, Func<T, bool> what)
    {
        while (await stream.ResponseStream.MoveNext(Cancel))
        {
            if (what(stream.ResponseStream.Current)) return true;
        }
        return false;
    }

    private static async Task<HttpStatusCode> Health(FleetApp node, string which)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(
            new Uri(node.OperationsAddress, $"/health/{which}"), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}

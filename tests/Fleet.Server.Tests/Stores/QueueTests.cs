using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Tills that wait until a reader is free.</summary>
public sealed class QueueTests(FleetApp fleet) : IClassFixture<FleetApp>, IDisposable
{
    private readonly RpcCaller _caller = new(fleet);

    public void Dispose() => _caller.Dispose();

    [Fact]
    public async Task A_till_waits_on_the_board_until_a_reader_is_free()
    {
        var store = await _caller.Store("waits");
        await using var device = await Busy(store);
        var since = fleet.Clock.GetUtcNow();
        var waiting = Wait(store, 60, "till-1");
        await Eventually.Equal(1, () => _caller.Waiting(store));
        var place = Assert.Single((await _caller.Board(store)).Queue);
        Assert.Equal(("till-1", since, since.AddSeconds(60)),
            (place.Origin, place.Since.ToDateTimeOffset(), place.Until.ToDateTimeOffset()));
        await device.Pay();

        var started = await waiting;

        Assert.Equal((device.ReaderId, place.CheckoutId), (started.ReaderId, started.CheckoutId));
        Assert.Equal(0, await _caller.Waiting(store));
        await device.Pay();
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, Guid.Parse(started.CheckoutId)));
    }

    [Fact]
    public async Task Who_came_first_is_served_first()
    {
        var store = await _caller.Store("in-order");
        await using var device = await Busy(store);
        var first = Wait(store, 60);
        await Eventually.Equal(1, () => _caller.Waiting(store));
        fleet.Pass(1);
        var second = Wait(store, 60);
        await Eventually.Equal(2, () => _caller.Waiting(store));

        await device.Pay();
        var started = await first;
        Assert.Equal(1, await _caller.Waiting(store));
        await device.Pay();
        Assert.NotEqual(started.CheckoutId, (await second).CheckoutId);
    }

    [Fact]
    public async Task A_till_that_needs_another_reader_is_not_held_up()
    {
        var store = await _caller.Store("passes");
        await using var bar = await Busy(store, "bar");
        await using var terrace = await Busy(store, "terrace");
        using var gone = new CancellationTokenSource();
        var first = _caller.Route(new() { Store = store, QueueFor = 60, Tags = { "bar" } }, cancel: gone.Token);
        await Eventually.Equal(1, () => _caller.Waiting(store));
        var second = _caller.Route(new() { Store = store, QueueFor = 60, Tags = { "terrace" } });
        await Eventually.Equal(2, () => _caller.Waiting(store));
        await terrace.Pay();

        Assert.Equal(terrace.ReaderId, (await second).ReaderId);
        Assert.Equal(1, await _caller.Waiting(store));
        await Left(first, gone);
    }

    [Fact]
    public async Task After_its_time_a_till_is_told_and_nothing_was_accepted()
    {
        var store = await _caller.Store("too-long");
        await using var device = await Busy(store);
        var waiting = _caller.Route(new() { Store = store, QueueFor = 20 }, "late-order");
        await Eventually.Equal(1, () => _caller.Waiting(store));
        fleet.Pass(20);

        Assert.Equal("QUEUE_TIMEOUT", await waiting.Refused());
        await Eventually.Equal(0, () => _caller.Waiting(store));
        await device.Pay();
        await Eventually.Equal(Proto.Presence.Free, () => _caller.Presence(store, device));
        Assert.False(device.HasNews);
        Assert.Equal(Proto.RouteRule.OnlyOne, (await _caller.Route(new() { Store = store }, "late-order")).Rule);
    }

    [Fact]
    public async Task A_till_beyond_the_thirty_second_is_refused()
    {
        var store = await _caller.Store("crowded");
        await using var device = await Busy(store);
        using var gone = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 32)
            .Select(_ => _caller.Route(new() { Store = store, QueueFor = 60 }, cancel: gone.Token)).ToList();
        await Eventually.Equal(32, () => _caller.Waiting(store));

        Assert.Equal("QUEUE_FULL", await _caller.Route(new() { Store = store, QueueFor = 60 }).Refused());
        Assert.Equal("NO_FREE_READER 1 0", await _caller.Route(new() { Store = store }).Counted());
        foreach (var one in waiting) await Left(one, gone);
        await Eventually.Equal(0, () => _caller.Waiting(store));
    }

    [Fact]
    public async Task A_till_that_hangs_up_gives_its_place_to_the_next()
    {
        var store = await _caller.Store("hangs-up");
        await using var device = await Busy(store);
        using var gone = new CancellationTokenSource();
        var first = _caller.Route(new() { Store = store, QueueFor = 60 }, cancel: gone.Token);
        await Eventually.Equal(1, () => _caller.Waiting(store));
        var second = Wait(store, 60);
        await Eventually.Equal(2, () => _caller.Waiting(store));
        await Left(first, gone);
        await Eventually.Equal(1, () => _caller.Waiting(store));
        await device.Pay();

        Assert.Equal(device.ReaderId, (await second).ReaderId);
        Assert.Equal(0, await _caller.Waiting(store));
    }

    [Fact]
    public async Task Nobody_waits_for_a_reader_that_does_not_exist()
    {
        var store = await _caller.Store("in-vain");
        await using var device = await Busy(store);

        Assert.Equal("NO_READER",
            await _caller.Route(new() { Store = store, QueueFor = 60, Tags = { "none" } }).Refused());
    }

    [Fact]
    public async Task A_till_waits_on_when_the_store_has_moved()
    {
        var store = await _caller.Store("moved");
        await using var device = await Busy(store);
        var waiting = Wait(store, 60, "till-1");
        await Eventually.Equal(1, () => _caller.Waiting(store));
        await fleet.ForgetStore(store);
        await Eventually.Equal(1, () => _caller.Waiting(store));
        await device.Pay();

        Assert.Equal(device.ReaderId, (await waiting).ReaderId);
    }

    private Task<Proto.StartReply> Wait(string store, int seconds, string origin = "") =>
        _caller.Route(new() { Store = store, QueueFor = seconds, Origin = origin }).ResponseAsync;

    /// <summary>A reader that has a checkout.</summary>
    private async Task<TestDevice> Busy(string store, params string[] tags)
    {
        var device = await _caller.Paired(store, tags: tags);
        await _caller.Start(device);
        await Eventually.Equal(Proto.Presence.Busy, () => _caller.Presence(store, device));
        return device;
    }

    private static async Task Left(AsyncUnaryCall<Proto.StartReply> call, CancellationTokenSource gone)
    {
        await gone.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
    }
}

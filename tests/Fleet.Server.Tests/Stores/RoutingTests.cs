using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Which reader a till gets when it names none.</summary>
public sealed class RoutingTests(FleetApp fleet) : IClassFixture<FleetApp>, IDisposable
{
    private readonly RpcCaller _caller = new(fleet);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _caller.Dispose();

    [Fact]
    public async Task The_only_free_reader_is_taken_and_the_answer_says_so()
    {
        var store = await _caller.Store("one-free");
        await using var busy = await _caller.Paired(store);
        await using var free = await _caller.Paired(store);
        await Occupy(store, busy);

        var started = await _caller.Route(new() { Store = store });

        Assert.Equal((free.ReaderId, Proto.RouteRule.OnlyOne), (started.ReaderId, started.Rule));
        Assert.Equal("pending", await fleet.Till.Outcome(free.ReaderId, Guid.Parse(started.CheckoutId)));
        Assert.Equal((2, 0), await Busy(store));
    }

    [Fact]
    public async Task A_reader_that_is_named_is_answered_as_named()
    {
        await using var device = await _caller.Paired("default");

        var started = await _caller.Start(device);

        Assert.Equal((device.ReaderId, Proto.RouteRule.Named, ""), (started.ReaderId, started.Rule, started.Tag));
    }

    [Fact]
    public async Task The_reader_used_longest_ago_comes_first()
    {
        var store = await _caller.Store("longest-ago");
        await using var one = await _caller.Paired(store);
        await using var two = await _caller.Paired(store);
        await using var three = await _caller.Paired(store);
        foreach (var device in new[] { two, three, one })
        {
            await _caller.Start(device);
            await Paid(store, device);
            fleet.Pass(5);
        }
        var first = await _caller.Route(new() { Store = store });
        var second = await _caller.Route(new() { Store = store });
        var third = await _caller.Route(new() { Store = store });

        Assert.Equal([two.ReaderId, three.ReaderId, one.ReaderId], [first.ReaderId, second.ReaderId, third.ReaderId]);
        Assert.Equal([Proto.RouteRule.LeastRecentlyUsed, Proto.RouteRule.LeastRecentlyUsed, Proto.RouteRule.OnlyOne],
            [first.Rule, second.Rule, third.Rule]);
    }

    [Fact]
    public async Task A_reader_has_all_the_tags_that_are_asked()
    {
        var store = await _caller.Store("tags");
        await using var both = await _caller.Paired(store, tags: ["bar", "terrace"]);
        await using var bar = await _caller.Paired(store, tags: ["bar"]);
        var ask = new Proto.RouteRequest { Store = store, Tags = { "terrace", "bar" } };

        Assert.Equal(both.ReaderId, (await _caller.Route(ask)).ReaderId);
        Assert.Equal("NO_FREE_READER 1 0", await _caller.Route(ask).Counted());
        Assert.Equal((Proto.Presence.Busy, Proto.Presence.Free),
            (await _caller.Presence(store, both), await _caller.Presence(store, bar)));
    }

    [Fact]
    public async Task Preferred_tags_decide_in_their_order_and_exclude_nobody()
    {
        var store = await _caller.Store("prefer");
        await using var plain = await _caller.Paired(store);
        await using var bar = await _caller.Paired(store, tags: ["bar"]);
        await using var terrace = await _caller.Paired(store, tags: ["terrace"]);
        var ask = new Proto.RouteRequest { Store = store, Prefer = { "terrace", "bar" } };
        var replies = new List<Proto.StartReply>();
        for (var i = 0; i < 3; i++) replies.Add(await _caller.Route(ask));

        Assert.Equal([terrace.ReaderId, bar.ReaderId, plain.ReaderId], replies.Select(reply => reply.ReaderId));
        Assert.Equal(["PreferredTag terrace", "PreferredTag bar", "OnlyOne "],
            replies.Select(reply => $"{reply.Rule} {reply.Tag}"));
    }

    [Fact]
    public async Task A_till_gets_the_reader_it_had_before_if_that_is_free()
    {
        var store = await _caller.Store("sticky");
        await using var one = await _caller.Paired(store);
        await using var two = await _caller.Paired(store);
        var ask = new Proto.RouteRequest { Store = store, Origin = "till-7" };
        var first = await _caller.Route(ask);
        var (mine, other) = first.ReaderId == one.ReaderId ? (one, two) : (two, one);
        await Paid(store, mine);
        fleet.Pass(5);

        var again = await _caller.Route(ask);
        Assert.Equal((mine.ReaderId, Proto.RouteRule.Sticky), (again.ReaderId, again.Rule));
        Assert.Equal(other.ReaderId, (await _caller.Route(ask)).ReaderId);
    }

    [Fact]
    public async Task A_reader_is_as_able_as_is_asked()
    {
        var store = await _caller.Store("able");
        await using var old = await _caller.Paired(store, firmware: "3.3.9.0");
        await using var young = await _caller.Paired(store);
        await young.Send(new Protocol.DeviceStatus(young.Epoch, 55));
        await Eventually.Equal(55d, async () => (await _caller.Get(young)).Battery);
        await Eventually.Equal(1,
            async () => (await _caller.Board(store)).Readers.Count(reader => reader.Battery == 55));

        foreach (var ask in new Proto.RouteRequest[]
        {
            new() { MinFirmware = "3.3.40.4" }, new() { MinBattery = 56 }, new() { Tags = { "none" } },
        })
        {
            ask.Store = store;
            Assert.Equal("NO_READER", await _caller.Route(ask).Refused());
        }
        foreach (var ask in new Proto.RouteRequest[]
        {
            new() { MinFirmware = "3.3.10" }, new() { MinBattery = 55 }, new() { Tips = true },
        })
        {
            ask.Store = store;
            Assert.Equal(young.ReaderId, (await _caller.Route(ask)).ReaderId);
            await Paid(store, young);
        }
        Assert.Equal(Proto.Presence.Free, await _caller.Presence(store, old));
    }

    [Fact]
    public async Task Readers_that_are_busy_or_offline_are_counted()
    {
        var store = await _caller.Store("counted");
        Assert.Equal("NO_READER", await _caller.Route(new() { Store = store }).Refused());
        await using var busy = await _caller.Paired(store);
        await using var gone = await _caller.Paired(store);
        await Occupy(store, busy);
        await gone.HangUp();
        await Eventually.Equal(Proto.Presence.Offline, () => _caller.Presence(store, gone));

        Assert.Equal("NO_FREE_READER 1 1", await _caller.Route(new() { Store = store }).Counted());
    }

    [Theory]
    [InlineData("stale-busy", true)]
    [InlineData("stale-offline", false)]
    public async Task A_reader_that_is_not_free_after_all_is_followed_by_the_next(string store, bool isBusy)
    {
        await _caller.Store(store);
        await using var stale = await _caller.Paired(store, tags: ["best"]);
        await using var next = await _caller.Paired(store);
        var free =
            (await fleet.Store(store).GetBoard(null))?.Lines.Single(line => line.ReaderId == stale.ReaderId).State;
        Assert.NotNull(free);
        if (isBusy) await Occupy(store, stale);
        else await stale.HangUp();
        await Eventually.Equal(isBusy ? Proto.Presence.Busy : Proto.Presence.Offline,
            () => _caller.Presence(store, stale));
        await fleet.Store(store).PutState(stale.ReaderId, free with { Version = free.Version + (isBusy ? 1 : 0) });
        await Eventually.Equal(Proto.Presence.Free, () => _caller.Presence(store, stale));

        var started = await _caller.Route(new() { Store = store, Prefer = { "best" } });

        Assert.Equal(next.ReaderId, started.ReaderId);
        Assert.Equal(started.CheckoutId, (await next.Expect<Protocol.ShowCheckout>()).Checkout.CheckoutId.ToString());
        await Eventually.Equal(isBusy ? (2, 0) : (1, 1), () => Busy(store));
        Assert.Equal("NO_FREE_READER", await _caller.Route(new() { Store = store }).Refused());
    }

    [Fact]
    public async Task Many_tills_at_once_get_a_reader_each()
    {
        var store = await _caller.Store("at-once");
        var devices = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _caller.Paired(store)));
        var started = await Task.WhenAll(devices.Select(async _ => await _caller.Route(new() { Store = store })));

        Assert.Equal(devices.Select(device => device.ReaderId).Order(),
            started.Select(reply => reply.ReaderId).Order());
        Assert.Equal("NO_FREE_READER 8 0", await _caller.Route(new() { Store = store }).Counted());
        foreach (var device in devices) await device.DisposeAsync();
    }

    [Fact]
    public async Task A_repeat_gets_the_checkout_and_the_reader_it_had()
    {
        var store = await _caller.Store("repeat");
        await using var one = await _caller.Paired(store);
        await using var two = await _caller.Paired(store);
        var first = await _caller.Route(new() { Store = store }, "order-1");
        var again = await _caller.Route(new() { Store = store }, "order-1");

        Assert.Equal((first.CheckoutId, first.ReaderId, first.ClientTransactionId),
            (again.CheckoutId, again.ReaderId, again.ClientTransactionId));
        Assert.Equal(Proto.RouteRule.Unspecified, again.Rule);
        Assert.Equal((1, 0), await Busy(store));
        Assert.Equal("IDEMPOTENCY_KEY_REUSED",
            await _caller.Route(new() { Store = store, MinBattery = 1 }, "order-1").Refused());
    }

    [Fact]
    public async Task A_key_of_one_store_routes_there_and_nowhere_else()
    {
        var (mine, other) = (await _caller.Store("key-mine"), await _caller.Store("key-other"));
        await using var here = await _caller.Paired(mine);
        await using var there = await _caller.Paired(other);
        string[] scopes = ["checkouts.write", "fleet.read"];
        var made = await fleet.Till.MakeKey(new { name = "one store", scopes, store = mine });
        using var seller = new RpcCaller(fleet, made.Key);

        Assert.Equal("NOT_FOUND", await seller.Route(new() { Store = other }).Refused());
        Assert.Equal("NOT_FOUND",
            await seller.Stores.BoardAsync(new() { Store = other }, seller.Headers, cancellationToken: Cancel)
                .Refused());
        Assert.Equal(here.ReaderId, (await seller.Route(new())).ReaderId);
        Assert.Equal((0, 0), await Busy(other));
    }

    [Fact]
    public async Task Wrong_routes_are_refused_by_their_fields()
    {
        Assert.Equal("VALIDATION_ERROR route.min_battery,route.min_firmware,route.queue_for,route.store,route.tags[0]",
            await _caller.Route(new()
            {
                Store = "No Store", QueueFor = 301, MinBattery = 101, MinFirmware = "new", Tags = { "Upper" },
            }).Refused());
        Assert.Equal("NOT_FOUND", await _caller.Route(new() { Store = "no-such-store" }).Refused());
        var both =
            new Proto.StartRequest
            {
                ReaderId = "rdr_00000000000000000000000000", Route = new(),
                TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1 }
            };
        Assert.Equal("VALIDATION_ERROR reader_id",
            await _caller.Checkouts.StartAsync(both, _caller.Headers, cancellationToken: Cancel).Refused());
    }

    private async Task Occupy(string store, TestDevice device)
    {
        await _caller.Start(device);
        await Eventually.Equal(Proto.Presence.Busy, () => _caller.Presence(store, device));
    }

    private async Task Paid(string store, TestDevice device)
    {
        await device.Pay();
        await Eventually.Equal(Proto.Presence.Free, () => _caller.Presence(store, device));
    }

    /// <summary>How many readers of a store are busy, and how many offline.</summary>
    private async Task<(int, int)> Busy(string store)
    {
        var readers = (await _caller.Board(store)).Readers;
        return (readers.Count(reader => reader.Presence is Proto.Presence.Busy),
            readers.Count(reader => reader.Presence is Proto.Presence.Offline));
    }
}

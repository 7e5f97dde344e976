using System.Collections.Concurrent;
using System.Net;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Stores, the readers in them, and what is told of them while it happens.</summary>
public sealed class StoreTests(FleetApp fleet) : IClassFixture<FleetApp>, IDisposable
{
    private readonly RpcCaller _caller = new(fleet);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _caller.Dispose();

    [Fact]
    public async Task A_store_is_made_read_renamed_and_retired_and_opens_again()
    {
        var now = fleet.Clock.GetUtcNow();
        var made = await _caller.Stores.CreateAsync(
            new() { Store = "berlin-1", Name = "Mitte" }, _caller.Headers, cancellationToken: Cancel);
        Assert.Equal(("berlin-1", "Mitte", now), (made.Store_, made.Name, made.CreatedAt.ToDateTimeOffset()));
        Assert.Null(made.RetiredAt);
        Assert.Equal(made, await Read("berlin-1"));
        var renamed = await _caller.Stores.RenameAsync(
            new() { Store = "berlin-1", Name = "Tor" }, _caller.Headers, cancellationToken: Cancel);
        Assert.Equal(("Tor", made.CreatedAt), (renamed.Name, renamed.CreatedAt));

        var retired = await Retire("berlin-1");
        Assert.Equal(now, retired.RetiredAt.ToDateTimeOffset());
        Assert.Equal("NOT_FOUND", await Board("berlin-1").Refused());
        Assert.Equal("NOT_FOUND",
            await _caller.Stores.RenameAsync(
                new() { Store = "berlin-1", Name = "x" }, _caller.Headers, cancellationToken: Cancel).Refused());
        Assert.Equal("NOT_FOUND", await _caller.Route(new() { Store = "berlin-1" }).Refused());
        Assert.DoesNotContain("berlin-1", (await Listed()).Select(store => store.Store_));
        Assert.Contains("berlin-1", (await Listed(retired: true)).Select(store => store.Store_));
        await _caller.Store("berlin-1");
        Assert.Null((await Read("berlin-1")).RetiredAt);
        Assert.Empty((await Board("berlin-1")).Readers);
    }

    [Fact]
    public async Task Each_merchant_has_a_default_store_that_cannot_be_retired()
    {
        using var other = new RpcCaller(fleet, FleetApp.OtherKey);
        var stores = await other.Stores.ListAsync(new(), other.Headers, cancellationToken: Cancel);

        Assert.Equal("default", Assert.Single(stores.Stores).Store_);
        Assert.Null(stores.Stores[0].CreatedAt);
        Assert.Equal("VALIDATION_ERROR store",
            await other.Stores.RetireAsync(new() { Store = "default" }, other.Headers, cancellationToken: Cancel)
                .Refused());
        Assert.True((await other.Board("default")).Whole);
    }

    [Fact]
    public async Task A_store_that_exists_or_has_readers_is_in_the_way()
    {
        var store = await _caller.Store("full");
        await using var device = await _caller.Paired(store);

        Assert.Equal("STORE_EXISTS",
            await _caller.Stores.CreateAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel)
                .Refused());
        Assert.Equal("STORE_EXISTS",
            await _caller.Stores.CreateAsync(new() { Store = "default" }, _caller.Headers, cancellationToken: Cancel)
                .Refused());
        Assert.Equal("STORE_NOT_EMPTY",
            await _caller.Stores.RetireAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel)
                .Refused());
        await Unpair(device);
        Assert.NotNull((await Retire(store)).RetiredAt);
    }

    [Theory]
    [InlineData("", "", "name,store")]
    [InlineData("Upper", "", "store")]
    [InlineData("with space", "x", "store")]
    [InlineData("a/b", "x", "store")]
    public async Task A_store_that_is_no_id_is_named(string store, string name, string fields) => Assert.Equal(
        $"VALIDATION_ERROR {fields}", await _caller.Stores.CreateAsync(
            new() { Store = store, Name = name }, _caller.Headers, cancellationToken: Cancel).Refused());

    [Fact]
    public async Task What_is_wrong_with_a_store_is_named()
    {
        var store = await _caller.Store("wrong-fields");
        Assert.Equal("VALIDATION_ERROR name",
            await _caller.Stores.CreateAsync(
                new() { Store = "long", Name = new string('x', 201) }, _caller.Headers, cancellationToken: Cancel)
                    .Refused());
        await _caller.Stores.CreateAsync(
            new() { Store = "flags", Name = string.Concat(Enumerable.Repeat("🇩🇰", 200)) }, _caller.Headers,
            cancellationToken: Cancel);
        Assert.Equal("VALIDATION_ERROR name",
            await _caller.Stores.CreateAsync(
                new() { Store = "many-flags", Name = string.Concat(Enumerable.Repeat("🇩🇰", 201)) }, _caller.Headers,
                cancellationToken: Cancel).Refused());
        Assert.Equal("VALIDATION_ERROR name",
            await _caller.Stores.RenameAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel)
                .Refused());
        Assert.Equal("VALIDATION_ERROR page_size,page_token",
            await _caller.Stores.ListAsync(
                new() { PageSize = 501, PageToken = "?" }, _caller.Headers, cancellationToken: Cancel).Refused());
        foreach (var unknown in new[] { "no-such-store", "No Store", "" })
        {
            Assert.Equal("NOT_FOUND",
                await _caller.Stores.GetAsync(new() { Store = unknown }, _caller.Headers, cancellationToken: Cancel)
                    .Refused());
            Assert.Equal("NOT_FOUND", await Board(unknown).Refused());
        }
        Assert.Equal("VALIDATION_ERROR store", await _caller.Readers.PairAsync(
            new() { PairingCode = "ABCDEFGH", Name = "Lane", Store = "no-such-store" }, _caller.Headers,
            cancellationToken: Cancel).Refused());
    }

    [Fact]
    public async Task Stores_are_listed_by_pages()
    {
        for (var i = 0; i < 5; i++) await _caller.Store($"page-{i}");
        var (seen, token, pages) = (new List<string>(), "", 0);
        do
        {
            var page = await _caller.Stores.ListAsync(
                new() { PageSize = 2, PageToken = token }, _caller.Headers, cancellationToken: Cancel);
            Assert.InRange(page.Stores.Count, 1, 2);
            seen.AddRange(page.Stores.Select(store => store.Store_));
            (token, pages) = (page.NextPageToken, pages + 1);
        }
        while (token.Length > 0);

        Assert.Equal(seen.Distinct(), seen);
        Assert.Equal((seen.Count + 1) / 2, pages);
        Assert.Equal(["page-0", "page-1", "page-2", "page-3", "page-4"],
            seen.Where(store => store.StartsWith("page-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_reader_is_paired_into_a_store_and_moves_to_another()
    {
        var (from, to) = (await _caller.Store("from"), await _caller.Store("to"));
        await using var device = await _caller.Paired(from, "Kiosk", ["bar"]);
        var reader = Assert.Single((await Board(from)).Readers);
        Assert.Equal((device.ReaderId, "Kiosk", from, "bar", "paired"),
            (reader.ReaderId, reader.Name, reader.Store, Assert.Single(reader.Tags), reader.Pairing));
        await _caller.Move(device, to);

        Assert.Empty((await Board(from)).Readers);
        Assert.Equal((to, Proto.Presence.Free),
            (Assert.Single((await Board(to)).Readers).Store, (await _caller.Get(device)).Presence));
        Assert.Equal("VALIDATION_ERROR store",
            await _caller.Readers.MoveAsync(
                new() { ReaderId = device.ReaderId, Store = "nowhere" }, _caller.Headers, cancellationToken: Cancel)
                    .Refused());
        await _caller.Route(new() { Store = to });
        await device.Pay();
    }

    [Fact]
    public async Task A_reader_moves_with_its_checkout()
    {
        var (from, to) = (await _caller.Store("open-from"), await _caller.Store("open-to"));
        await using var device = await _caller.Paired(from);
        var started = await _caller.Start(device);
        await _caller.Move(device, to);

        Assert.Equal(started.CheckoutId, Assert.Single((await Board(to)).Readers).Checkout.CheckoutId);
        await device.Pay();
        await Eventually.Equal(Proto.Presence.Free, () => _caller.Presence(to, device));
    }

    [Fact]
    public async Task Metadata_names_the_store_in_the_cloud_api()
    {
        var (one, two) = (await _caller.Store("meta-1"), await _caller.Store("meta-2"));
        await using var device = await fleet.Device();
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using var refused = await fleet.Till.Post(
            "readers", new { pairing_code = code, name = "Bar", metadata = new { store = "meta-3" } });
        await refused.MustRefuse(400, "metadata.store");
        using var made = await fleet.Till.Post(
            "readers", new { pairing_code = code, name = "Bar", metadata = new { store = one, floor = 1 } });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await device.ConfirmPairing();
        Assert.Equal(one, (await _caller.Get(device)).Store);

        using var moved = await fleet.Till.Patch($"readers/{device.ReaderId}", new { metadata = new { store = two } });
        Assert.Equal(two, (await moved.Json()).GetProperty("metadata").Text("store"));
        Assert.Equal(two, (await _caller.Get(device)).Store);
        foreach (var wrong in new object[] { new { store = "meta-3" }, new { store = 7 } })
        {
            using var answer = await fleet.Till.Patch($"readers/{device.ReaderId}", new { metadata = wrong });
            await answer.MustRefuse(400, "metadata.store");
        }
        using var broken = await fleet.Till.Send(
            HttpMethod.Patch, $"readers/{device.ReaderId}", Lane.Json("{\"metadata\":{\"store\":\"\\ud83c\"}}"));
        await broken.MustRefuse(400, "metadata");
        using var renamed = await fleet.Till.Patch($"readers/{device.ReaderId}", new { metadata = new { floor = 2 } });
        Assert.Equal(two, (await _caller.Get(device)).Store);
    }

    [Fact]
    public async Task A_key_of_a_retired_store_finds_no_readers()
    {
        var store = await _caller.Store("closed-for-good");
        var key = await fleet.Till.MakeKey(new { name = "clerk", scopes = new[] { "readers.read" }, store });
        using var clerk = new RpcCaller(fleet, key.Key);
        await _caller.Stores.RetireAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel);

        using var listed = await fleet.TillOf(FleetApp.Merchant, key.Key).Get("readers");

        await listed.MustRefuse(404);
        Assert.Equal("NOT_FOUND",
            await clerk.Readers.ListAsync(new(), clerk.Headers, cancellationToken: Cancel).Refused());
    }

    [Fact]
    public async Task A_merchant_without_stores_of_its_own_may_write_there_what_it_likes()
    {
        var till = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        await using var device = await fleet.PairedDevice("Lane", till);
        using var patched = await till.Patch(
            $"readers/{device.ReaderId}", new { metadata = new { store = "Any Thing" } });
        using var other = new RpcCaller(fleet, FleetApp.OtherKey);

        Assert.Equal("Any Thing", (await patched.Json()).GetProperty("metadata").Text("store"));
        Assert.Equal("default", (await other.Get(device)).Store);
    }

    [Fact]
    public async Task The_cloud_api_lists_the_readers_of_all_stores_in_order_of_pairing_as_they_are_now()
    {
        var (one, two) = (await _caller.Store("list-1"), await _caller.Store("list-2"));
        await using var first = await _caller.Paired(two, "A");
        fleet.Pass(1);
        await using var second = await _caller.Paired(one, "B");
        fleet.Pass(1);
        await using var third = await _caller.Paired("default", "C");
        fleet.Pass(1);
        await using var fourth = await _caller.Paired(two, "D");
        string[] mine = [first.ReaderId, second.ReaderId, third.ReaderId, fourth.ReaderId];

        Assert.Equal("A B C D", await Names(mine));
        using var renamed = await fleet.Till.Patch($"readers/{second.ReaderId}", new { name = "Z" });
        Assert.Equal("A Z C D", await Names(mine));
        using var deleted = await fleet.Till.Delete($"readers/{first.ReaderId}");
        Assert.Equal("Z C D", await Names(mine));
        await _caller.Move(third, two);
        Assert.Equal("Z C D", await Names(mine));
    }

    [Fact]
    public async Task The_board_shows_how_a_reader_is()
    {
        var store = await _caller.Store("board");
        await using var device = await _caller.Paired(store, "Kiosk", ["bar", "terrace"], firmware: "3.3.41.0");
        await device.Send(new DeviceStatus(device.Epoch, 71.5, ConnectionType: "Wi-Fi"));
        await Eventually.Equal(71.5, async () => Assert.Single((await Board(store)).Readers).Battery);
        var idle = Assert.Single((await Board(store)).Readers);
        Assert.Equal((Proto.Presence.Free, "3.3.41.0", device.Serial, "virtual-solo"),
            (idle.Presence, idle.Firmware, idle.Serial, idle.Model));
        Assert.Equal(["bar", "terrace"], idle.Tags);
        Assert.Null(idle.Checkout);

        var started = await _caller.Start(device);
        await Eventually.Equal(Proto.Presence.Busy, () => _caller.Presence(store, device));
        var open = Assert.Single((await Board(store)).Readers).Checkout;
        Assert.Equal((started.CheckoutId, Proto.State.Accepted, 1500),
            (open.CheckoutId, open.State, open.TotalAmount.Value));
        await device.Pay();
        await Eventually.Equal(Proto.Presence.Free, () => _caller.Presence(store, device));
        Assert.NotNull(Assert.Single((await Board(store)).Readers).LastUsed);
        await device.HangUp();
        await Eventually.Equal(Proto.Presence.Offline, () => _caller.Presence(store, device));
        await using var again = await device.ConnectAgain();
        await again.Resume();
        await Eventually.Equal(Proto.Presence.Free, () => _caller.Presence(store, device));
    }

    [Fact]
    public async Task A_board_that_is_watched_tells_what_changes()
    {
        var store = await _caller.Store("watched");
        await using var device = await _caller.Paired(store);
        await using var still = await _caller.Paired(store);
        using var watch = _caller.Stores.WatchBoard(
            new() { Store = store }, _caller.Headers, cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal((true, 2), (watch.ResponseStream.Current.Whole, watch.ResponseStream.Current.Readers.Count));
        var started = await _caller.Start(device);

        var busy = await Told(watch, board => board.Readers.Any(reader => reader.Presence is Proto.Presence.Busy));
        Assert.Equal((false, device.ReaderId), (busy.Whole, Assert.Single(busy.Readers).ReaderId));
        Assert.Equal(started.CheckoutId, busy.Readers[0].Checkout.CheckoutId);
        await device.Pay();
        await Told(watch, board => board.Readers.Any(reader => reader.Presence is Proto.Presence.Free));
        await Unpair(device);
        var whole = await Told(watch, board => board.Whole);
        Assert.Equal(still.ReaderId, Assert.Single(whole.Readers).ReaderId);
    }

    [Fact]
    public async Task A_reader_is_followed_over_a_move_to_its_end()
    {
        var (from, to) = (await _caller.Store("follow-1"), await _caller.Store("follow-2"));
        await using var device = await _caller.Paired(from, "Before");
        using var watch = _caller.Readers.Watch(
            new() { ReaderId = device.ReaderId }, _caller.Headers, cancellationToken: Cancel);
        var seen = new ConcurrentQueue<Proto.Reader>();
        var watching = Task.Run(async () =>
        {
            await foreach (var told in watch.ResponseStream.ReadAllAsync(Cancel)) seen.Enqueue(told);
        }, Cancel);
        await Sees(from, "Before", Proto.Presence.Free);
        fleet.Pass(1);
        await _caller.Move(device, to);
        await Sees(to, "Before", Proto.Presence.Free);
        await _caller.Start(device);
        await Sees(to, "Before", Proto.Presence.Busy);
        await device.Pay();
        await Sees(to, "Before", Proto.Presence.Free);
        fleet.Pass(1);
        await _caller.Readers.RenameAsync(
            new() { ReaderId = device.ReaderId, Name = "After" }, _caller.Headers, cancellationToken: Cancel);
        await Sees(to, "After", Proto.Presence.Free);
        await Unpair(device);

        await watching.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal("NOT_FOUND",
            await _caller.Readers.GetAsync(
                new() { ReaderId = device.ReaderId }, _caller.Headers, cancellationToken: Cancel).Refused());

        Task Sees(string store, string name, Proto.Presence presence) => Eventually.Equal((store, name, presence),
            () => Task.FromResult(seen.LastOrDefault() is { } last ? (last.Store, last.Name, last.Presence) : default));
    }

    [Fact]
    public async Task Readers_are_found_by_filters_and_pages()
    {
        var store = await _caller.Store("filters");
        await using var bar = await _caller.Paired(store, "Bar left", ["bar", "left"], "3.3.9.0");
        fleet.Pass(1);
        await using var right = await _caller.Paired(store, "Bar right", ["bar"]);
        fleet.Pass(1);
        await using var terrace = await _caller.Paired(store, "Terrace");
        await right.Send(new DeviceStatus(right.Epoch, 12));
        await _caller.Start(terrace);
        await Eventually.Equal(Proto.Presence.Busy, () => _caller.Presence(store, terrace));
        await Eventually.Equal("Bar right", () => Found(new() { BatteryBelow = 20 }));

        Assert.Equal("Bar left,Bar right,Terrace", await Found(new()));
        Assert.Equal("Bar left,Bar right", await Found(new() { Tags = { "bar" } }));
        Assert.Equal("Bar left", await Found(new() { Tags = { "left", "bar" } }));
        Assert.Equal("Terrace", await Found(new() { Presence = Proto.Presence.Busy }));
        Assert.Equal("Bar left,Bar right", await Found(new() { Presence = Proto.Presence.Free }));
        Assert.Equal("Bar left", await Found(new() { FirmwareBelow = "3.3.10" }));
        Assert.Equal("Bar right", await Found(new() { Text = "RIGHT" }));
        Assert.Equal("Terrace", await Found(new() { Text = terrace.Serial }));
        Assert.Equal("", await Found(new() { Text = "nothing" }));
        var page = await List(new() { PageSize = 2 });
        Assert.Equal(["Bar left", "Bar right"], page.Readers.Select(reader => reader.Name));
        Assert.Equal("Terrace", await Found(new() { PageSize = 2, PageToken = page.NextPageToken }));
        Assert.Equal("VALIDATION_ERROR firmware_below",
            await _caller.Readers.ListAsync(new() { FirmwareBelow = "new" }, _caller.Headers, cancellationToken: Cancel)
                .Refused());
        Assert.Equal("NOT_FOUND",
            await _caller.Readers.ListAsync(
                new() { Store = "no-such-store" }, _caller.Headers, cancellationToken: Cancel).Refused());
        Assert.True(
            (await _caller.Readers.ListAsync(new(), _caller.Headers, cancellationToken: Cancel)).Readers.Count >= 3);

        async Task<string> Found(Proto.ListReadersRequest ask) =>
            string.Join(',', (await List(ask)).Readers.Select(reader => reader.Name));

        async Task<Proto.ListReadersReply> List(Proto.ListReadersRequest ask)
        {
            ask.Store = store;
            return await _caller.Readers.ListAsync(ask, _caller.Headers, cancellationToken: Cancel);
        }
    }

    [Fact]
    public async Task A_reader_whose_device_was_paired_anew_says_what_replaced_it()
    {
        var store = await _caller.Store("replaced");
        await using var before = await _caller.Paired(store, "before");
        await before.HangUp();
        await Eventually.Equal(Proto.Presence.Offline, () => _caller.Presence(store, before));
        fleet.Pass(60);
        await using var anew = await fleet.Device(before.Serial);
        await anew.Introduce();
        var now = await _caller.Readers.PairAsync(
            new() { PairingCode = (await anew.Expect<PairingCode>()).Code, Name = "now", Store = store },
            _caller.Headers, cancellationToken: Cancel);
        await anew.ConfirmPairing();

        await Eventually.Equal($"pairing_replaced {now.ReaderId}", async () => string.Join(',',
            (await _caller.Status.GetAsync(new() { Stores = { store } }, _caller.Headers, cancellationToken: Cancel))
                .Problems.Where(one => one.ReaderId == before.ReaderId)
                .Select(one => $"{one.Problem} {one.ReplacedBy}")));
    }

    [Fact]
    public async Task The_status_of_the_fleet_is_in_numbers_and_problems()
    {
        var (one, two) = (await _caller.Store("status-1"), await _caller.Store("status-2"));
        await using var free = await _caller.Paired(one, "free");
        await using var low = await _caller.Paired(one, "low");
        await using var gone = await _caller.Paired(one, "gone");
        await using var stuck = await _caller.Paired(two, "stuck");
        await using var never = await fleet.Device();
        await never.Introduce();
        await _caller.Readers.PairAsync(
            new() { PairingCode = (await never.Expect<PairingCode>()).Code, Name = "never", Store = two },
            _caller.Headers, cancellationToken: Cancel);
        await low.Send(new DeviceStatus(low.Epoch, 19));
        await gone.HangUp();
        Assert.True(await stuck.AskStart(Guid.Parse((await _caller.Start(stuck)).CheckoutId)));
        await Eventually.Equal("low battery_low,gone offline", Problems);
        fleet.Pass(301);
        await Eventually.Equal("low battery_low,gone offline,stuck checkout_open_long,never pairing_expired", Problems);
        var status = await Status(byStore: true);

        Assert.Equal((2, 0, 5), (status.Stores, status.Failed, status.Readers.Total));
        Assert.Equal((2, 1, 1, 1),
            (status.Readers.Free, status.Readers.Busy, status.Readers.Offline, status.Readers.Unpaired));
        Assert.Equal(["status-1 3", "status-2 2"], status.Rows.Select(row => $"{row.Store} {row.Readers.Total}"));
        Assert.Empty((await Status(byStore: false)).Rows);
        Assert.Equal("VALIDATION_ERROR stores",
            await _caller.Status.GetAsync(
                new() { Stores = { "no-such-store" } }, _caller.Headers, cancellationToken: Cancel).Refused());
        Assert.Equal("VALIDATION_ERROR deadline_ms",
            await _caller.Status.GetAsync(new() { DeadlineMs = 10_001 }, _caller.Headers, cancellationToken: Cancel)
                .Refused());
        using var chain = new RpcCaller(fleet, FleetApp.ChainKey);
        var all = await chain.Status.GetAsync(new() { ByStore = true }, chain.Headers, cancellationToken: Cancel);
        Assert.Equal(3, all.Rows.Count(row => row.Store == "default"));

        async Task<string> Problems() =>
            string.Join(',', (await Status(byStore: false)).Problems.Select(one => $"{one.Name} {one.Problem}"));

        async Task<Proto.FleetStatusReply> Status(bool byStore) => await _caller.Status.GetAsync(
            new() { Stores = { one, two }, ByStore = byStore }, _caller.Headers, cancellationToken: Cancel);
    }

    [Fact]
    public async Task A_board_is_right_after_the_store_was_forgotten()
    {
        var store = await _caller.Store("forgotten");
        await using var busy = await _caller.Paired(store, "busy", ["bar"]);
        await using var gone = await _caller.Paired(store, "gone");
        await using var free = await _caller.Paired(store, "free");
        await _caller.Start(busy);
        await gone.HangUp();
        await Eventually.Equal(Proto.Presence.Offline, () => _caller.Presence(store, gone));
        await Eventually.Equal(Proto.Presence.Busy, () => _caller.Presence(store, busy));
        using var watch = _caller.Stores.WatchBoard(
            new() { Store = store }, _caller.Headers, cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        await fleet.ForgetStore(store);
        var board = await Board(store);

        Assert.Empty(board.Silent);
        Assert.Equal(["busy Busy", "free Free", "gone Offline"],
            board.Readers.Select(reader => $"{reader.Name} {reader.Presence}").Order());
        Assert.Equal(free.ReaderId, (await _caller.Route(new() { Store = store })).ReaderId);
        await Told(watch, told => told.Readers.Any(reader => reader.Presence is Proto.Presence.Busy));
        foreach (var device in new[] { busy, gone, free }) await Unpair(device);
        Assert.NotNull((await Retire(store)).RetiredAt);
    }

    [Fact]
    public async Task A_reader_whose_word_was_lost_is_asked_and_free_again()
    {
        var deaf = false;
        await using var app = await FleetApp.Start(
            builder => builder.Services.AddSingleton<IIncomingGrainCallFilter>(new Deaf(
            () => Volatile.Read(ref deaf))));
        using var caller = new RpcCaller(app);
        var store = await caller.Store("deaf");
        await using var device = await caller.Paired(store);
        await caller.Start(device);
        await Eventually.Equal(Proto.Presence.Busy, () => caller.Presence(store, device));
        Volatile.Write(ref deaf, true);
        app.Pass(61);
        await Eventually.Equal(Proto.Presence.Free, async () => (await caller.Get(device)).Presence);
        Assert.Equal(Proto.Presence.Busy, await caller.Presence(store, device));
        app.Pass(30);

        await Eventually.Equal(Proto.Presence.Free, () => caller.Presence(store, device));
    }

    private AsyncUnaryCall<Proto.StoreBoard> Board(string store) =>
        _caller.Stores.BoardAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel);

    private async Task<Proto.Store> Read(string store) =>
        await _caller.Stores.GetAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel);

    private async Task<Proto.Store> Retire(string store) =>
        await _caller.Stores.RetireAsync(new() { Store = store }, _caller.Headers, cancellationToken: Cancel);

    private async Task<IEnumerable<Proto.Store>> Listed(bool retired = false) => (await _caller.Stores.ListAsync(
        new() { Retired = retired, PageSize = 500 }, _caller.Headers, cancellationToken: Cancel)).Stores;

    private async Task Unpair(TestDevice device) =>
        await _caller.Readers.UnpairAsync(
            new() { ReaderId = device.ReaderId }, _caller.Headers, cancellationToken: Cancel);

    /// <summary>The names of these readers, in the order of the Cloud API's list.</summary>
    private async Task<string> Names(string[] readers)
    {
        using var answer = await fleet.Till.Get("readers");
        return string.Join(' ', (await answer.Json()).GetProperty("items").EnumerateArray()
            .Where(item => readers.Contains(item.Text("id"))).Select(item => item.Text("name")));
    }

    /// <summary>The next news of a board that is like this.</summary>
    private static async Task<Proto.StoreBoard> Told(
        AsyncServerStreamingCall<Proto.StoreBoard> watch, Func<Proto.StoreBoard, bool> isIt)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        do Assert.True(await watch.ResponseStream.MoveNext(patience.Token));
        while (!isIt(watch.ResponseStream.Current));
        return watch.ResponseStream.Current;
    }

    /// <summary>Drops what readers report to their stores, while the test wants it.</summary>
    private sealed class Deaf(Func<bool> isDeaf) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext call) =>
            isDeaf() && call is { Grain: IStoreGrain, MethodName: nameof(IStoreGrain.PutState) } ? Task.CompletedTask
                : call.Invoke();
    }
}

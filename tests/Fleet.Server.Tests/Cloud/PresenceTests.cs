using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Whether SumUp's cloud reaches a reader is asked rarely, and told with its age.</summary>
public sealed class PresenceTests : IAsyncLifetime
{
    private const string First = CloudRoster.First, Second = CloudRoster.Second;
    private const string Online = """{"status":"ONLINE","state":"IDLE"}""", Offline = """{"status":"OFFLINE"}""";

    private CloudRoster? _world;

    private CloudRoster World => _world ?? throw new InvalidOperationException("It is not running.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await CloudRoster.Start();

    public ValueTask DisposeAsync() => World.DisposeAsync();

    [Fact]
    public async Task A_status_is_asked_for_when_it_is_wanted_and_not_again_for_ten_seconds()
    {
        var reader = await World.AdoptOne();
        Assert.Equal(0, Asked(First));
        await IsTold(reader, "ONLINE");
        await IsTold(reader, "ONLINE");
        Assert.Equal(1, Asked(First));
        World.Status[First] = Offline;
        World.Fleet.Pass(9);
        await IsTold(reader, "ONLINE");
        World.Fleet.Pass(1);
        await IsTold(reader, "OFFLINE");
        Assert.Equal(2, Asked(First));
    }

    [Fact]
    public async Task A_status_tells_what_the_reader_told()
    {
        var reader = await World.AdoptOne();
        World.Status[First] = """
            {"status":"ONLINE","state":"WAITING_FOR_CARD","battery_level":41.5,"battery_temperature":30,
             "connection_type":"Wi-Fi","firmware_version":"3.3.40.3","last_activity":"2026-03-01T08:59:30Z"}
            """;
        var told = await World.Till.HowIs(reader);
        var line = await World.Seen(reader);

        Assert.Equal("WAITING_FOR_CARD 41.5 30 Wi-Fi 3.3.40.3", $"{told.GetProperty("state")} "
            + $"{told.GetProperty("battery_level")} {told.GetProperty("battery_temperature")} "
            + $"{told.GetProperty("connection_type")} {told.GetProperty("firmware_version")}");
        Assert.Equal(World.Fleet.Clock.GetUtcNow().AddSeconds(-30),
            told.GetProperty("last_activity").GetDateTimeOffset());
        Assert.Equal(("3.3.40.3", 41.5, World.Fleet.Clock.GetUtcNow()),
            (line.Firmware, line.Battery, line.SeenAt.ToDateTimeOffset()));
        var id = await World.Till.Charge(reader, Connector.Coffee());
        Assert.Equal("3.3.40.3",
            (await World.Till.Checkout(reader, id)).GetProperty("reader_firmware_version").GetString());
    }

    [Fact]
    public async Task A_status_that_cannot_be_read_is_told_as_offline_with_its_age()
    {
        var reader = await World.AdoptOne();
        await IsTold(reader, "ONLINE");
        World.Status.Clear();
        World.Fleet.Pass(59);
        await IsTold(reader, "ONLINE");
        World.Fleet.Pass(10);
        var told = await World.Till.HowIs(reader);
        var line = await World.Get(reader);

        Assert.Equal("OFFLINE", told.GetProperty("status").GetString());
        var read = World.Fleet.Clock.Start;
        Assert.Equal(read, told.GetProperty("last_activity").GetDateTimeOffset());
        Assert.Equal((Proto.Presence.NotSeen, read), (line.Presence, line.SeenAt.ToDateTimeOffset()));
    }

    [Fact]
    public async Task A_reader_is_asked_about_when_it_is_looked_at_by_gRPC()
    {
        var reader = await World.AdoptOne();
        Assert.Equal(Proto.Presence.NotSeen, (await World.Seen(reader)).Presence);
        Assert.Equal(Proto.Presence.Free, (await World.Get(reader)).Presence);
        World.Status[First] = Offline;
        World.Fleet.Pass(10);
        Assert.Equal(Proto.Presence.Offline, (await World.Get(reader)).Presence);
    }

    [Fact]
    public async Task People_see_how_old_it_is()
    {
        var reader = await World.AdoptOne();
        await World.AdoptOne(Second, "U2");
        World.Status.Clear();
        World.Status[First] = Online;
        await World.Get(reader);
        World.Fleet.Pass(240);
        await Eventually.Equal(true, async () =>
        {
            var list = await World.Shell.Does("readers list");
            return list.Contains("never", StringComparison.Ordinal) && list.Contains(" ago", StringComparison.Ordinal);
        });
        Assert.Contains("unknown", await World.Shell.Does("readers list --presence unknown"), StringComparison.Ordinal);
        Assert.Contains("UNKNOWN", await World.Shell.Does("status"), StringComparison.Ordinal);
        var counts = Assert.Single(await World.Shell.Tells("status")).GetProperty("readers");
        Assert.Equal(2, counts.GetProperty("unknown").GetInt32() + counts.GetProperty("free").GetInt32());
    }

    [Fact]
    public async Task The_answer_to_a_start_says_how_the_reader_is()
    {
        var reader = await World.AdoptOne();
        World.Cloud.Then(422, """{"errors":{"type":"READER_OFFLINE","detail":"-"}}""");
        using var refused = await World.Till.Post($"readers/{reader}/checkout", Connector.Coffee());
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
        await Eventually.Equal(Proto.Presence.Offline, async () => (await World.Seen(reader)).Presence);
        await World.Till.Charge(reader, Connector.Coffee());
        await Eventually.Equal(Proto.Presence.Busy, async () => (await World.Seen(reader)).Presence);
        Assert.Equal(World.Fleet.Clock.GetUtcNow(), (await World.Seen(reader)).SeenAt.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_terminate_without_a_payment_is_refused_while_the_reader_is_known_to_be_offline()
    {
        var reader = await World.AdoptOne();
        World.Status[First] = Offline;
        await IsTold(reader, "OFFLINE");
        using var refused = await World.Till.Post($"readers/{reader}/terminate", new { });
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
        World.Fleet.Pass(61); // nothing is known any more
        using var taken = await World.Till.Post($"readers/{reader}/terminate", new { });
        Assert.Equal(202, (int)taken.StatusCode);
    }

    [Fact]
    public async Task A_store_takes_a_reader_of_which_nothing_is_known_and_passes_over_one_that_is_offline()
    {
        var reader = await World.AdoptOne();
        World.Status[First] = Offline;
        Assert.Equal(Proto.Presence.Offline, (await World.Get(reader)).Presence);
        Assert.Equal("NO_FREE_READER 0 1", await Route().Counted());
        World.Fleet.Pass(60);
        Assert.Equal(reader, (await Route()).ReaderId);
    }

    [Fact]
    public async Task Readers_on_a_board_that_is_watched_are_asked_about()
    {
        var reader = await World.AdoptOne();
        using var watch = World.Rpc.Stores.WatchBoard(
            new() { Store = "default" }, World.Rpc.Headers, cancellationToken: Cancel);
        await Until(watch.ResponseStream, board => Assert.Single(board.Readers).Presence, Proto.Presence.NotSeen);
        await Until(watch.ResponseStream, board => Assert.Single(board.Readers).Presence, Proto.Presence.Free);
        World.Status.Clear(); // it is told although nothing happens
        await Until(watch.ResponseStream, board => Assert.Single(board.Readers).Presence, Proto.Presence.NotSeen, 5);
        Assert.Equal(reader, Assert.Single(watch.ResponseStream.Current.Readers).ReaderId);
    }

    [Fact]
    public async Task A_reader_that_is_watched_alone_is_asked_about_too()
    {
        var reader = await World.AdoptOne();
        using var watch = World.Rpc.Readers.Watch(
            new() { ReaderId = reader }, World.Rpc.Headers, cancellationToken: Cancel);
        await Until(watch.ResponseStream, told => told.Presence, Proto.Presence.NotSeen);
        await Until(watch.ResponseStream, told => told.Presence, Proto.Presence.Free);
        World.Status.Clear();
        await Until(watch.ResponseStream, told => told.Presence, Proto.Presence.NotSeen, 5);
    }

    /// <summary>Starts a checkout on any reader of the default store.</summary>
    private AsyncUnaryCall<Proto.StartReply> Route() => World.Rpc.Checkouts.StartAsync(new()
    {
        Route = new(), TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 },
        Affiliate = new()
        {
            AppId = Connector.AppId, Key = FleetApp.LiveAffiliateKey, ForeignTransactionId = $"sale-{Guid.NewGuid():N}",
        },
    }, World.Rpc.Headers, cancellationToken: Cancel);

    private async Task IsTold(string reader, string status) =>
        Assert.Equal(status, (await World.Till.HowIs(reader)).GetProperty("status").GetString());

    private int Asked(string id) => World.CountRequests("GET", $"{id}/status");

    /// <summary>
    /// Reads a stream until it tells a presence, while the clock goes on: in small steps, as a call to the cloud has a
    /// time-out of some seconds.
    /// </summary>
    private async Task Until<T>(
        IAsyncStreamReader<T> stream, Func<T, Proto.Presence> read, Proto.Presence presence, double step = 0.1)
    {
        do
        {
            var move = stream.MoveNext(Cancel);
            await Eventually.Equal(true, () => Task.FromResult(move.IsCompleted), () => World.Fleet.Pass(step));
            Assert.True(await move);
        }
        while (read(stream.Current) != presence);
    }
}

/// <summary>A fleet without any work costs few requests.</summary>
public sealed class IdleFleetTests
{
    [Fact]
    public async Task Forty_idle_readers_are_asked_about_in_turn_and_slowly()
    {
        await using var world = await CloudRoster.Start("--Fleet:Cloud:RequestsPerSecond=5", "--Fleet:Cloud:Burst=10");
        for (var i = 0; i < 40; i++)
        {
            world.Listed[$"rdr_{i:00000000000000000000000000}"] = new($"U{i}");
            world.Status[$"rdr_{i:00000000000000000000000000}"] = """{"status":"ONLINE"}""";
        }
        await world.Adopt(new());
        await world.Compared(1);
        var (began, before) = (world.Fleet.Clock.GetUtcNow(), world.Cloud.Requests.Count);
        await Eventually.Equal(40, () => Task.FromResult(world.Cloud.Requests
            .Where(request => request.Path.EndsWith("/status", StringComparison.Ordinal))
            .Select(request => request.Path).Distinct().Count()), () => world.Fleet.Pass(1));
        var seconds = (world.Fleet.Clock.GetUtcNow() - began).TotalSeconds;

        Assert.InRange((world.Cloud.Requests.Count - before) / seconds, 0.01, 1);
    }

    [Fact]
    public async Task A_device_behind_the_cloud_that_leaves_is_seen_as_offline()
    {
        await using var world = new Connector();
        await world.InitializeAsync();
        var (device, reader) = await world.PairedDevice();
        await Eventually.Equal("ONLINE", async () =>
        {
            world.Fleet.Pass(5);
            return (await world.Till.HowIs(reader)).GetProperty("status").GetString();
        });
        await device.DisposeAsync();
        await Eventually.Equal("OFFLINE", async () =>
        {
            world.Fleet.Pass(5);
            return (await world.Till.HowIs(reader)).GetProperty("status").GetString();
        });
        Assert.False(string.IsNullOrEmpty((await world.Till.HowIs(reader)).GetProperty("last_activity").GetString()));
    }
}

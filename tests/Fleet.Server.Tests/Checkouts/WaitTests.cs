using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Fleet.Protocol;
using Fleet.Server.Checkouts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Server.Tests;

/// <summary>How tills without a web server learn of an outcome: a request that waits, and streams.</summary>
public sealed class WaitTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task A_request_that_waits_is_answered_by_the_outcome()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        var waiting = Wait(fleet.Till, id, 30);
        await Device.AskStart(id);
        Assert.False(waiting.IsCompleted);

        await Device.Approve(id);

        Assert.Equal("successful", await waiting);
    }

    [Fact]
    public async Task One_that_waited_in_vain_hears_that_it_is_pending()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await Device.AskStart(id);
        var waiting = Wait(fleet.Till, id, 30);

        Assert.Equal("pending", await Passing(31, waiting));
    }

    [Fact]
    public async Task The_end_of_the_window_is_an_outcome_too()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        fleet.Pass(55);
        var waiting = Wait(fleet.Till, id, 30);

        Assert.Equal("cancelled", await Passing(1, waiting));
    }

    [Fact]
    public async Task What_is_over_is_answered_at_once()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        using var ended = await fleet.Till.Post($"readers/{Device.ReaderId}/terminate", new { });

        Assert.Equal("cancelled", await Wait(fleet.Till, id, 60));
        Assert.Equal("cancelled", await Wait(fleet.Till, id, 0));
    }

    [Theory]
    [InlineData("61")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("")]
    [InlineData("long")]
    [InlineData("1&wait=2")]
    public async Task A_wait_that_is_none_is_refused_by_name(string wait)
    {
        using var answer = await fleet.Till.Get($"readers/{Device.ReaderId}/checkout/{Guid.NewGuid()}?wait={wait}");

        await answer.MustRefuse(400, "wait");
    }

    [Fact]
    public async Task Nobody_waits_for_what_is_not_there()
    {
        using var answer = await fleet.Till.Get($"readers/{Device.ReaderId}/checkout/{Guid.NewGuid()}?wait=60");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Tills_that_hang_up_leave_nothing_behind()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await Device.AskStart(id);
        var feed = fleet.Services.GetRequiredService<ChangeFeed>();
        await Eventually.Equal(0, () => Task.FromResult(feed.Count)); // of other tests
        var stream = await Stream.Open(fleet.Till, $"/fleet/v1/checkouts/{id}/events");
        using var patience = new CancellationTokenSource();
        var waiting = fleet.Till.Hold($"readers/{Device.ReaderId}/checkout/{id}?wait=60", patience.Token);
        await Eventually.Equal(2, () => Task.FromResult(feed.Count));

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await stream.DisposeAsync();

        await Eventually.Equal(0, () => Task.FromResult(feed.Count));
    }

    [Fact]
    public async Task Nobody_on_the_way_keeps_an_answer()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        foreach (var path in new[]
        {
            $"readers/{Device.ReaderId}/checkout/{id}", $"readers/{Device.ReaderId}/checkout/{Guid.NewGuid()}",
        })
        {
            using var answer = await fleet.Till.Get(path);
            Assert.True(answer.Headers.CacheControl?.NoStore);
        }
    }

    [Fact]
    public async Task A_hundred_tills_wait_for_one_checkout_and_all_hear_of_it()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await Device.AskStart(id);
        var waiting = Enumerable.Range(0, 100).Select(_ => Wait(fleet.Till, id, 60)).ToList();
        await Device.Approve(id);

        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal("successful", status));
    }

    [Fact]
    public async Task A_stopping_node_lets_nobody_wait_in_vain()
    {
        var node = await FleetApp.Start();
        await using var device = await node.PairedDevice();
        var id = await node.Till.Charge(device.ReaderId);
        await device.AskStart(id);
        var waiting = Wait(node.Till, id, 60, device.ReaderId);
        await Eventually.Equal(true, async () => (await Wait(node.Till, id, 0, device.ReaderId)) == "pending");
        await node.Stop();

        Assert.Equal("pending", await waiting);
        await node.DisposeAsync();
    }

    [Fact]
    public async Task An_outcome_on_one_node_is_heard_on_another()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        foreach (var (till, place) in new[] { (second.Till, first), (first.Till, second) })
        {
            await using var device = await TestDevice.Connect(place.LinkAddress, $"NODE-{place.Address.Port}");
            await device.Introduce();
            using var paired = await first.Till.Post(
                "readers", new { pairing_code = (await device.Expect<PairingCode>()).Code, name = "Lane" });
            await device.ConfirmPairing();
            var id = await till.Charge(device.ReaderId);
            await device.AskStart(id);
            var (here, there) = (Wait(first.Till, id, 60, device.ReaderId), Wait(second.Till, id, 60, device.ReaderId));
            await device.Approve(id);

            Assert.Equal(["successful", "successful"], await Task.WhenAll(here, there));
        }
    }

    [Fact]
    public async Task A_stream_tells_a_checkout_from_what_it_is_to_its_outcome()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await using var stream = await Stream.Open(fleet.Till, $"/fleet/v1/checkouts/{id}/events");
        Assert.Equal(("current", "accepted"), await stream.Next());

        await Device.AskStart(id);
        Assert.Equal(("started", "started"), await stream.Next());
        using var terminate = await fleet.Till.Post($"readers/{Device.ReaderId}/terminate", new { });
        Assert.Equal(("terminate_requested", "started"), await stream.Next());
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Failed, Reasons.Declined));
        Assert.Equal(("failed", "failed"), await stream.Next());

        Assert.Null(await stream.Next());
        await using var late = await Stream.Open(fleet.Till, $"/fleet/v1/checkouts/{id}/events");
        Assert.Equal([("failed", "failed"), null], [await late.Next(), await late.Next()]);
    }

    [Fact]
    public async Task Who_has_heard_the_outcome_is_told_to_ask_no_more()
    {
        var id = await Pay();
        await using var stream = await Stream.Open(fleet.Till, $"/fleet/v1/checkouts/{id}/events");
        await stream.Until("succeeded", id);

        using var again = await fleet.Till.Open($"/fleet/v1/checkouts/{id}/events", stream.LastId);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        await using var other =
            await Stream.Open(fleet.Till, $"/fleet/v1/checkouts/{id}/events", $"{Guid.CreateVersion7()}");
        await other.Until("succeeded", id);
    }

    [Fact]
    public async Task A_stream_tells_proxies_to_keep_nothing_back_and_clients_when_to_come_again()
    {
        using var answer = await fleet.Till.Open("/fleet/v1/events");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel)
            .GetAsyncEnumerator(Cancel);
        await events.MoveNextAsync();

        Assert.Equal("no", answer.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Equal(TimeSpan.FromSeconds(1), events.Current.ReconnectionInterval);
        await events.DisposeAsync();
    }

    [Fact]
    public async Task What_is_told_again_has_the_id_it_had_and_that_of_its_line_in_the_history()
    {
        await using var stream = await Stream.Open(fleet.Till, "/fleet/v1/events");
        var (first, second) = (await Pay(), await Pay());
        await stream.Until("succeeded", first);
        var id = stream.LastId;
        await stream.Until("succeeded", second);

        await using var again = await Stream.Open(fleet.Till, "/fleet/v1/events", stream.LastId);
        await again.Until("succeeded", first);
        Assert.Equal(id, again.LastId);
        using var history = await fleet.Till.Get(
            $"/v2.1/merchants/{FleetApp.Merchant}/transactions/history?limit=1000");
        Assert.Contains(
            id, (await history.Json()).GetProperty("items").EnumerateArray().Select(item => Text(item, "id")));
    }

    [Fact]
    public async Task A_stream_ends_when_its_key_is_revoked_and_tells_nothing_more()
    {
        var made = await fleet.Till.MakeKey(new { name = "screen", scopes = new[] { "checkouts.read" } });
        var till = fleet.TillOf(FleetApp.Merchant, made.Key);
        var id = await fleet.Till.Charge(Device.ReaderId);
        await using var merchants = await Stream.Open(till, "/fleet/v1/events");
        await using var one = await Stream.Open(till, $"/fleet/v1/checkouts/{id}/events");
        Assert.Equal(("ping", "current"), ((await merchants.Next())?.Kind, (await one.Next())?.Kind));

        await fleet.Till.Revoke(made.Id);
        fleet.Pass(2);
        await Device.AskStart(id);

        Assert.Equal([null, null], [await merchants.Next(), await one.Next()]);
    }

    [Fact]
    public async Task A_node_that_says_it_is_leaving_lets_tills_wait_until_it_leaves()
    {
        await using var node = await FleetApp.Start(null, "--Fleet:UnreadySeconds=30");
        await using var device = await node.PairedDevice();
        var id = await node.Till.Charge(device.ReaderId);
        await device.AskStart(id);
        node.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication(); // as a signal does
        var (stopping, waiting) = (node.Stop(), Wait(node.Till, id, 60, device.ReaderId));
        await Eventually.Equal("pending", () => Wait(node.Till, id, 0, device.ReaderId));
        Assert.False(waiting.IsCompleted);

        Assert.Equal("pending", await Passing(node, 31, waiting));
        await stopping;
    }

    [Fact]
    public async Task A_merchants_stream_goes_on_where_it_broke_off()
    {
        await using var stream = await Stream.Open(fleet.Till, "/fleet/v1/events");
        Assert.Equal("ping", (await stream.Next())?.Kind);
        var first = await Pay();
        await stream.Until("succeeded", first);
        var last = stream.LastId;

        fleet.Pass(60);
        var missed = await Pay();
        fleet.Pass(60);
        await using var again = await Stream.Open(fleet.Till, "/fleet/v1/events", last);
        await again.Until("succeeded", missed);
        var fresh = await Pay();
        await again.Until("succeeded", fresh);
    }

    [Fact]
    public async Task A_stream_shows_no_other_merchants_checkouts()
    {
        await using var theirs =
            await Stream.Open(fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey), "/fleet/v1/events");
        Assert.Equal("ping", (await theirs.Next())?.Kind);
        await Pay();
        fleet.Pass(15);

        Assert.Equal("ping", (await theirs.Next())?.Kind);
        var id = await fleet.Till.Charge(Device.ReaderId);
        foreach (var path in new[] { "events", "timeline" })
        {
            using var foreign = await fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey)
                .Get($"/fleet/v1/checkouts/{id}/{path}");
            Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        }
    }

    [Fact]
    public async Task A_stream_that_is_to_go_on_in_the_future_goes_on_now()
    {
        await using var stream = await Stream.Open(
            fleet.Till, "/fleet/v1/events", $"{Guid.CreateVersion7(fleet.Clock.GetUtcNow().AddYears(1))}");
        Assert.Equal("ping", (await stream.Next())?.Kind);
        Assert.True(Guid.Parse(stream.LastId ?? "") < Guid.CreateVersion7(fleet.Clock.GetUtcNow().AddSeconds(1)));
    }

    [Theory]
    [InlineData("7")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")]
    public async Task A_place_that_is_none_is_refused(string place)
    {
        using var answer = await fleet.Till.Send(HttpMethod.Get, "/fleet/v1/events", null, ("Last-Event-ID", place));

        await answer.MustRefuse(400, "Last-Event-ID");
    }

    [Fact]
    public async Task The_timeline_says_what_happened_who_did_it_and_what_a_clerk_does()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await Device.AskStart(id);
        using var terminate = await fleet.Till.Post($"readers/{Device.ReaderId}/terminate", new { });
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Failed, Reasons.Declined));
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Approved, null, 1500));

        var timeline = await Timeline(id);

        Assert.Equal(
            ["accepted till", "started device", "terminate_requested till", "failed device", "disputed device"],
            timeline.GetProperty("events").EnumerateArray().Select(one => $"{Text(one, "kind")} {Text(one, "actor")}"));
        var reason = timeline.GetProperty("events")[3].GetProperty("reason");
        Assert.Equal(("declined", false), (Text(reason, "code"), reason.GetProperty("retryable").GetBoolean()));
        Assert.EndsWith(".", Text(reason, "sentence"));
        Assert.False(timeline.GetProperty("events")[3].TryGetProperty("amount", out _));
        Assert.Equal(1500, timeline.GetProperty("events")[4].GetProperty("claim").GetProperty("amount").GetInt64());
        Assert.All(timeline.GetProperty("events").EnumerateArray(), one => Assert.Contains(":", Text(one, "node")));
        Assert.True(timeline.GetProperty("disputed").GetBoolean());
    }

    [Fact]
    public async Task The_timeline_of_one_checkout_has_nothing_of_the_next()
    {
        var first = await Pay();
        var second = await Pay();
        using var refund = await fleet.Till.Post(
            $"/v1.0/merchants/{FleetApp.Merchant}/payments/{first}/refunds", new { });

        Assert.Equal(["accepted", "started", "succeeded", "refunded"], Kinds(await Timeline(first)));
        Assert.Equal(["accepted", "started", "succeeded"], Kinds(await Timeline(second)));
    }

    private static IEnumerable<string?> Kinds(JsonElement timeline) =>
        timeline.GetProperty("events").EnumerateArray().Select(one => Text(one, "kind"));

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private async Task<JsonElement> Timeline(Guid id)
    {
        using var answer = await fleet.Till.Get($"/fleet/v1/checkouts/{id}/timeline");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    private async Task<Guid> Pay()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await Device.AskStart(id);
        await Device.Approve(id);
        return id;
    }

    private Task<string?> Wait(Till till, Guid id, int seconds) => Wait(till, id, seconds, Device.ReaderId);

    private static async Task<string?> Wait(Till till, Guid id, int seconds, string readerId)
    {
        using var answer = await till.Get($"readers/{readerId}/checkout/{id}?wait={seconds}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Json()).GetProperty("data").GetProperty("status").GetString();
    }

    /// <summary>
    /// Lets time pass, again and again, until there is an answer: a request may not have begun to wait yet.
    /// </summary>
    private Task<string?> Passing(double seconds, Task<string?> waiting) => Passing(fleet, seconds, waiting);

    private static async Task<string?> Passing(FleetApp node, double seconds, Task<string?> waiting)
    {
        await Eventually.Equal(true, () =>
        {
            node.Pass(seconds);
            return Task.FromResult(waiting.IsCompleted);
        });
        return await waiting;
    }

    /// <summary>Server-sent events as a client sees them: kind, state and place of each.</summary>
    private sealed class Stream(HttpResponseMessage answer, IAsyncEnumerator<SseItem<string>> events) : IAsyncDisposable
    {
        public string? LastId { get; private set; }

        public static async Task<Stream> Open(Till till, string path, string? lastId = null)
        {
            var answer = await till.Open(path, lastId);
            Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
            var parser = SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancel));
            return new(answer, parser.EnumerateAsync(Cancel).GetAsyncEnumerator(Cancel));
        }

        public async Task<(string Kind, string? State)?> Next() =>
            await Move() is { } item ? (item.EventType, State(item)) : null;

        /// <summary>Reads on until this happened to this checkout.</summary>
        public async Task Until(string kind, Guid checkoutId)
        {
            while (await Move() is { } item)
            {
                if (item.EventType == kind && item.Data.Contains($"{checkoutId}", StringComparison.Ordinal)) return;
            }
            Assert.Fail($"The stream ended before {kind}.");
        }

        public async ValueTask DisposeAsync()
        {
            await events.DisposeAsync();
            answer.Dispose();
        }

        private async Task<SseItem<string>?> Move()
        {
            if (!await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel)) return null;
            LastId = events.Current.EventId ?? LastId;
            return events.Current;
        }

        private static string? State(SseItem<string> item) =>
            JsonElement.Parse(item.Data).TryGetProperty("state", out var state) ? state.GetString() : null;
    }
}

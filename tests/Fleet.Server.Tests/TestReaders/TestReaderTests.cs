using System.Net;
using Fleet.Protocol;
using Fleet.Server.Api;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Virtual readers that a till's test makes and moves, as the till sees it.</summary>
public sealed class TestReaderTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static readonly object Wait = new { wait_seconds = 10 };

    [Theory]
    [InlineData("visa", "SUCCESSFUL")]
    [InlineData("asks_pin", "SUCCESSFUL")]
    [InlineData("declined", "FAILED declined")]
    public async Task A_card_ends_the_checkout_and_the_answer_has_its_outcome(string card, string outcome)
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Charge(reader);
        Assert.Equal(outcome,
            (await fleet.Till.Act(reader, "present", new { card, wait_seconds = 10 })).Ended());
    }

    [Fact]
    public async Task A_card_may_come_before_the_checkout()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Act(reader, "present", new { card = "mastercard" });
        var checkout = await fleet.Till.Charge(reader);
        var end = await fleet.Till.Act(reader, "link", Wait);
        Assert.Equal("SUCCESSFUL", end.Ended());
        Assert.Equal($"{checkout}", end.GetProperty("scene").Text("last_checkout_id"));
    }

    [Fact]
    public async Task A_second_card_is_refused_while_one_waits()
    {
        using var caller = new RpcCaller(fleet);
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Act(reader, "present", new { card = "visa" });

        Assert.Equal("TEST_REFUSED", await caller.Tests.PresentAsync(
            new() { ReaderId = reader, Card = "declined" }, caller.Headers,
            cancellationToken: TestContext.Current.CancellationToken).Refused());
        await fleet.Till.Charge(reader);
        Assert.Equal("SUCCESSFUL", (await fleet.Till.Act(reader, "link", Wait)).Ended());
    }

    [Fact]
    public async Task The_customer_cancels_and_removes_the_card()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Charge(reader);
        await fleet.Till.Shows(reader, "card");
        Assert.Equal("CANCELLED customer_cancelled",
            (await fleet.Till.Act(reader, "press", new { key = "cancel", wait_seconds = 10 })).Ended());
        await fleet.Till.Charge(reader);
        await fleet.Till.Act(reader, "present", new { card = "asks_pin", pin = "none" });
        await fleet.Till.Shows(reader, "pin");
        Assert.Equal("FAILED card_removed", (await fleet.Till.Act(reader, "remove-card", Wait)).Ended());
    }

    [Fact]
    public async Task A_tip_is_chosen_on_its_screen()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Charge(reader, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, tip_rates = new[] { 0.05, 0.1 },
        });
        await fleet.Till.Shows(reader, "tip");
        await fleet.Till.Act(reader, "choose-tip", new { tip_rate = 0.1 });
        var end = await fleet.Till.Act(reader, "present", Wait);
        Assert.Equal(150, end.GetProperty("checkout").GetProperty("tip").GetInt64());
    }

    [Fact]
    public async Task A_device_that_is_switched_off_loses_its_payment_and_says_so()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Charge(reader);
        await fleet.Till.Shows(reader, "card");
        var back = fleet.Till.Act(reader, "power", Wait);
        var end = await TimePasses(back);
        Assert.Equal("FAILED reader_lost", end.Ended());
        Assert.Equal(0, end.GetProperty("scene").GetProperty("charges").GetInt32());
    }

    [Fact]
    public async Task A_charge_of_which_the_result_was_lost_is_found_once()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Act(reader, "link", new { die_after_charge = true });
        await fleet.Till.Charge(reader);
        var end = await TimePasses(fleet.Till.Act(reader, "present", new { card = "visa", wait_seconds = 10 }));
        Assert.Equal(1, end.GetProperty("scene").GetProperty("charges").GetInt32());
        Assert.Equal(0, end.GetProperty("scene").GetProperty("waiting_results").GetInt32());
    }

    [Fact]
    public async Task A_script_moves_the_next_customers_and_reset_forgets_it()
    {
        var reader = await fleet.Till.MakeReader();
        var scripted = await fleet.Till.Act(reader, "script", new
        {
            steps = new object[] { new { @do = "press", key = "cancel" }, new { @do = "present", card = "expired" } },
        });
        Assert.Equal(2, scripted.GetProperty("scene").GetProperty("scripted").GetInt32());
        await fleet.Till.Charge(reader);
        await fleet.Till.Shows(reader, "idle");
        Assert.Equal("CANCELLED customer_cancelled", (await fleet.Till.Act(reader, "reset", Wait)).Ended());
        var scene = await fleet.Till.Scene(reader);
        Assert.False(scene.TryGetProperty("scripted", out var left) && left.GetInt32() > 0);
    }

    [Fact]
    public async Task What_the_reader_says_of_itself_can_be_changed()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Act(reader, "set", new { battery = 7, connection = "lte" });
        await Eventually.Equal(7d, async () =>
            (await fleet.Till.HowIs(reader)).GetProperty("battery_level").GetDouble());
        var slow = await fleet.Till.Act(reader, "scenario", new { scenario = "decline", seed = 3, pace = 0 });
        Assert.Equal("decline", slow.GetProperty("scene").Text("scenario"));
        await fleet.Till.Charge(reader);
        Assert.Equal("FAILED declined", (await fleet.Till.Act(reader, "link", Wait)).Ended());
    }

    [Fact]
    public async Task A_watch_has_every_change_until_the_reader_is_unpaired()
    {
        using var caller = new RpcCaller(fleet);
        var reader = await fleet.Till.MakeReader();
        using var watch = caller.Tests.Watch(new() { ReaderId = reader }, caller.Headers,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(SceneScreens.Idle, watch.ResponseStream.Current.Scene.Screen);
        await fleet.Till.Charge(reader);
        do Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        while (watch.ResponseStream.Current.Scene.Screen != SceneScreens.Card);
        Assert.Equal(Proto.State.Started, watch.ResponseStream.Current.Checkout.State);
    }

    [Fact]
    public async Task Many_are_made_with_one_call_and_leave_nothing_when_they_are_unpaired()
    {
        using var caller = new RpcCaller(fleet);
        var ask = new Proto.CreateTestReadersRequest
        {
            Count = 3, Name = "Lane", Scenario = "approve", Tags = { "fast" },
        };
        var made = await caller.Tests.CreateAsync(ask, caller.Headers,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["Lane 1", "Lane 2", "Lane 3"], made.Readers.Select(one => one.Name));
        var journals = Path.Combine(fleet.Folder, "test-readers");
        var mine = made.Readers.Select(one => Path.Combine(journals, one.Serial + ".json")).ToArray();
        Assert.All(mine, file => Assert.True(File.Exists(file)));
        foreach (var one in made.Readers)
        {
            using var gone = await fleet.Till.Delete($"readers/{one.ReaderId}");
            Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
        }
        await Eventually.Equal(0, () => Task.FromResult(mine.Count(File.Exists)));
    }

    [Fact]
    public async Task A_refusal_has_the_sentence_of_the_device()
    {
        using var caller = new RpcCaller(fleet);
        var reader = await fleet.Till.MakeReader();
        Assert.Equal("TEST_REFUSED",
            await fleet.Till.Post($"{TestReaderCalls.Readers}/{reader}/press", new { key = "cancel" }).Reason());
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await caller.Tests.RemoveCardAsync(
            new() { ReaderId = reader }, caller.Headers, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.FailedPrecondition, "There is no card in the device."),
            (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task A_node_has_a_thousand_of_them_at_most()
    {
        using var caller = new RpcCaller(fleet);
        var host = fleet.Services.GetRequiredService<TestReaderHost>();
        Assert.Null(host.TakePlaces(901)); // other tests have some
        try
        {
            Assert.Equal("TOO_MANY_TEST_READERS", await caller.Tests.CreateAsync(new() { Count = 100, Name = "x" },
                caller.Headers, cancellationToken: TestContext.Current.CancellationToken).Refused());
        }
        finally
        {
            host.GiveBack(901);
        }
    }

    [Fact]
    public async Task Other_readers_cannot_be_moved()
    {
        await using var device = await fleet.PairedDevice();
        Assert.Equal("NOT_TESTABLE",
            await fleet.Till.Post($"{TestReaderCalls.Readers}/{device.ReaderId}/present", new { }).Reason());
        await device.HangUp();
        await fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        Assert.Equal("READER_OFFLINE",
            await fleet.Till.Post($"{TestReaderCalls.Readers}/{device.ReaderId}/present", new { }).Reason());
    }

    [Fact]
    public async Task A_live_merchant_has_no_test_readers()
    {
        var live = fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);
        Assert.Equal("404", await live.Post(TestReaderCalls.Readers, new { }).Tried());
        Assert.Equal("404",
            await live.Post($"{TestReaderCalls.Readers}/{Objects.Random.Reader}/present", new { }).Tried());
    }

    [Theory]
    [InlineData("count", "{\"count\":101}")]
    [InlineData("scenario", "{\"scenario\":\"chaos\"}")]
    [InlineData("pace", "{\"pace\":101}")]
    [InlineData("tags[0]", "{\"tags\":[\"No\"]}")]
    [InlineData("store", "{\"store\":\"No\"}")]
    public async Task A_wrong_field_of_a_new_reader_is_named(string field, string body) => Assert.Equal($"400 {field}",
        await fleet.Till.Send(HttpMethod.Post, TestReaderCalls.Readers, Lane.Json(body)).Tried());

    [Theory]
    [InlineData("present", "wait_seconds", "{\"wait_seconds\":61}")]
    [InlineData("press", "key", "{\"key\":\"any\"}")]
    [InlineData("scenario", "scenario", "{\"scenario\":\"chaos\"}")]
    [InlineData("set", "firmware", "{\"firmware\":\"\"}")]
    [InlineData("set", "battery", "{\"battery\":\"NaN\"}")]
    [InlineData("set", "battery", "{\"battery\":101}")]
    [InlineData("present", "tip_rate", "{\"tip_rate\":\"NaN\"}")]
    [InlineData("choose-tip", "tip_rate", "{\"tip_rate\":2}")]
    public async Task A_wrong_field_of_a_wish_is_named(string what, string field, string body) =>
        Assert.Equal($"400 {field}", await fleet.Till.Send(HttpMethod.Post,
            $"{TestReaderCalls.Readers}/{Objects.Random.Reader}/{what}", Lane.Json(body)).Tried());

    /// <summary>Waits while the clock of the node, which is also that of the device, goes on.</summary>
    private async Task<T> TimePasses<T>(Task<T> waiting)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!waiting.IsCompleted)
        {
            fleet.Clock.Advance(TimeSpan.FromMilliseconds(20));
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        return await waiting;
    }
}

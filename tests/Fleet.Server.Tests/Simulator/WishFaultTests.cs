using Fleet.Protocol;
using Fleet.Simulator;

namespace Fleet.Server.Tests;

/// <summary>
/// What a test can do to the power, the link and the next customers of a virtual device. The journal holds in every
/// case.
/// </summary>
public sealed class WishFaultTests
{
    private static readonly DeviceWish Card = new() { Do = Wishes.Present, Card = TestCards.Visa };

    [Fact]
    public async Task The_answer_comes_before_the_power_is_gone_and_the_payment_in_hand_is_lost()
    {
        await using var device = new VirtualDevice();
        var order = device.Order();
        Assert.Null(device.Try(new() { Do = Wishes.Power, OffMs = 3_000 }));
        Assert.Equal(TimeSpan.FromSeconds(3), device.OffFor);
        device.Pass(60);
        Assert.Empty(device.Results);
        await device.Restart();
        device.Connect(order with { Started = true, RemainingMs = 0 });
        Assert.Equal("failed reader_lost 0 0", Assert.Single(device.Results));
        Assert.Empty(device.Journal.Charges);
    }

    [Fact]
    public async Task A_device_that_dies_after_the_charge_tells_it_in_its_next_life()
    {
        await using var device = new VirtualDevice();
        Assert.Null(device.Try(new() { Do = Wishes.Link, DieAfterCharge = true, OffMs = 500 }));
        device.Order();
        device.Wish(Card);
        Assert.Empty(device.Results);
        Assert.Single(device.Journal.Charges);
        Assert.Equal(TimeSpan.FromSeconds(0.5), device.OffFor);
        await device.Restart();
        Assert.Equal("approved  1500 0", Assert.Single(device.Results));
        Assert.Single(device.Journal.Charges);
    }

    [Fact]
    public async Task A_swallowed_result_is_sent_after_ten_seconds_or_with_the_next_connection()
    {
        await using var device = new VirtualDevice();
        device.Do(new() { Do = Wishes.Link, SwallowResults = 2 });
        var first = device.Order();
        device.Do(Card);
        Assert.Equal((0, 1), (device.Results.Length, device.Scene.WaitingResults));
        device.Pass(10);
        Assert.Single(device.Results);
        device.Acknowledge(first);
        device.Order();
        device.Do(Card);
        Assert.Single(device.Results);
        device.Disconnect();
        device.Connect();
        Assert.Equal(2, device.Results.Length);
    }

    [Fact]
    public async Task A_repeated_result_is_sent_twice_and_charged_once()
    {
        await using var device = new VirtualDevice();
        device.Do(new() { Do = Wishes.Link, RepeatResults = 1 });
        device.Order();
        device.Do(Card);
        Assert.Equal((2, 1), (device.Results.Length, device.Journal.Charges.Count));
    }

    [Fact]
    public async Task The_connection_is_cut_after_the_answer()
    {
        await using var device = new VirtualDevice();
        Assert.Null(device.Try(new() { Do = Wishes.Link, CutMs = 200 }));
        Assert.Equal(TimeSpan.FromSeconds(0.2), device.CutFor);
    }

    [Fact]
    public async Task A_new_firmware_is_told_with_the_next_connection()
    {
        await using var device = new VirtualDevice();
        Assert.Null(device.Try(new() { Do = Wishes.Set, Firmware = "4.0.0", Battery = 7, Connection = "lte" }));
        Assert.Equal(TimeSpan.Zero, device.CutFor);
        var status = device.Sent.OfType<DeviceStatus>().Last();
        Assert.Equal((7, "lte"), (status.BatteryLevel, status.ConnectionType));
        device.Disconnect();
        device.Connect();
        _ = device.Results;
        Assert.Equal("4.0.0", device.Sent.OfType<Hello>().Last().Firmware);
    }

    [Fact]
    public async Task A_new_firmware_waits_for_the_end_of_the_payment()
    {
        await using var device = new VirtualDevice();
        var order = device.Order();
        Assert.Null(device.Try(new() { Do = Wishes.Set, Firmware = "4.0.0" }));
        device.Do(Card);
        Assert.Null(device.CutFor);
        device.Acknowledge(order);
        Assert.Equal(TimeSpan.Zero, device.CutFor);
    }

    [Fact]
    public async Task No_start_is_asked_for_while_the_firmware_is_updated()
    {
        await using var device = new VirtualDevice();
        Assert.Null(device.Try(new() { Do = Wishes.Set, Updating = true }));
        Assert.Equal(SceneScreens.Updating, device.Scene.Screen);
        device.Show();
        Assert.Empty(device.Sent.OfType<Start>());
        Assert.Null(device.Try(new() { Do = Wishes.Set, Updating = false }));
        Assert.Single(device.Sent.OfType<Start>());
        Assert.Equal("A payment is in hand.", device.Try(new() { Do = Wishes.Set, Updating = true }));
    }

    [Fact]
    public async Task A_script_is_one_step_for_each_checkout()
    {
        await using var device = new VirtualDevice(Scenario.Approve);
        Assert.Null(device.Try(new()
        {
            Do = Wishes.Script,
            Steps = [new() { Do = Wishes.Press, Key = DeviceKeys.Cancel }, Card with { Card = TestCards.Declined },
                new() { Do = Wishes.Show }],
        }));
        foreach (var _ in Enumerable.Range(0, 2)) device.Acknowledge(device.Order());
        device.Acknowledge(device.Order());
        Assert.Equal(["cancelled customer_cancelled 0 0", "failed declined 0 0"], device.Results);
        Assert.Equal((SceneScreens.Card, 0), (device.Scene.Screen, device.Scene.Scripted));
        device.Do(Card);
        device.Order();
        Assert.Equal("approved  1500 0", device.Results[^1]);
    }

    [Fact]
    public async Task A_scenario_counts_from_the_next_checkout_on_until_the_reset()
    {
        await using var device = new VirtualDevice();
        Assert.Null(device.Try(new() { Do = Wishes.Scenario, Scenario = "decline", Seed = 7, Pace = 0 }));
        device.Acknowledge(device.Order());
        Assert.Equal("failed declined 0 0", Assert.Single(device.Results));
        device.Do(new() { Do = Wishes.Link, SwallowResults = 3, LagMs = 100 });
        Assert.Null(device.Try(new() { Do = Wishes.Reset }));
        Assert.Equal("manual", device.Scene.Scenario);
        device.Order();
        Assert.Null(device.Try(new() { Do = Wishes.Reset }));
        Assert.Equal("cancelled customer_cancelled 0 0", device.Results[^1]);
    }

    [Fact]
    public async Task A_checkout_that_was_not_granted_yet_is_cancelled_by_a_reset_as_soon_as_it_is()
    {
        await using var device = new VirtualDevice();
        var order = device.Show();
        device.Do(new() { Do = Wishes.Reset });
        Assert.Empty(device.Results);
        device.Grant(order);
        Assert.Equal("cancelled customer_cancelled 0 0", Assert.Single(device.Results));
    }

    [Fact]
    public async Task Show_waits_for_a_change_and_not_longer()
    {
        await using var device = new VirtualDevice();
        var id = device.Wish(new() { Do = Wishes.Show, WaitMs = 5_000 });
        Assert.Null(device.Answer(id));
        device.Show();
        Assert.Equal(SceneScreens.Asking, device.Answer(id)?.Scene.Screen);
        var late = device.Wish(new() { Do = Wishes.Show, WaitMs = 5_000 });
        device.Pass(4.9);
        Assert.Null(device.Answer(late));
        device.Pass(0.2);
        Assert.Equal(SceneScreens.Asking, device.Answer(late)?.Scene.Screen);
        Assert.NotNull(device.Answer(device.Wish(new() { Do = Wishes.Show, Since = 0, WaitMs = 5_000 })));
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task An_impossible_wish_is_refused_in_a_sentence(DeviceWish wish, string why)
    {
        await using var device = new VirtualDevice();
        Assert.StartsWith(why, device.Try(wish), StringComparison.Ordinal);
    }

    public static TheoryData<DeviceWish, string> Impossible => new()
    {
        { new() { Do = Wishes.Show, WaitMs = 60_001 }, "wait_ms must be" },
        { new() { Do = Wishes.Present, Card = "gold" }, "There is no such card; there are visa, " },
        { new() { Do = Wishes.Present, Method = "throw" }, "There is no such method." },
        { new() { Do = Wishes.Present, Pin = "0000" }, "pin must be" },
        { new() { Do = Wishes.ChooseTip }, "tip_rate is missing." },
        { new() { Do = Wishes.Power }, "off_ms must be" },
        { new() { Do = Wishes.Power, OffMs = 600_001 }, "off_ms must be" },
        { new() { Do = Wishes.Link, CutMs = -1 }, "cut_ms must be" },
        { new() { Do = Wishes.Link, LagMs = 60_001 }, "lag_ms must be" },
        { new() { Do = Wishes.Link, SwallowResults = 101 }, "swallow_results and" },
        { new() { Do = Wishes.Set, Battery = 101 }, "battery must be" },
        { new() { Do = Wishes.Set, Connection = "wire" }, "connection must be" },
        { new() { Do = Wishes.Set, Firmware = "" }, "firmware must" },
        { new() { Do = Wishes.Script }, "steps must have" },
        { new() { Do = Wishes.Script, Steps = [new() { Do = Wishes.Power }] }, "A step is" },
        { new() { Do = Wishes.Script, Steps = [new() { Do = Wishes.Press, Key = "ok" }] }, "A step can press" },
        { new() { Do = Wishes.Scenario, Scenario = "chaos" }, "scenario must be" },
        { new() { Do = Wishes.Scenario, Scenario = "mix", Pace = 101 }, "pace must be" },
    };
}

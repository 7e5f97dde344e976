using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>
/// Connections of devices: who may speak, what a reconnect is told, and when a reader counts as gone.
/// </summary>
public sealed class LinkTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static readonly JsonSerializerOptions Declared = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    [Fact]
    public async Task A_connection_without_the_sub_protocol_is_refused()
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(
            new Uri(fleet.Address, Link.Path), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public void A_shown_checkout_is_written_as_its_declaration_says()
    {
        var frame = new ShowCheckout(7, new()
        {
            CheckoutId = Guid.NewGuid(), Amount = 1_250, Currency = "EUR", MinorUnit = 2,
            Description = "Käse & \"Wein\" <2>\u2028\n", CardType = "debit", Installments = 3,
            TipRates = [0.05m, 0.10m], TipTimeoutSeconds = 45, ForeignTransactionId = "a/b", Started = true,
            RemainingMs = 0, Terminate = true, TestCents = true,
        });
        var bare = frame with
        {
            Checkout = new()
            {
                CheckoutId = Guid.NewGuid(), Amount = 1, Currency = "JPY", MinorUnit = 0, Started = false,
                RemainingMs = 59_999,
            },
        };
        foreach (var shown in new[] { frame, bare })
            Assert.Equal(JsonSerializer.SerializeToUtf8Bytes<ServerFrame>(shown, Declared), Link.WriteFrame(shown));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("""{"type":"launch_missiles"}""")]
    [InlineData("""{"type":"start","epoch":1,"checkout_id":"01a207a2-f58c-7195-81a6-05e0d532f611"}""")]
    [InlineData("""{"type":"hello","serial":"","model":"virtual-solo","firmware":"1"}""")]
    [InlineData("""{"type":"hello","serial":"a","model":"fax","firmware":"1"}""")]
    [InlineData("""{"type":"hello","serial":"a"}""")]
    [InlineData("null")]
    [InlineData("""{"type":"pong"}""")]
    [InlineData("""{"type":"result","epoch":0,"checkout_id":"01a207a2-f58c-7195-81a6-05e0d532f611","""
        + """ "outcome":"approved","amount":1}""")]
    [InlineData("""{"type":"terminated","epoch":0,"checkout_id":"01a207a2-f58c-7195-81a6-05e0d532f611"}""")]
    [InlineData("""{"type":"hello","serial":" ","model":"virtual-solo","firmware":"1"}""")]
    [InlineData("""{"type":"hello","serial":"a\u00a0b","model":"virtual-solo","firmware":"1"}""")]
    [InlineData("""{"type":"hello","serial":"a","model":"virtual-solo","firmware":"1\u200e"}""")]
    public async Task A_frame_that_breaks_the_protocol_ends_the_connection(string frame)
    {
        await using var device = await fleet.Device();
        await device.SendText(Encoding.UTF8.GetBytes(frame));
        await device.Ended();
        Assert.StartsWith($"{Link.ProtocolError}", device.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_may_come_in_parts()
    {
        await using var device = await fleet.Device();
        var hello = Link.WriteFrame(new Hello(device.Serial, "virtual-solo", new string('1', 60)));
        await device.SendText(hello[..1], isEnd: false);
        await device.SendText([], isEnd: false);
        await device.SendText(hello[1..50], isEnd: false);
        await device.SendText([.. hello[50..], .. Enumerable.Repeat((byte)' ', 10_000)]);
        await device.Expect<PairingCode>();
    }

    [Fact]
    public async Task A_binary_or_oversized_frame_ends_the_connection()
    {
        await using var binary = await fleet.Device();
        await binary.SendText([1, 2, 3], WebSocketMessageType.Binary);
        await using var large = await fleet.Device();
        await large.SendText(new byte[Link.MaxFrame + 1]);

        await Task.WhenAll(binary.Ended(), large.Ended());
        Assert.StartsWith($"{Link.ProtocolError}", binary.Closed, StringComparison.Ordinal);
        Assert.StartsWith($"{Link.ProtocolError}", large.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_says_no_hello_in_ten_seconds_is_closed()
    {
        await using var fleet = await FleetApp.Start();
        await using var greeted = await fleet.PairedDevice();
        await using var mute = await fleet.Device();
        await using var late = await fleet.Device();
        fleet.Pass(9.9);
        await late.Introduce();
        await late.Expect<PairingCode>();
        fleet.Pass(0.1);
        await mute.Ended();

        Assert.Equal($"{Link.ProtocolError} no hello in time", mute.Closed);
        await fleet.Till.Charge(greeted.ReaderId);
        Assert.False(late.HasNews);
    }

    [Fact]
    public async Task A_device_is_asked_for_no_pong_before_it_has_said_hello()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:PingSeconds=2");
        await using var slow = await fleet.Device();
        for (var second = 0; second < 9; second++) fleet.Pass(1);
        await slow.Introduce();
        await slow.Expect<PairingCode>();
        Assert.Equal(0, slow.Pings);
        fleet.Pass(2);

        await Eventually.Equal(1, () => Task.FromResult(slow.Pings));
    }

    [Fact]
    public async Task The_last_activity_of_a_reader_moves_also_while_its_device_only_answers_pings()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:PingSeconds=10");
        await using var device = await fleet.PairedDevice();
        var before = await LastActivity();
        for (var pings = 1; pings <= 4; pings++)
        {
            fleet.Pass(10);
            await Eventually.Equal(pings, () => Task.FromResult(device.Pings));
        }

        await Eventually.Equal(true, async () => await LastActivity() >= before.AddSeconds(30));
        await device.Send(new Start(device.Epoch, Guid.NewGuid()));
        await device.Expect<Refused>();
        Assert.Equal(before.AddSeconds(40), await LastActivity());

        async Task<DateTimeOffset> LastActivity()
        {
            using var answer = await fleet.Till.Get($"readers/{device.ReaderId}/status");
            return (await answer.Json()).GetProperty("data").GetProperty("last_activity").GetDateTimeOffset();
        }
    }

    [Fact]
    public async Task A_device_that_connects_twice_keeps_its_newest_connection()
    {
        await using var first = await fleet.PairedDevice();
        await using var second = await first.ConnectAgain();
        await second.Resume();
        await first.Ended();

        Assert.StartsWith($"{Link.Superseded}", first.Closed, StringComparison.Ordinal);
        Assert.True(second.Epoch > first.Epoch);
        var checkout = await fleet.Till.Charge(first.ReaderId);
        Assert.Equal(checkout, (await second.Expect<ShowCheckout>()).Checkout.CheckoutId);
    }

    [Fact]
    public async Task A_frame_of_an_older_epoch_is_ignored()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await device.Send(new Start(device.Epoch - 1, checkout));

        Assert.True(await device.AskStart(checkout));
        Assert.False(device.HasNews);
    }

    [Fact]
    public async Task A_device_that_reconnects_is_shown_its_open_checkout()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        fleet.Pass(20);
        await using var again = await device.ConnectAgain();
        var order = (await again.Resume()).Checkout;

        Assert.Equal(checkout, order?.CheckoutId);
        Assert.Equal(40_000, order?.RemainingMs);
        Assert.False(order?.Started);
    }

    [Fact]
    public async Task A_device_that_reconnects_after_the_grant_learns_that_it_was_granted()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        await fleet.Till.Send(HttpMethod.Post, $"readers/{device.ReaderId}/terminate", null);
        await using var again = await device.ConnectAgain();
        var order = (await again.Resume()).Checkout;

        Assert.Equal((checkout, true, true), (order?.CheckoutId, order?.Started, order?.Terminate));
        Assert.True(await again.AskStart(checkout));
    }

    [Fact]
    public async Task A_reader_that_was_forgotten_finds_its_device_again()
    {
        await using var device = await fleet.PairedDevice();
        var first = await fleet.Till.Charge(device.ReaderId);
        await device.Expect<ShowCheckout>();
        await fleet.Forget(device.ReaderId);

        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, first));
        using var busy = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
        Assert.Equal("422 READER_BUSY", await busy.Refusal());
        // shown again: the welcome has the whole state
        Assert.Equal(first, (await device.Expect<ShowCheckout>()).Checkout.CheckoutId);
        Assert.True(await device.AskStart(first));
        await fleet.Forget(device.ReaderId);
        await device.Approve(first);

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, first));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_reader_whose_device_hangs_up_is_offline_with_its_last_status()
    {
        await using var device = await fleet.PairedDevice();
        await device.Send(new DeviceStatus(device.Epoch, 61.5, 25, "Wi-Fi"));
        await device.Send(new ScreenState(device.Epoch, Screens.UpdatingFirmware));
        await device.HangUp();

        await Eventually.Equal("OFFLINE UPDATING_FIRMWARE", () => StatusOf(fleet, device));
        using var refused = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
    }

    [Fact]
    public async Task A_device_that_misses_two_pings_is_offline()
    {
        await using var app = await FleetApp.Start(null, "--Fleet:PingSeconds=10");
        await using var device = await app.PairedDevice();
        await device.Send(new ScreenState(device.Epoch, Screens.Idle));
        await Eventually.Equal("ONLINE IDLE", () => StatusOf(app, device));

        device.AnswersPings = false;
        for (var pings = 0; pings < 3; pings++)
        {
            var seen = device.Pings;
            app.Pass(10);
            if (pings < 2) await Eventually.Equal(seen + 1, () => Task.FromResult(device.Pings));
        }

        await Eventually.Equal("OFFLINE IDLE", () => StatusOf(app, device));
    }

    private static async Task<string> StatusOf(FleetApp app, TestDevice device)
    {
        using var answer = await app.Till.Get($"readers/{device.ReaderId}/status");
        var data = (await answer.Json()).GetProperty("data");
        return $"{data.GetProperty("status")} {(data.TryGetProperty("state", out var state) ? state : default)}";
    }
}

using Fleet.Protocol;
using Grpc.Core;

namespace Fleet.Server.Tests;

/// <summary>Which screen a reader is told to show: a till takes IDLE for the end of its payment.</summary>
public sealed class ScreenTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private static readonly object Tipped = new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, tip_rates = new[] { 0.05, 0.1 },
    };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RpcCaller _caller = new(fleet);
    private TestDevice? _device;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync()
    {
        _device = await fleet.PairedDevice();
        await Says(Device, Screens.Idle);
    }

    public ValueTask DisposeAsync()
    {
        _caller.Dispose();
        return Device.DisposeAsync();
    }

    [Theory]
    [InlineData(false, "WAITING_FOR_CARD")]
    [InlineData(true, "SELECTING_TIP")]
    public async Task A_reader_is_not_idle_from_the_acceptance_to_the_outcome(bool tips, string first)
    {
        var checkout = await fleet.Till.Charge(Device.ReaderId, tips ? Tipped : null);
        await EverywhereIs(first);
        await Says(Device, Screens.Idle); // it has not shown the checkout yet
        await EverywhereIs(first);
        Assert.True(await Device.AskStart(checkout));
        await EverywhereIs(first);
        await Says(Device, Screens.WaitingForPin);
        await EverywhereIs("WAITING_FOR_PIN");
        await Device.Approve(checkout);
        await EverywhereIs("WAITING_FOR_PIN"); // what it shows
        await Says(Device, Screens.Idle);
        await EverywhereIs("IDLE");
    }

    [Fact]
    public async Task The_screen_of_one_checkout_is_not_told_of_the_next()
    {
        var first = await fleet.Till.Charge(Device.ReaderId);
        Assert.True(await Device.AskStart(first));
        await Says(Device, Screens.WaitingForPin);
        await Device.Approve(first);
        await fleet.Till.Charge(Device.ReaderId, Tipped);

        await EverywhereIs("SELECTING_TIP");
    }

    [Fact]
    public async Task A_checkout_that_ends_without_its_device_leaves_the_device_the_last_word()
    {
        await fleet.Till.Charge(Device.ReaderId);
        await EverywhereIs("WAITING_FOR_CARD");
        using var ended = await fleet.Till.Post($"readers/{Device.ReaderId}/terminate", new { });
        Assert.True(ended.IsSuccessStatusCode);

        await EverywhereIs("IDLE");
    }

    [Fact]
    public async Task A_device_that_comes_back_is_told_of_by_what_it_says_about_the_open_checkout()
    {
        var checkout = await fleet.Till.Charge(Device.ReaderId);
        await Device.HangUp();
        await fleet.Till.Becomes(Device.ReaderId, "OFFLINE");
        await EverywhereIs("WAITING_FOR_CARD"); // a lost device may be charging the card
        await fleet.Forget(Device.ReaderId);
        await EverywhereIs("WAITING_FOR_CARD");
        await using var again = await Device.ConnectAgain();
        Assert.Equal(checkout, (await again.Resume()).Checkout?.CheckoutId);
        await EverywhereIs("WAITING_FOR_CARD");
        Assert.True(await again.AskStart(checkout));
        await Says(again, Screens.WaitingForPin);
        await EverywhereIs("WAITING_FOR_PIN");
        await again.HangUp();
        await fleet.Till.Becomes(Device.ReaderId, "OFFLINE");
        await fleet.Forget(Device.ReaderId);
        await EverywhereIs("WAITING_FOR_PIN"); // its last word about this checkout
    }

    [Fact]
    public async Task A_reader_that_was_forgotten_does_not_tell_the_screen_of_a_checkout_that_is_over()
    {
        var checkout = await fleet.Till.Charge(Device.ReaderId);
        Assert.True(await Device.AskStart(checkout));
        await Says(Device, Screens.WaitingForPin);
        await Device.HangUp();
        await fleet.Till.Becomes(Device.ReaderId, "OFFLINE"); // this is kept
        await using var again = await Device.ConnectAgain();
        await again.Resume();
        await again.Approve(checkout);
        await Says(again, Screens.Idle); // and about this one it has reported nothing
        await fleet.Forget(Device.ReaderId);

        Assert.False((await fleet.Till.HowIs(Device.ReaderId)).TryGetProperty("state", out _));
        await Says(again, Screens.Idle);
        await EverywhereIs("IDLE");
    }

    [Fact]
    public async Task A_watch_hears_of_the_screen_at_the_acceptance_and_at_the_end()
    {
        using var watch = _caller.Readers.Watch(
            new() { ReaderId = Device.ReaderId }, _caller.Headers, cancellationToken: Cancel);
        await Hears(watch, "IDLE");
        var checkout = await fleet.Till.Charge(Device.ReaderId);
        await Hears(watch, "WAITING_FOR_CARD");
        using var ended = await fleet.Till.Post(
            $"readers/{Device.ReaderId}/terminate", new { expected_checkout_id = checkout });
        await Hears(watch, "IDLE");
    }

    private static async Task Hears(AsyncServerStreamingCall<Protocol.V1.Reader> watch, string screen)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (await watch.ResponseStream.MoveNext(patience.Token))
        {
            if (watch.ResponseStream.Current.Screen == screen) return;
        }
        Assert.Fail($"The watch ended without {screen}.");
    }

    private static async Task Says(TestDevice device, string screen)
    {
        await device.Send(new ScreenState(device.Epoch, screen));
        Assert.False(await device.AskStart(Guid.NewGuid())); // answered after the frame was handled
    }

    /// <summary>REST is asked of the reader itself; boards hear of a change a moment later.</summary>
    private async Task EverywhereIs(string screen)
    {
        Assert.Equal(screen, (await fleet.Till.HowIs(Device.ReaderId)).GetProperty("state").GetString());
        Assert.Equal(screen, (await _caller.Get(Device)).Screen);
        await Eventually.Equal(screen, async () =>
            (await _caller.Board("default")).Readers.SingleOrDefault(one => one.ReaderId == Device.ReaderId)?.Screen);
    }
}

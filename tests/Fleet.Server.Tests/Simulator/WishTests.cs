using Fleet.Protocol;
using Fleet.Simulator;

namespace Fleet.Server.Tests;

/// <summary>
/// What a test can make the customer of a virtual device do, and that no wish breaks a rule of the link.
/// </summary>
public sealed class WishTests
{
    [Fact]
    public async Task A_device_says_that_it_obeys_tests_and_answers_what_is_on_it()
    {
        await using var device = new VirtualDevice();
        var scene = device.Scene;
        Assert.True(device.Sent.OfType<Hello>().First().Helpers);
        Assert.Equal((SceneScreens.Idle, "manual", 0), (scene.Screen, scene.Scenario, scene.Charges));
        Assert.Null(scene.CheckoutId);
    }

    [Fact]
    public async Task A_wish_of_another_epoch_is_ignored_and_an_unknown_one_refused()
    {
        await using var device = new VirtualDevice();
        Assert.Null(device.Answer(device.Wish(new() { Do = Wishes.Show }, device.Epoch + 1)));
        Assert.Equal("There is no such wish.", device.Try(new() { Do = "fly" }));
    }

    [Theory]
    [InlineData(TestCards.Visa, "approved  1500 0")]
    [InlineData(TestCards.VisaDebit, "approved  1500 0")]
    [InlineData(TestCards.Mastercard, "approved  1500 0")]
    [InlineData(TestCards.MastercardDebit, "approved  1500 0")]
    [InlineData(TestCards.Amex, "approved  1500 0")]
    [InlineData(TestCards.Maestro, "approved  1500 0")]
    [InlineData(TestCards.AsksPin, "approved  1500 0")]
    [InlineData(TestCards.AsksSignature, "approved  1500 0")]
    [InlineData(TestCards.OverLimit, "approved  1500 0")]
    [InlineData(TestCards.Declined, "failed declined 0 0")]
    [InlineData(TestCards.Expired, "failed declined 0 0")]
    [InlineData(TestCards.NoFunds, "failed declined 0 0")]
    [InlineData(TestCards.Unknown, "failed declined 0 0")]
    public async Task A_card_decides_how_the_payment_ends(string card, string result)
    {
        await using var device = new VirtualDevice();
        device.Order();
        Assert.Equal(SceneScreens.Card, device.Scene.Screen);
        Assert.Null(device.Try(new() { Do = Wishes.Present, Card = card }));
        Assert.Equal(result, Assert.Single(device.Results));
    }

    [Fact]
    public void Every_card_of_the_protocol_is_known() =>
        Assert.All(TestCards.All, one => Assert.NotNull(TestCard.FindCard(one)));

    [Theory]
    [InlineData(TestCards.Visa, null, "4242 VISA contactless")]
    [InlineData(TestCards.Visa, CardMethods.Insert, "4242 VISA chip")]
    [InlineData(TestCards.Amex, CardMethods.Swipe, "0005 AMEX magstripe")]
    [InlineData(TestCards.OverLimit, null, "3178 MASTERCARD chip")]
    public async Task The_receipt_shows_the_card_and_how_it_was_presented(string card, string? method, string shown)
    {
        await using var device = new VirtualDevice();
        device.Order();
        device.Do(new() { Do = Wishes.Present, Card = card, Method = method });
        _ = device.Results;
        var presented = Assert.Single(device.Sent.OfType<Result>()).Card;
        Assert.Equal(shown, $"{presented?.Last4} {presented?.Scheme} {presented?.EntryMode}");
        Assert.Matches("^[0-9]{6}$", presented?.AuthCode);
    }

    [Theory]
    [InlineData(MagicAmounts.Declined, "failed declined 0 0")]
    [InlineData(MagicAmounts.WrongPin, "failed wrong_pin 0 0")]
    [InlineData(MagicAmounts.CustomerCancelled, "cancelled customer_cancelled 0 0")]
    [InlineData(MagicAmounts.NoCardInTime, "cancelled no_card_in_time 0 0")]
    [InlineData(1500, "approved  1500 0")]
    public async Task Without_a_card_the_amount_decides(long amount, string result)
    {
        await using var device = new VirtualDevice();
        device.Order(amount);
        Assert.Null(device.Try(new() { Do = Wishes.Present }));
        Assert.Equal(result, Assert.Single(device.Results));
    }

    [Theory]
    [InlineData(101, "failed wrong_pin 0 0")]
    [InlineData(105, "failed declined 0 0")]
    [InlineData(151, "failed declined 0 0")]
    [InlineData(154, "failed declined 0 0")]
    [InlineData(155, "approved  155 0")]
    [InlineData(165, "approved  165 0")]
    [InlineData(176, "cancelled customer_cancelled 0 0")]
    [InlineData(191, "cancelled no_card_in_time 0 0")]
    [InlineData(100, "approved  100 0")]
    [InlineData(MagicAmounts.NoCardInTime, "cancelled no_card_in_time 0 0")]
    public async Task The_cents_decide_where_the_merchant_asks_for_that(long amount, string result)
    {
        await using var device = new VirtualDevice(Scenario.Approve) { TestCents = true };
        device.Order(amount);
        Assert.Equal(result, Assert.Single(device.Results));
    }

    [Fact]
    public async Task The_cents_can_be_slow_and_can_lose_a_result_once()
    {
        await using var device = new VirtualDevice(Scenario.Approve) { TestCents = true };
        var slow = device.Order(168);
        device.Pass(19.9);
        Assert.Equal(SceneScreens.Authorising, device.Scene.Screen);
        device.Pass(0.2);
        Assert.Single(device.Results);
        device.Acknowledge(slow);
        device.Order(196);
        Assert.Equal((1, 2), (device.Results.Length, device.Scene.Charges));
        device.Pass(10);
        Assert.Equal(2, device.Results.Length);
    }

    [Fact]
    public async Task A_card_over_the_limit_is_refused_for_a_tap_and_the_screen_stays()
    {
        await using var device = new VirtualDevice();
        device.Order();
        Assert.Equal("This card must be inserted: it is over the limit for a tap.",
            device.Try(new() { Do = Wishes.Present, Card = TestCards.OverLimit, Method = CardMethods.Tap }));
        Assert.Equal(SceneScreens.Card, device.Scene.Screen);
    }

    [Fact]
    public async Task A_pin_is_right_wrong_or_not_typed()
    {
        await using var device = new VirtualDevice();
        device.Order();
        device.Do(new() { Do = Wishes.Present, Card = TestCards.AsksPin, Pin = "wrong" });
        Assert.Equal("failed wrong_pin 0 0", Assert.Single(device.Results));
        device.Order();
        device.Do(new() { Do = Wishes.Present, Card = TestCards.AsksPin, Pin = "none" });
        Assert.Equal(SceneScreens.Pin, device.Scene.Screen);
        Assert.Equal("There is a card in the device already.", device.Try(new() { Do = Wishes.Present }));
        Assert.Null(device.Try(new() { Do = Wishes.Press, Key = DeviceKeys.Back }));
        Assert.Equal(SceneScreens.Card, device.Scene.Screen);
        device.Do(new() { Do = Wishes.Present, Card = TestCards.AsksPin, Pin = "none" });
        Assert.Null(device.Try(new() { Do = Wishes.RemoveCard }));
        Assert.Equal("failed card_removed 0 0", device.Results[^1]);
    }

    [Fact]
    public async Task A_signature_is_waited_for_when_nobody_signs()
    {
        await using var device = new VirtualDevice();
        device.Order();
        device.Do(new() { Do = Wishes.Present, Card = TestCards.AsksSignature, Pin = "none" });
        Assert.Equal(SceneScreens.Signature, device.Scene.Screen);
        Assert.Null(device.Try(new() { Do = Wishes.Press, Key = DeviceKeys.Ok }));
        Assert.Equal("approved  1500 0", Assert.Single(device.Results));
    }

    [Fact]
    public async Task There_is_nothing_to_press_before_the_start_is_granted()
    {
        await using var device = new VirtualDevice();
        device.Show();
        Assert.Equal("There is nothing to press this key for.",
            device.Try(new() { Do = Wishes.Press, Key = DeviceKeys.Cancel }));
        Assert.Equal("There is no card in the device.", device.Try(new() { Do = Wishes.RemoveCard }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_cancel_key_is_the_customers_no(bool tips)
    {
        await using var device = new VirtualDevice();
        device.Order(1500, tips ? [0.1m] : []);
        Assert.Equal(tips ? SceneScreens.Tip : SceneScreens.Card, device.Scene.Screen);
        Assert.Null(device.Try(new() { Do = Wishes.Press, Key = DeviceKeys.Cancel }));
        Assert.Equal("cancelled customer_cancelled 0 0", Assert.Single(device.Results));
    }

    [Fact]
    public async Task A_tip_is_one_of_the_offered_rates()
    {
        await using var device = new VirtualDevice();
        device.Order(1500, 0.05m, 0.1m);
        Assert.Equal("The tip rate 0.2 is not offered.", device.Try(new() { Do = Wishes.ChooseTip, TipRate = 0.2m }));
        Assert.Null(device.Try(new() { Do = Wishes.ChooseTip, TipRate = 0.1m }));
        Assert.Equal((SceneScreens.Card, 150L), (device.Scene.Screen, device.Scene.Tip));
        Assert.Equal("There is no tip to choose now.", device.Try(new() { Do = Wishes.ChooseTip, TipRate = 0.1m }));
        device.Do(new() { Do = Wishes.Present });
        Assert.Equal("approved  1500 150", Assert.Single(device.Results));
    }

    [Fact]
    public async Task A_card_that_comes_before_the_checkout_waits_for_it()
    {
        await using var device = new VirtualDevice();
        var id = device.Wish(new() { Do = Wishes.Present, Card = TestCards.Visa, TipRate = 0.1m, WaitMs = 60_000 });
        Assert.Null(device.Answer(id));
        var order = device.Order(1500, 0.1m);
        Assert.Equal("approved  1500 150", Assert.Single(device.Results));
        Assert.Null(device.Answer(id));
        device.Acknowledge(order);
        var answer = device.Answer(id);
        Assert.Null(answer?.Refused);
        Assert.Equal((order.CheckoutId, Outcomes.Approved, 0, 1), (answer?.Scene.LastCheckoutId,
            answer?.Scene.LastOutcome, answer?.Scene.WaitingResults, answer?.Scene.Charges));
    }

    [Fact]
    public async Task A_card_waits_ten_seconds_for_a_checkout()
    {
        await using var device = new VirtualDevice();
        var id = device.Wish(new() { Do = Wishes.Present, WaitMs = 60_000 });
        device.Pass(9.9);
        Assert.Null(device.Answer(id));
        device.Pass(0.2);
        Assert.Equal("No checkout came for the card within 10 seconds.", device.Answer(id)?.Refused);
        device.Order();
        Assert.Equal(SceneScreens.Card, device.Scene.Screen);
    }

    [Fact]
    public async Task No_card_is_taken_before_the_start_is_granted()
    {
        await using var device = new VirtualDevice();
        var order = device.Show();
        Assert.Null(device.Try(new() { Do = Wishes.Present }));
        Assert.Equal(SceneScreens.Asking, device.Scene.Screen);
        Assert.Equal(0, device.Scene.Charges);
        device.Tell(new Refused(device.Epoch, order.CheckoutId, Refused.OfStart));
        Assert.Equal((SceneScreens.Idle, 0), (device.Scene.Screen, device.Scene.Charges));
        Assert.Empty(device.Results);
    }

    [Fact]
    public async Task Nothing_ends_a_payment_that_is_being_authorised()
    {
        await using var device = new VirtualDevice(pace: 1);
        var order = device.Show();
        device.Pass(2);
        device.Grant(order);
        device.Do(new() { Do = Wishes.Present, Card = TestCards.Visa });
        Assert.Equal(SceneScreens.Authorising, device.Scene.Screen);
        Assert.NotNull(device.Try(new() { Do = Wishes.Press, Key = DeviceKeys.Cancel }));
        Assert.NotNull(device.Try(new() { Do = Wishes.RemoveCard }));
        Assert.Equal("The card is being charged already.", device.Try(new() { Do = Wishes.Present }));
        Assert.Null(device.Try(new() { Do = Wishes.Reset }));
        device.Tell(new Terminate(device.Epoch, order.CheckoutId));
        device.Pass(2);
        Assert.Equal("approved  1500 0", Assert.Single(device.Results));
        Assert.Single(device.Sent.OfType<TooLate>());
    }

    [Fact]
    public async Task A_terminate_ends_a_checkout_for_which_a_card_waits()
    {
        await using var device = new VirtualDevice();
        var order = device.Order();
        device.Tell(new Terminate(device.Epoch, order.CheckoutId));
        Assert.Equal(("terminated", 1), (device.Scene.LastOutcome, device.Scene.WaitingResults));
        Assert.Equal(0, device.Scene.Charges);
    }

    [Fact]
    public async Task Nobody_does_anything_in_the_manual_scenario_for_45_seconds()
    {
        await using var device = new VirtualDevice();
        device.Order();
        device.Pass(44.9);
        Assert.Empty(device.Results);
        device.Pass(0.2);
        Assert.Equal("cancelled no_card_in_time 0 0", Assert.Single(device.Results));
    }
}

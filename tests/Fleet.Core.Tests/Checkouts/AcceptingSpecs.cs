namespace Fleet.Core.Tests;

public sealed class AcceptingSpecs
{
    [Fact]
    public void A_ready_reader_accepts_a_checkout_for_sixty_seconds() =>
        Given(Ready).When(Starts(Coffee, at: 0)).Then(Accepts(Coffee, at: 0));

    [Fact]
    public void A_busy_reader_refuses_a_second_checkout() =>
        Given(Busy).When(Starts(Cake, at: 30)).ThenRefused(RefusalCode.ReaderBusy);

    [Fact]
    public void An_offline_reader_refuses_a_checkout_and_stores_nothing() =>
        Given(Ready.Offline()).When(Starts(Coffee, at: 0)).ThenRefused(RefusalCode.ReaderOffline);

    [Fact]
    public void A_busy_reader_that_is_offline_says_busy() =>
        Given(Busy.Offline()).When(Starts(Cake, at: 30)).ThenRefused(RefusalCode.ReaderBusy);

    [Fact]
    public void An_unstarted_checkout_holds_the_reader_until_its_end() =>
        Given(Busy).When(Starts(Cake, at: 30)).ThenHeldBy(Coffee, CheckoutState.Accepted, until: At(60));

    [Fact]
    public void A_started_checkout_holds_the_reader_without_an_end() =>
        Given(Paying).When(Starts(Cake, at: 30)).ThenHeldBy(Coffee, CheckoutState.Started, until: null);

    [Fact]
    public void A_stopping_checkout_holds_the_reader_until_evidence_comes() =>
        Given(Stopping).When(Starts(Cake, at: 30)).ThenHeldBy(Coffee, CheckoutState.Started, until: null);

    [Fact]
    public void A_final_state_frees_the_reader_at_once() =>
        Assert.All(Finals, final =>
            Given(Ready.With(final)).When(Starts(Cake, at: 60)).Then(Accepts(Cake, at: 60)));

    [Fact]
    public void A_repeat_of_the_latest_checkout_changes_nothing() =>
        Assert.All([CoffeeAccepted, CoffeeStarted, .. Finals], latest =>
            Given(Ready.With(latest)).When(Starts(Coffee, at: 30)).ThenNothing());

    [Fact]
    public void A_repeat_is_recognised_although_the_reader_is_offline() =>
        Given(Busy.Offline()).When(Starts(Coffee, at: 30)).ThenNothing();

    [Fact]
    public void A_repeat_of_an_overdue_checkout_does_not_revive_it() =>
        Given(Busy).When(Starts(Coffee, at: 90)).ThenNothing();

    [Fact]
    public void A_checkout_remembers_the_device_it_was_accepted_for()
    {
        var other = Ready with { Device = new("SOLO-7", Device.Solo, "3.3.41.0"), MerchantCode = "MC7", Id = "rdr_7" };

        var accepted = ReaderRules.StartCheckout(other, Coffee, Noon).Events[0].Checkout;

        Assert.Equal(
            ("SOLO-7", "3.3.41.0", "MC7", "rdr_7"),
            (accepted.Serial, accepted.Firmware, accepted.MerchantCode, accepted.ReaderId));
    }

    [Fact]
    public void An_offline_reader_does_not_exclude_an_earlier_try() => Assert.All(
        [Refusal.ReaderOffline, Refusal.NotFound, Refusal.DuplicateTransaction(null), Duplicate(CheckoutState.Started)],
        refusal => Assert.False(ReaderRules.ExcludesEarlierStart(refusal)));

    [Fact]
    public void A_checkout_that_came_between_excludes_an_earlier_try() => Assert.All(
        [Refusal.ReaderBusy(new(Cake.CheckoutId, CheckoutState.Accepted, Noon)), Refusal.KeyReused,
            Duplicate(CheckoutState.Successful)],
        refusal => Assert.True(ReaderRules.ExcludesEarlierStart(refusal)));

    private static Refusal Duplicate(CheckoutState state) =>
        Refusal.DuplicateTransaction(new(Cake.CheckoutId, state, null));
}

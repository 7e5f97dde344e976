namespace Fleet.Core.Tests;

public sealed class StrictSixtySecondsSpecs
{
    [Theory]
    [InlineData(20)]
    [InlineData(59.9)]
    public void A_strict_reader_stays_closed_after_a_quick_payment(double at) =>
        Given(Ready.With(CoffeePaid)).When(StartsStrictly(Cake, at))
            .ThenHeldBy(Coffee, CheckoutState.Successful, until: At(60));

    [Fact]
    public void A_clock_that_was_set_back_opens_a_strict_reader() =>
        Given(Ready.With(CoffeePaid)).When(StartsStrictly(Cake, at: -3_600)).Then(Accepts(Cake, at: -3_600));

    [Theory]
    [InlineData(20)]
    [InlineData(59.9)]
    public void Without_strictness_a_quick_payment_frees_the_reader(double at) =>
        Given(Ready.With(CoffeePaid)).When(Starts(Cake, at)).Then(Accepts(Cake, at));

    [Fact]
    public void A_strict_reader_stays_closed_after_a_cancelled_checkout() =>
        Given(Ready.With(CoffeeCancelled)).When(StartsStrictly(Cake, at: 30))
            .ThenHeldBy(Coffee, CheckoutState.Cancelled, until: At(60));

    [Fact]
    public void A_strict_reader_opens_sixty_seconds_after_the_acceptance() =>
        Assert.All(Finals, final =>
            Given(Ready.With(final)).When(StartsStrictly(Cake, at: 60)).Then(Accepts(Cake, at: 60)));

    [Fact]
    public void A_strict_reader_that_never_sold_accepts_at_once() =>
        Given(Ready).When(StartsStrictly(Coffee, at: 0)).Then(Accepts(Coffee, at: 0));

    [Fact]
    public void A_started_checkout_holds_a_strict_reader_beyond_a_minute() =>
        Given(Paying).When(StartsStrictly(Cake, at: 61)).ThenHeldBy(Coffee, CheckoutState.Started, until: null);

    [Fact]
    public void An_overdue_checkout_makes_way_on_a_strict_reader() =>
        Given(Busy).When(StartsStrictly(Cake, at: 60))
            .Then(CoffeeAccepted.Cancels(Reason.Expired, at: 60), Accepts(Cake, at: 60));

    [Fact]
    public void A_repeat_on_a_strict_reader_changes_nothing() =>
        Given(Ready.With(CoffeePaid)).When(StartsStrictly(Coffee, at: 30)).ThenNothing();

    [Fact]
    public void A_closed_strict_reader_says_busy_rather_than_offline() =>
        Given(Ready.With(CoffeePaid).Offline()).When(StartsStrictly(Cake, at: 30)).ThenRefused(RefusalCode.ReaderBusy);
}

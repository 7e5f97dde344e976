namespace Fleet.Core.Tests;

public sealed class WindowSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(59.9)]
    public void Within_the_window_no_second_checkout_is_accepted(double at) =>
        Given(Busy).When(Starts(Cake, at)).ThenHeldBy(Coffee, CheckoutState.Accepted, until: At(60));

    [Theory]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(86_400)]
    public void After_the_window_one_decision_expires_and_accepts(double at) =>
        Given(Busy).When(Starts(Cake, at)).Then(CoffeeAccepted.Cancels(Reason.Expired, at), Accepts(Cake, at));

    [Fact]
    public void An_overdue_checkout_is_cleared_although_the_reader_is_offline() =>
        Given(Busy.Offline()).When(Starts(Cake, at: 60))
            .ThenRefused(RefusalCode.ReaderOffline, CoffeeAccepted.Cancels(Reason.Expired, at: 60));

    [Theory]
    [InlineData(0)]
    [InlineData(59.999)]
    public void An_unstarted_checkout_lives_until_its_window_ends(double at) =>
        Given(Busy).When(TimePasses(at)).ThenNothing();

    [Theory]
    [InlineData(60)]
    [InlineData(3_600)]
    public void An_unstarted_checkout_expires_when_its_window_ends(double at) =>
        Given(Busy).When(TimePasses(at)).Then(CoffeeAccepted.Cancels(Reason.Expired, at));

    [Fact]
    public void A_disputed_checkout_without_a_grant_expires_all_the_same()
    {
        var disputed = CoffeeAccepted with { Disputed = true };

        Given(Ready.With(disputed)).When(TimePasses(60)).Then(disputed.Cancels(Reason.Expired, at: 60));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(120)]
    [InlineData(86_400)]
    public void A_checkout_started_at_the_last_second_never_expires(double at) =>
        Given(Busy).When(DeviceAsksFor(Coffee, at: 59)).When(TimePasses(at)).ThenNothing();

    [Theory]
    [InlineData(60)]
    [InlineData(75)]
    public void A_late_start_is_refused_and_expires_the_checkout(double at) =>
        Given(Busy).When(DeviceAsksFor(Coffee, at))
            .ThenRefused(RefusalCode.CheckoutNotOpen, CoffeeAccepted.Cancels(Reason.Expired, at));

    [Theory]
    [InlineData(-5.1)]
    [InlineData(-3_600)]
    public void A_window_that_seems_to_begin_hours_ahead_is_over(double at) =>
        Given(Busy).When(TimePasses(at)).Then(CoffeeAccepted.Cancels(Reason.Expired, at));

    [Theory]
    [InlineData(-0.001)]
    [InlineData(-5)]
    public void Clocks_may_differ_a_little_and_nothing_is_lost(double at) =>
        Given(Busy).When(TimePasses(at)).ThenNothing();

    [Fact]
    public void A_start_asked_before_its_acceptance_is_never_granted() =>
        Given(Busy).When(DeviceAsksFor(Coffee, at: -1_200))
            .ThenRefused(RefusalCode.CheckoutNotOpen, CoffeeAccepted.Cancels(Reason.Expired, at: -1_200));

    [Fact]
    public void Time_alone_never_changes_what_is_not_waiting() =>
        Assert.All([Ready, Paying, Stopping, .. Finals.Select(Ready.With)], reader =>
            Given(reader).When(TimePasses(86_400)).ThenNothing());
}

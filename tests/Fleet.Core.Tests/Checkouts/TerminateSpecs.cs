namespace Fleet.Core.Tests;

public sealed class TerminateSpecs
{
    private static readonly Checkout CoffeeGivenUp = CoffeeCancelled with { Reason = Reason.CustomerCancelled };

    [Fact]
    public void A_checkout_that_has_not_started_is_cancelled_at_once() =>
        Given(Busy).When(Terminates(at: 30)).Then(CoffeeAccepted.Cancels(Reason.Terminated, at: 30));

    [Fact]
    public void A_started_checkout_is_left_to_the_device_to_end() =>
        Given(Paying).When(Terminates(at: 30)).Then(CoffeeStarted.IsToStop(at: 30));

    [Fact]
    public void A_started_checkout_is_asked_to_stop_only_once() =>
        Given(Paying).When(Terminates(at: 30)).When(Terminates(at: 40)).ThenNothing();

    [Fact]
    public void A_terminate_that_names_the_open_checkout_ends_it() =>
        Given(Busy).When(Terminates(at: 30, expected: Coffee))
            .Then(CoffeeAccepted.Cancels(Reason.Terminated, at: 30));

    [Fact]
    public void A_terminate_that_names_another_checkout_is_refused() =>
        Assert.All([Ready, Busy, Paying, .. Finals.Select(Ready.With)], reader =>
            Given(reader).When(Terminates(at: 30, expected: Cake)).ThenRefused(RefusalCode.CheckoutNotOpen));

    [Fact]
    public void A_terminate_that_names_a_checkout_ended_otherwise_is_refused() =>
        Assert.All([CoffeePaid, CoffeeDeclined, CoffeeExpired, CoffeeGivenUp], final =>
            Given(Ready.With(final))
                .When(Terminates(at: 70, expected: Coffee))
                .ThenRefused(RefusalCode.CheckoutNotOpen));

    [Fact]
    public void A_terminate_that_is_repeated_finds_its_work_done() =>
        Given(Busy)
            .When(Terminates(at: 30, expected: Coffee))
            .When(Terminates(at: 31, expected: Coffee))
            .ThenNothing();

    [Fact]
    public void A_terminate_repeated_after_the_device_obeyed_changes_nothing() =>
        Given(Stopping)
            .When(Reports(CoffeeStopping, new(CheckoutState.Cancelled, Reason.Terminated), at: 20))
            .When(Terminates(at: 31, expected: Coffee))
            .ThenNothing();

    [Fact]
    public void A_terminate_repeated_too_late_spares_the_next_checkout() =>
        Given(Ready.With(CoffeeCancelled))
            .When(Starts(Cake, at: 25))
            .When(Terminates(at: 31, expected: Coffee))
            .ThenRefused(RefusalCode.CheckoutNotOpen);

    [Fact]
    public void A_terminate_with_nothing_open_is_already_done() =>
        Assert.All([Ready, .. Finals.Select(Ready.With)], reader =>
            Given(reader).When(Terminates(at: 70)).ThenNothing());

    [Fact]
    public void An_offline_reader_with_nothing_open_has_nothing_to_end() =>
        Assert.All([Ready, .. Finals.Select(Ready.With)], reader =>
            Given(reader.Offline()).When(Terminates(at: 70)).ThenRefused(RefusalCode.ReaderOffline));

    [Fact]
    public void A_checkout_that_has_not_started_is_cancelled_also_offline() =>
        Given(Busy.Offline()).When(Terminates(at: 30)).Then(CoffeeAccepted.Cancels(Reason.Terminated, at: 30));

    [Fact]
    public void A_started_checkout_is_asked_to_stop_also_offline() =>
        Given(Paying.Offline()).When(Terminates(at: 30)).Then(CoffeeStarted.IsToStop(at: 30));

    [Fact]
    public void A_terminate_repeated_offline_finds_its_work_done() =>
        Assert.All([Busy, Paying], reader => Given(reader.Offline())
            .When(Terminates(at: 30, expected: Coffee))
            .When(Terminates(at: 31, expected: Coffee))
            .ThenNothing());

    [Fact]
    public void An_offline_reader_says_that_another_checkout_is_open() =>
        Given(Busy.Offline()).When(Terminates(at: 30, expected: Cake)).ThenRefused(RefusalCode.CheckoutNotOpen);

    [Theory]
    [InlineData(60)]
    [InlineData(75)]
    public void An_overdue_checkout_is_expired_rather_than_terminated(double at) =>
        Given(Busy).When(Terminates(at)).Then(CoffeeAccepted.Cancels(Reason.Expired, at));

    [Fact]
    public void A_wish_to_stop_ends_with_its_own_checkout() =>
        Given(Stopping)
            .When(Reports(CoffeeStopping, CustomerCancelled, at: 20))
            .When(Starts(Cake, at: 25))
            .Then(Accepts(Cake, at: 25));
}

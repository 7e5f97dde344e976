namespace Fleet.Core.Tests;

public sealed class UnpairSpecs
{
    [Fact]
    public void Unpairing_a_reader_with_nothing_open_changes_nothing() =>
        Assert.All([Ready, .. Finals.Select(Ready.With)], reader =>
            Given(reader).When(Unpairs(at: 70)).ThenNothing());

    [Fact]
    public void Unpairing_cancels_a_checkout_that_has_not_started() =>
        Given(Busy).When(Unpairs(at: 30)).Then(CoffeeAccepted.Cancels(Reason.Terminated, at: 30));

    [Fact]
    public void Unpairing_expires_a_checkout_whose_window_is_over() =>
        Given(Busy).When(Unpairs(at: 60)).Then(CoffeeAccepted.Cancels(Reason.Expired, at: 60));

    [Fact]
    public void Unpairing_asks_the_device_to_stop_a_payment() =>
        Given(Paying).When(Unpairs(at: 30)).Then(CoffeeStarted.IsToStop(at: 30));

    [Fact]
    public void Unpairing_a_second_time_asks_the_device_nothing() =>
        Given(Stopping).When(Unpairs(at: 30)).ThenNothing();

    [Fact]
    public void Unpairing_does_not_wait_for_an_offline_reader() =>
        Given(Busy.Offline()).When(Unpairs(at: 30)).Then(CoffeeAccepted.Cancels(Reason.Terminated, at: 30));

    [Fact]
    public void A_payment_under_way_keeps_its_right_to_succeed() =>
        Given(Paying)
            .When(Unpairs(at: 30))
            .When(reader => ReaderRules.TakeReport(reader, reader.Latest, Charged(350), At(40)))
            .Then((CoffeeStarted with { TerminateRequested = true, EndAskedAt = At(30) }).Succeeds(at: 40));
}

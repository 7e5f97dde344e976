namespace Fleet.Core.Tests;

public sealed class GrantSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(59.999)]
    public void A_device_that_asks_in_time_may_start(double at) =>
        Given(Busy).When(DeviceAsksFor(Coffee, at)).Then(CoffeeAccepted.Starts(at));

    [Theory]
    [InlineData(5)]
    [InlineData(86_400)]
    public void A_grant_is_repeated_as_often_as_asked(double at) =>
        Given(Paying).When(DeviceAsksFor(Coffee, at)).ThenNothing();

    [Fact]
    public void A_start_of_another_checkout_than_the_open_is_refused() =>
        Assert.All([Busy, Paying], reader =>
            Given(reader).When(DeviceAsksFor(Cake, at: 10)).ThenRefused(RefusalCode.CheckoutNotOpen));

    [Fact]
    public void A_start_on_an_idle_reader_is_refused() =>
        Given(Ready).When(DeviceAsksFor(Coffee, at: 10)).ThenRefused(RefusalCode.CheckoutNotOpen);

    [Fact]
    public void A_final_checkout_never_gets_another_grant() =>
        Assert.All(Finals, final =>
            Given(Ready.With(final)).When(DeviceAsksFor(Coffee, at: 30)).ThenRefused(RefusalCode.CheckoutNotOpen));

    [Theory]
    [InlineData(11)]
    [InlineData(60)]
    public void A_device_that_claimed_a_charge_gets_no_grant(double at) =>
        Given(Busy)
            .When(Reports(CoffeeAccepted, Charged(350), at: 10))
            .When(DeviceAsksFor(Coffee, at))
            .ThenRefused(RefusalCode.CheckoutNotOpen);

    [Fact]
    public void A_disputed_payment_keeps_the_grant_it_has() =>
        Given(Ready.With(CoffeeStarted with { Disputed = true })).When(DeviceAsksFor(Coffee, at: 10)).ThenNothing();

    [Fact]
    public void A_grant_does_not_ask_whether_the_link_is_known() =>
        Given(Busy.Offline()).When(DeviceAsksFor(Coffee, at: 10)).Then(CoffeeAccepted.Starts(at: 10));
}

namespace Fleet.Core.Tests;

public sealed class ToldScreenSpecs
{
    private const string Pin = "WAITING_FOR_PIN", Card = ToldScreen.WaitingForCard, Tip = ToldScreen.SelectingTip;

    private static readonly Checkout CakeAccepted = Accepts(Cake, at: 30).Checkout;

    [Theory]
    [InlineData(null)]
    [InlineData(ToldScreen.Idle)]
    [InlineData(Pin)]
    [InlineData("UPDATING_FIRMWARE")]
    public void What_was_said_before_is_not_told_of_the_next(string? said) =>
        Assert.All([(Guid?)null, CoffeePaid.Id], about =>
            Assert.Equal((Card, Tip), (
                ToldScreen.ChooseScreen(said, about == CoffeePaid.Id ? CakeAccepted.Id : about, CoffeeAccepted),
                ToldScreen.ChooseScreen(said, about, CakeAccepted))));

    [Fact]
    public void A_device_that_says_idle_meanwhile_has_not_woken() =>
        Assert.All([CoffeeAccepted, CoffeeStarted, CoffeeStopping], open =>
            Assert.Equal(Card, ToldScreen.ChooseScreen(ToldScreen.Idle, open.Id, open)));

    [Fact]
    public void What_a_device_says_about_the_checkout_is_told() =>
        Assert.All([CoffeeAccepted, CoffeeStarted, CoffeeStopping], open =>
            Assert.Equal(Pin, ToldScreen.ChooseScreen(Pin, open.Id, open)));

    [Theory]
    [InlineData(null)]
    [InlineData(ToldScreen.Idle)]
    [InlineData(Pin)]
    public void Without_a_checkout_the_device_has_the_last_word(string? said)
    {
        Assert.Equal(said, ToldScreen.ChooseScreen(said, null, null));
        Assert.Equal(said, ToldScreen.ChooseScreen(said, CoffeePaid.Id, null));
    }
}

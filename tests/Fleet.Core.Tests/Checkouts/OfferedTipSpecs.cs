namespace Fleet.Core.Tests;

public sealed class OfferedTipSpecs
{
    [Theory]
    [InlineData(1_000, 0, true)]
    [InlineData(1_000, 50, true)]
    [InlineData(1_000, 100, true)]
    [InlineData(1_000, 75, false)]
    [InlineData(1_000, 49, false)]
    [InlineData(1_000, 51, false)]
    [InlineData(1_000, 999_999_999_999, false)]
    [InlineData(1_000, -50, false)]
    [InlineData(1_000, long.MinValue, false)]
    [InlineData(1_000, long.MaxValue, false)]
    [InlineData(1_010, 50, true)] // 50.5 down
    [InlineData(1_010, 51, true)] // and up
    [InlineData(1_010, 49, false)]
    [InlineData(1_010, 52, false)]
    [InlineData(1, 1, true)] // 0.05 up
    [InlineData(1, -1, false)]
    [InlineData(Money.MaxValue, 49_999_999_999, true)]
    [InlineData(Money.MaxValue, 50_000_000_000, true)]
    [InlineData(Money.MaxValue, 50_000_000_001, false)]
    public void A_tip_is_none_or_an_offered_one_rounded(long amount, long tip, bool offered) =>
        Assert.Equal(
            offered, new CheckoutTerms { Amount = new("EUR", 2, amount), TipRates = [0.05m, 0.10m] }.AllowsTip(tip));

    [Theory]
    [InlineData(MidpointRounding.AwayFromZero)]
    [InlineData(MidpointRounding.ToEven)]
    [InlineData(MidpointRounding.ToZero)]
    [InlineData(MidpointRounding.ToPositiveInfinity)]
    public void Every_way_to_round_an_offered_tip_is_taken(MidpointRounding rounding)
    {
        for (var percent = 1; percent < 100; percent++)
        {
            var terms = new CheckoutTerms { Amount = new("EUR", 2, 1_037 * percent), TipRates = [percent / 100m] };
            Assert.True(terms.AllowsTip((long)decimal.Round(terms.Amount.Value * terms.TipRates[0], rounding)));
        }
    }

    [Fact]
    public void Without_rates_there_is_no_tip_to_choose() =>
        Assert.False(new CheckoutTerms { Amount = new("EUR", 2, 1_000) }.AllowsTip(1));
}

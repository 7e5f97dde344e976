using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class TipSpecs
{
    private const string Bounds = "tip_rates must be between 0.01 and 0.99";
    private const string Steps = "tip_rates must be multiples of 0.01";
    private const string Order = "tip_rates must be in ascending order";
    private const string Number = "tip_rates must have at most 10 entries";

    public static readonly TheoryData<decimal[], string> Rates = new()
    {
        { [], "" },
        { [0.01m], "" },
        { [0.99m], "" },
        { [0.07m], "" },
        { [0.0700m], "" },
        { [0.05m, 0.10m, 0.15m], "" },
        { [0.01m, 0.02m, 0.03m, 0.04m, 0.05m, 0.06m, 0.07m, 0.08m, 0.09m, 0.10m], "" },
        { [0.01m, 0.02m, 0.03m, 0.04m, 0.05m, 0.06m, 0.07m, 0.08m, 0.09m, 0.10m, 0.11m], Number },
        { [0m], Bounds },
        { [0.005m], Bounds },
        { [0.009999m], Bounds },
        { [-0.05m], Bounds },
        { [0.991m], Bounds },
        { [1m], Bounds },
        { [5m, 10m], Bounds },
        { [0.05m, 1m], Bounds },
        { [0.015m], Steps },
        { [0.05m, 0.1001m], Steps },
        { [0.05m, 0.05m], Order },
        { [0.05m, 0.050m], Order },
        { [0.10m, 0.05m], Order },
        { [0.05m, 0.15m, 0.10m], Order },
    };

    [Theory]
    [MemberData(nameof(Rates))]
    public void Tip_rates_are_whole_percents_in_ascending_order(decimal[] rates, string faults) =>
        Assert.Equal(faults, (Plain with { TipRates = rates }).Faults());

    [Theory]
    [InlineData(null, "")]
    [InlineData(30, "")]
    [InlineData(120, "")]
    [InlineData(29, "tip_timeout must be between 30 and 120")]
    [InlineData(121, "tip_timeout must be between 30 and 120")]
    [InlineData(0, "tip_timeout must be between 30 and 120")]
    [InlineData(-30, "tip_timeout must be between 30 and 120")]
    public void A_tip_timeout_lies_between_30_and_120_seconds(int? seconds, string faults) =>
        Assert.Equal(faults, (Plain with { TipRates = [0.05m], TipTimeout = seconds }).Faults());

    [Fact]
    public void A_tip_timeout_needs_rates_to_choose_from()
    {
        const string alone = "tip_timeout can only be set together with tip_rates";

        Assert.Equal(alone, (Plain with { TipTimeout = 60 }).Faults());
        Assert.Equal(alone, (Plain with { TipTimeout = 60, TipRates = [] }).Faults());
    }

    [Theory]
    [InlineData(null, 30)]
    [InlineData(45, 45)]
    public void A_customer_has_thirty_seconds_unless_told_otherwise(int? written, int seconds) =>
        Assert.Equal(seconds, (Plain with { TipRates = [0.05m], TipTimeout = written }).Terms().TipTimeoutSeconds);

    [Fact]
    public void No_rates_and_empty_rates_mean_no_tip_screen()
    {
        Assert.Empty(Plain.Terms().TipRates);
        Assert.Empty((Plain with { TipRates = [] }).Terms().TipRates);
    }
}

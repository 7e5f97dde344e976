namespace Fleet.Core.Tests;

public sealed class DeviceReportSpecs
{
    /// <summary>The outcomes a device may report, each with the reasons that fit it.</summary>
    private static readonly Dictionary<CheckoutState, Reason?[]> Fitting = new()
    {
        [CheckoutState.Accepted] = [],
        [CheckoutState.Started] = [],
        [CheckoutState.Successful] = [null],
        [CheckoutState.Failed] = [Reason.Declined, Reason.WrongPin, Reason.CardRemoved, Reason.ReaderLost],
        [CheckoutState.Cancelled] = [Reason.CustomerCancelled, Reason.NoCardInTime, Reason.Terminated],
    };

    private static readonly Reason?[] Reasons = [null, .. Enum.GetValues<Reason>().Cast<Reason?>()];

    public static TheoryData<CheckoutState> Outcomes => [.. Enum.GetValues<CheckoutState>()];

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void An_outcome_is_valid_with_its_own_reasons_only(CheckoutState outcome) =>
        Assert.Equal(Fitting[outcome], Reasons.Where(why => new DeviceReport(outcome, why, 350).IsValid));

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(Money.MaxValue, Money.MaxValue, true)]
    [InlineData(long.MaxValue, 0, true)]
    [InlineData(0, 0, false)]
    [InlineData(0, 40, false)]
    [InlineData(-1, 0, false)]
    [InlineData(long.MinValue, 0, false)]
    [InlineData(800, -1, false)]
    [InlineData(800, Money.MaxValue + 1, false)]
    [InlineData(800, long.MinValue, false)]
    public void A_charge_is_positive_and_its_tip_within_bounds(long amount, long tip, bool valid) =>
        Assert.Equal(valid, Charged(amount, tip).IsValid);

    [Fact]
    public void Only_a_successful_outcome_says_that_money_moved() =>
        Assert.Equal(
            [CheckoutState.Successful],
            Enum.GetValues<CheckoutState>().Where(outcome => new DeviceReport(outcome).Charged));
}

using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class FixedTipSpecs
{
    private static readonly StartCheckout Tea = new(
        new("7ea00000-0000-4000-8000-000000000001"),
        new("7ea00000-0000-4000-8000-000000000002"),
        new() { Amount = new("EUR", 2, 350), FixedTip = 50, CallersId = "tea-1" });

    private static readonly Checkout TeaStarted = Accepts(Tea, at: 0).Checkout.Starts(at: 5).Checkout;

    [Fact]
    public void A_fixed_tip_is_charged_once_and_kept_apart()
    {
        var paid = Report(TeaStarted, new(CheckoutState.Successful, null, 400));

        Assert.Equal((CheckoutState.Successful, 50, 0, 400),
            (paid.State, paid.Tip, paid.ChosenTip, paid.TotalAmount()));
        Assert.Equal(400, TeaStarted.TotalAmount());
    }

    [Theory]
    [InlineData(350, 50)]
    [InlineData(350, 0)]
    [InlineData(400, 50)]
    public void A_device_that_charged_another_sum_is_disputed(long amount, long tip) =>
        Assert.True(Report(TeaStarted, new(CheckoutState.Successful, null, amount, tip)).Disputed);

    [Fact]
    public void The_same_report_of_a_fixed_tip_changes_nothing()
    {
        var paid = Report(TeaStarted, new(CheckoutState.Successful, null, 400));

        Assert.Equal(Decision.AlreadySo, ReaderRules.TakeReport(
            Ready.With(paid), paid, new(CheckoutState.Successful, null, 400), At(30)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public void An_operator_may_leave_out_the_fixed_tip(long tip)
    {
        var ask = new RecordOutcome(TeaStarted.Id, CheckoutState.Successful, tip, "seen", "7", "key", "Key");

        var decision = OutcomeRules.RecordOutcome(Ready.With(TeaStarted).Offline(), TeaStarted, ask, At(900));

        Assert.Equal(50, Assert.Single(decision.Events).Checkout.Tip);
    }

    [Fact]
    public void An_id_of_a_caller_always_means_the_same_checkout()
    {
        var id = Ids.CheckoutOf("MC0X0ABC", "tea-1", 0);

        Assert.Equal(id, Ids.CheckoutOf("MC0X0ABC", "tea-1", 0));
        Assert.Equal(id, Ids.CheckoutOf(Ids.ClientTransactionOf(id)));
        Assert.Equal(4, new[]
        {
            id, Ids.CheckoutOf("MC0X0ABC", "tea-2", 0), Ids.CheckoutOf("MC0X0ABC", "tea-1", 1),
            Ids.CheckoutOf("MC0X0ABD", "tea-1", 0),
        }.Distinct().Count());
    }

    private static Checkout Report(Checkout checkout, DeviceReport report) =>
        Assert.Single(ReaderRules.TakeReport(Ready.With(checkout), checkout, report, At(20)).Events).Checkout;
}

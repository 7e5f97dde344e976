using Fleet.Core.Cloud;
using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class TotalsSpecs
{
    [Fact]
    public void A_payment_counts_once_when_its_outcome_is_known()
    {
        var accepted = Accepts(Coffee, at: 0);

        Assert.Empty(Totals.FromEvent(accepted));
        Assert.Empty(Totals.FromEvent(CoffeeAccepted.Starts(at: 5)));
        Assert.Equal("successful 1 350 40", Text(Totals.FromEvent(CoffeeStarted.Succeeds(at: 20, tip: 40))));
        Assert.Equal("failed 1 350 0", Text(Totals.FromEvent(CoffeeStarted.Fails(Reason.Declined, at: 20))));
        Assert.Equal("cancelled 1 350 0", Text(Totals.FromEvent(CoffeeAccepted.Cancels(Reason.Expired, at: 60))));
    }

    [Fact]
    public void A_dispute_moves_a_payment_once_and_without_loss()
    {
        var first = CoffeePaid.IsDisputed(Charged(1), at: 30);
        var second = first.Checkout.IsDisputed(Charged(2), at: 40);

        Assert.Equal("successful -1 -350 0, disputed 1 350 0", Text(Totals.FromEvent(first)));
        Assert.Empty(Totals.FromEvent(second));
    }

    [Fact]
    public void What_was_disputed_before_its_outcome_counts_as_disputed()
    {
        var disputed = CoffeeStarted.IsDisputed(Charged(1), at: 10);

        Assert.Empty(Totals.FromEvent(disputed));
        Assert.Equal("disputed 1 350 0", Text(Totals.FromEvent(disputed.Checkout.Succeeds(at: 20))));
    }

    [Fact]
    public void A_refund_counts_on_its_own_day_beside_its_payment()
    {
        var day = TimeSpan.FromDays(1).TotalSeconds;
        var decision = RefundRules.RefundPayment(
            CoffeePaid, new(Guid.NewGuid(), CoffeePaid.Id, 100, Sandbox: true), At(day));

        var (key, sum) = Assert.Single(Totals.FromEvent(Assert.Single(decision.Events)));

        Assert.Equal((new DateOnly(2026, 1, 16), TotalKind.Refunded), (key.Day, key.Kind));
        Assert.Equal(new(1, 100, 0), sum);
    }

    [Fact]
    public void What_the_cloud_refused_is_no_outcome_and_counts_nothing()
    {
        var sent = CoffeeStarted with { Cloud = new("rdr_cloud", "fleet-1", At(5)) };
        var refused = CloudRules.RefuseAttempt(Ready.With(sent), sent, Refusal.ReaderOffline, At(6));

        Assert.Empty(Totals.FromEvent(Assert.Single(refused.Events)));
        Assert.Empty(Totals.CountPayment(Assert.Single(refused.Events).Checkout));
    }

    private static string Text(IEnumerable<(TotalKey Key, TotalSum Sum)> all) => string.Join(", ", all.Select(one =>
        $"{one.Key.Kind.ToWireName()} {one.Sum.Count} {one.Sum.Amount} {one.Sum.Tips}"));
}

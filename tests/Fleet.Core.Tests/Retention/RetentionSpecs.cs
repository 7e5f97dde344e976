using Fleet.Core.Retention;

namespace Fleet.Core.Tests;

public sealed class RetentionSpecs
{
    private static readonly DateTimeOffset Later = CoffeePaid.UpdatedAt.AddDays(1);

    [Fact]
    public void An_old_payment_may_go_unless_something_is_left()
    {
        Assert.False(RetentionRules.MustStay(CoffeePaid, Later));
        Assert.True(RetentionRules.MustStay(CoffeeStarted, Later));
        Assert.True(RetentionRules.MustStay(CoffeePaid.IsDisputed(Charged(1), at: 30).Checkout, Later));
    }

    [Fact]
    public void A_payment_stays_when_something_happened_to_it_since() =>
        Assert.True(RetentionRules.MustStay(CoffeePaid, CoffeePaid.UpdatedAt));

    [Fact]
    public void A_sale_is_remembered_for_ninety_days_at_least()
    {
        var now = new DateTimeOffset(2026, 3, 1, 23, 59, 0, TimeSpan.Zero);

        Assert.Equal(new(2025, 12, 1), RetentionRules.FindLatestEnd(RetentionKind.Checkouts, now));
        Assert.Equal(new(2025, 12, 1), RetentionRules.FindLatestEnd(RetentionKind.Audit, now));
        Assert.Equal(new(2026, 2, 28), RetentionRules.FindLatestEnd(RetentionKind.Exchanges, now));
    }

    [Fact]
    public void A_slow_step_doubles_the_pause_up_to_a_minute()
    {
        var (slow, fast) = (TimeSpan.FromSeconds(1.1), TimeSpan.FromSeconds(0.1));
        var pauses = new List<double>();
        var pause = RetentionRules.MinPause;
        foreach (var took in new[] { fast, slow, slow, fast, fast, fast })
            pauses.Add((pause = RetentionRules.FindPause(pause, took)).TotalSeconds);

        Assert.Equal([0.25, 0.5, 1, 0.5, 0.25, 0.25], pauses);
        Assert.Equal(RetentionRules.MaxPause, RetentionRules.FindPause(TimeSpan.FromSeconds(40), slow));
    }
}

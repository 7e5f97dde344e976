using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class CloudDaySpecs
{
    private static readonly CloudDay Day = new(new(2026, 1, 15));

    private static readonly Checkout Paid = CoffeeTaken.Succeeds(at: 20).Checkout;

    private static readonly CloudTransaction Theirs =
        new(At(19), CloudStatus.Successful, new("EUR", 2, 350), CoffeeIds) { Refunded = 100 };

    [Fact]
    public void More_than_the_day_is_read_on_both_ends()
    {
        Assert.Equal("2026-01-14T22:00:00Z", $"{Day.ReadFrom:yyyy-MM-ddTHH:mm:ssZ}");
        Assert.Equal("2026-01-16T02:00:00Z", $"{Day.ReadTo:yyyy-MM-ddTHH:mm:ssZ}");
        Assert.False(Day.IsOver(Day.ReadTo.AddTicks(-1)));
        Assert.True(Day.IsOver(Day.ReadTo));
    }

    [Theory]
    [InlineData("2026-01-15", "2026-01-15")]
    [InlineData("2026-02-29", null)]
    [InlineData("15.01.2026", null)]
    [InlineData("2026-1-15", null)]
    [InlineData("", null)]
    public void A_day_is_written_in_one_form_only(string text, string? day) =>
        Assert.Equal(day, CloudDay.Parse(text)?.ToString());

    [Fact]
    public void A_pair_belongs_to_the_day_of_the_ledger()
    {
        var late = Theirs with { At = Day.Ends.AddSeconds(1) };

        Assert.True(Day.Contains(new(Paid, late)));
        Assert.False(Day.Contains(new(null, late)));
        Assert.False(Day.Contains(new(Paid with { EndedAt = Day.Ends }, Theirs)));
        Assert.True(Day.Contains(new(null, Theirs)));
    }

    [Theory]
    [InlineData("2026-01-16T02:59:59Z", "03:00", false)]
    [InlineData("2026-01-16T03:00:00Z", "03:00", true)]
    [InlineData("2026-01-16T23:59:59Z", "03:00", true)]
    [InlineData("2026-01-16T01:59:59Z", "00:00", false)]
    [InlineData("2026-01-16T02:00:00Z", "00:00", true)]
    public void The_day_before_is_compared_once_it_is_over(string now, string at, bool due) => Assert.Equal(
        due ? Day : null,
        CloudDay.FindDue(TimeOnly.Parse(at, System.Globalization.CultureInfo.InvariantCulture),
            DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void The_sums_have_what_each_side_charged_and_refunded()
    {
        var refunded = Paid with { Tip = 40, Refunds = [new(Guid.Empty, 1, 90, At(60))] };
        var pounds = Theirs with { Amount = new("GBP", 2, 500), Refunded = null };

        Assert.Equal(
            [
                new("EUR", 2, new(1, 390, 90), new(1, 350, 100)),
                new CurrencySum("GBP", 2, new(0, 0, 0), new(1, 500, 0)),
            ],
            CloudDay.SumUp([new(refunded, Theirs), new(null, pounds), new(CakeTaken, null)]));
    }

    [Fact]
    public void Only_a_charge_that_the_ledger_lacks_is_late()
    {
        Assert.True(new PaymentPair(CoffeeTaken, Theirs).IsLateCharge);
        Assert.True(new PaymentPair(CoffeeDoubted.Cancels(Reason.NotStarted, at: 125).Checkout, Theirs).IsLateCharge);
        Assert.False(new PaymentPair(Paid, Theirs).IsLateCharge);
        Assert.False(new PaymentPair(null, Theirs).IsLateCharge);
        Assert.False(new PaymentPair(CoffeeTaken, Theirs with { Status = CloudStatus.Failed }).IsLateCharge);
    }
}

using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class ReadPlanSpecs
{
    // The attempt was sent 5 s after noon, and the id of the coffee ends in 01: its own pause is 10.01 s.
    [Theory]
    [InlineData(null, 7)]
    [InlineData(7, 9)]
    [InlineData(13, 15)]
    [InlineData(15, 25.01)]
    [InlineData(40, 50.01)]
    [InlineData(60, 65)]
    [InlineData(65, 67)]
    [InlineData(183, 185)]
    [InlineData(185, 245)]
    [InlineData(9_000, 9_060)]
    public void A_payment_is_read_often_only_while_that_helps(int? last, double next)
    {
        var planned = ReadPlan.NextRead(CoffeeTaken, last is { } at ? At(at) : null, called: false, At(last ?? 5));

        Assert.InRange(planned ?? default, At(next - 0.01), At(next + 0.01));
    }

    [Fact]
    public void Each_checkout_has_a_pause_of_its_own()
    {
        var pauses = Enumerable.Range(0, 256)
            .Select(end => CoffeeTaken with { Id = new($"c0ffee00-0000-4000-8000-0000000000{end:x2}") })
            .Select(one => ReadPlan.NextRead(one, At(20), called: false, At(20)) - At(20))
            .ToList();

        Assert.Equal(256, pauses.Distinct().Count());
        Assert.All(pauses,
            pause => Assert.InRange(pause ?? default, ReadPlan.ShortestPause, ReadPlan.LongestPause));
    }

    [Theory]
    [InlineData(null, 14, ReadNeed.Early)]
    [InlineData(null, 15, ReadNeed.Due)]
    [InlineData(60, 69, ReadNeed.Early)]
    [InlineData(60, 70, ReadNeed.Due)]
    public void A_read_is_early_until_the_pause_is_over(int? answered, double now, ReadNeed need) =>
        Assert.Equal(need, ReadPlan.NeedAt(
            CoffeeTaken.Cloud ?? throw new InvalidOperationException(),
            answered is { } at ? At(at) : null, At(now)));

    [Fact]
    public void A_callback_is_followed_by_one_read_now() =>
        Assert.Equal(At(30), ReadPlan.NextRead(CoffeeTaken, At(29), called: true, At(30)));

    [Theory]
    [InlineData(null, 250)]
    [InlineData(250, 370)]
    [InlineData(1_850, 1_930)]
    public void A_checkout_that_never_started_is_watched_for_long(int? last, double next)
    {
        var ended = CoffeeDoubted.Cancels(Reason.NotStarted, at: 130).Checkout;
        var planned = ReadPlan.NextRead(ended, last is { } at ? At(at) : null, called: false, At(last ?? 130));

        Assert.Equal(next <= 1_930 && last is not 1_850 ? At(next) : null, planned);
    }

    [Fact]
    public void A_late_callback_about_a_watched_checkout_is_read() =>
        Assert.Equal(At(9_000),
            ReadPlan.NextRead(
                CoffeeDoubted.Cancels(Reason.NotStarted, at: 130).Checkout, At(250), called: true, At(9_000)));

    [Fact]
    public void Only_an_open_checkout_of_the_cloud_is_read() =>
        Assert.All([CoffeeAccepted, CoffeeStarted, CoffeeTaken.Succeeds(at: 20).Checkout],
            other => Assert.Null(ReadPlan.NextRead(other, null, called: true, At(30))));
}

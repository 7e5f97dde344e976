using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class ReadPlanSpecs
{
    // The attempt was sent 5 s after noon, and the id of the coffee ends in 01: its own pause is 10.02 s.
    [Theory]
    [InlineData(null, 7)]
    [InlineData(7, 9)]
    [InlineData(13, 15)]
    [InlineData(15, 25.02)]
    [InlineData(40, 50.02)]
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

    [Fact]
    public void A_callback_is_followed_by_one_read_now() =>
        Assert.Equal(At(30), ReadPlan.NextRead(CoffeeTaken, At(29), called: true, At(30)));

    [Fact]
    public void Only_an_open_checkout_of_the_cloud_is_read() =>
        Assert.All([CoffeeAccepted, CoffeeStarted, CoffeeTaken.Succeeds(at: 20).Checkout],
            other => Assert.Null(ReadPlan.NextRead(other, null, called: true, At(30))));
}

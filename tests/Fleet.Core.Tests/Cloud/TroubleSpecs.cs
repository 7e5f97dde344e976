using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class TroubleSpecs
{
    [Theory]
    [InlineData("", false)]
    [InlineData("x", false)]
    [InlineData("xxxx", false)]
    [InlineData("xxxxx", true)]
    [InlineData("ooxxx", true)]
    [InlineData("oooxx", false)]
    [InlineData("oooooxxxxx", true)]
    [InlineData("oooooxxxx", false)]
    [InlineData("xxxxxo", true)]
    [InlineData("xxxxxooooo", true)]
    [InlineData("xxxxxoooooooooooooooooooo", false)]
    [InlineData("xxxxxooooooooooooooooooo", true)]
    public void Half_of_the_calls_raise_and_a_fifth_ends_suspicion(string calls, bool suspect) =>
        Assert.Equal(suspect, TroubleRules.IsSuspect(After(calls), At(calls.Length)));

    [Fact]
    public void A_suspicion_does_not_change_with_every_call()
    {
        var changes = "ooooo" + string.Concat(Enumerable.Repeat("xo", 40));
        var seen = Enumerable.Range(1, changes.Length)
            .Select(count => TroubleRules.IsSuspect(After(changes[..count], every: 0.1), At(count * 0.1))).ToList();

        Assert.InRange(seen.Zip(seen.Skip(1)).Count(pair => pair.First != pair.Second), 0, 1);
    }

    [Fact]
    public void Calls_that_are_a_minute_old_do_not_count()
    {
        var health = After("xxxxx");

        Assert.True(TroubleRules.IsSuspect(health, At(63)));
        Assert.False(TroubleRules.IsSuspect(health, At(65)));
        Assert.Single(TroubleRules.NoteCall(health, new(At(65), Failed: true)).Calls);
    }

    [Fact]
    public void Only_the_last_calls_count_in_a_busy_minute()
    {
        var health = After(new string('x', 60) + new string('o', 45), every: 0.1);

        Assert.Equal(TroubleRules.MaxCalls, health.Calls.Length);
        Assert.False(TroubleRules.IsSuspect(health, At(11)));
    }

    [Theory]
    [InlineData(200, null, false)]
    [InlineData(401, null, false)]
    [InlineData(404, null, false)]
    [InlineData(422, null, false)]
    [InlineData(429, null, false)]
    [InlineData(500, null, true)]
    [InlineData(502, null, true)]
    [InlineData(null, TransportFailure.TimedOut, true)]
    [InlineData(null, TransportFailure.NeverSent, true)]
    [InlineData(200, TransportFailure.Broken, true)]
    public void Only_what_is_the_clouds_fault_is_trouble(int? status, TransportFailure? failure, bool trouble) =>
        Assert.Equal(trouble, TroubleRules.IsTrouble(status, failure));

    [Theory]
    [InlineData(false, 0, 0, false)]
    [InlineData(false, 1, 1, true)]
    [InlineData(false, 2, 1, false)]
    [InlineData(false, 3, 2, true)]
    [InlineData(true, 2, 1, true)]
    [InlineData(true, 4, 2, true)]
    [InlineData(true, 4, 1, false)]
    [InlineData(true, 0, 0, false)]
    public void Most_merchants_raise_it_and_three_quarters_end_it(bool before, int calling, int suspect, bool open) =>
        Assert.Equal(open, TroubleRules.IsForAll(before, calling, suspect));

    private static CloudHealth After(string calls, double every = 1) =>
        calls.Index().Aggregate(CloudHealth.Healthy, (health, call) =>
            TroubleRules.NoteCall(health, new(At(call.Index * every), call.Item is 'x')));
}

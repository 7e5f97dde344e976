using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

/// <summary>For how long the cloud's word about a reader counts.</summary>
public sealed class PresenceSpecs
{
    [Theory]
    [InlineData(true, 59, true)]
    [InlineData(false, 59, false)]
    [InlineData(true, 60, null)]
    [InlineData(false, 60, null)]
    [InlineData(true, -60, null)]
    public void A_word_of_the_cloud_counts_for_a_minute(bool online, int age, bool? told) =>
        Assert.Equal(told, PresenceRules.OnlineAt(new(online, Noon), At(age)));

    [Fact]
    public void Of_a_reader_never_asked_about_nothing_is_known()
    {
        Assert.Null(PresenceRules.OnlineAt(new(), Noon));
        Assert.True(PresenceRules.IsOlder(new(), PresenceRules.AskedEvery, Noon));
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void A_word_that_is_old_enough_is_asked_again(int age, bool isOld) =>
        Assert.Equal(isOld, PresenceRules.IsOlder(new(true, Noon), PresenceRules.AskedEvery, At(age)));

    [Theory]
    [InlineData(1, 1, 10)]
    [InlineData(5, 2, 2)]
    [InlineData(100, 50, 0.1)]
    public void Asking_costs_a_part_of_what_a_key_may(int calls, int watched, double pause)
    {
        Assert.Equal(watched, PresenceRules.WatchedPerSecond(calls));
        Assert.Equal(TimeSpan.FromSeconds(pause), PresenceRules.SweepPause(calls));
    }
}

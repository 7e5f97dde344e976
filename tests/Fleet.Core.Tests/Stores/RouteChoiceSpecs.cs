using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

public sealed class RouteChoiceSpecs
{
    [Fact]
    public void Readers_that_were_never_used_come_by_their_ids() =>
        Assert.Equal(new ChosenReader("a", RouteRule.LeastRecentlyUsed),
            Choose(new(), Free("b"), Free("a"), Free("c")));

    [Fact]
    public void A_preferred_tag_that_all_have_decides_nothing() => Assert.Equal(
        new ChosenReader("a", RouteRule.LeastRecentlyUsed),
        Choose(new() { Prefer = ["lane-2", "lane-3"] }, Free("a", "lane-3"), Free("b", "lane-3")));

    [Fact]
    public void A_preferred_tag_that_none_has_decides_nothing() => Assert.Equal(
        new ChosenReader("a", RouteRule.LeastRecentlyUsed),
        Choose(new() { Prefer = ["lane-2"] }, Free("a", "lane-3"), Free("b", "lane-4")));

    [Theory]
    [InlineData(79, "a")]
    [InlineData(80, "a")]
    [InlineData(81, null)]
    public void A_battery_at_its_floor_is_still_enough(int floor, string? chosen) =>
        Assert.Equal(chosen, Choose(new() { MinBattery = floor }, Free("a"))?.ReaderId);

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 1, false)]
    [InlineData(1, 0, false)]
    [InlineData(0, 1, false)]
    public void Waiting_helps_where_any_reader_fits_the_wish(int busy, int offline, bool none) =>
        Assert.Equal(none, new RouteCounts(busy, offline).NoneFits);

    [Theory]
    [InlineData("3", true)]
    [InlineData("3.3.40.3", true)]
    [InlineData("1.2.3.4.5.6.7.8", true)]
    [InlineData("1.2.3.4.5.6.7.8.9", false)]
    [InlineData("", false)]
    [InlineData("3.", false)]
    [InlineData("3.x", false)]
    [InlineData("-3", false)]
    public void A_version_is_numbers_with_dots_between_them(string text, bool isVersion) =>
        Assert.Equal(isVersion, Firmware.IsVersion(text));

    [Theory]
    [InlineData("3.3.40", "3.3.40.1", false)]
    [InlineData("3.3.40", "3.3.40.0", true)]
    [InlineData("3.3.40.1", "3.3.40", true)]
    public void A_version_without_its_last_numbers_has_zeros_there(string version, string floor, bool atLeast) =>
        Assert.Equal(atLeast, Firmware.AtLeast(version, floor));

    private static ChosenReader? Choose(RouteWish wish, params Candidate[] readers) =>
        ReaderRouting.ChooseReader(readers, wish, before: null).Chosen;

    private static Candidate Free(string id, params string[] tags) =>
        new(id, Presence.Free, LastUsed: null, tags, "3.3.40.3", Battery: 80);
}

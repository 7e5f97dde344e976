using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

public sealed class RoutingSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_the_free_readers_the_longest_unused_is_chosen() =>
        Assert.Equal(new ChosenReader("b", RouteRule.LeastRecentlyUsed),
            Choose(new(), Free("a", used: 2), Free("b", used: 1), Free("c", used: 3)));

    [Fact]
    public void A_reader_that_was_never_used_comes_first() =>
        Assert.Equal("b", Choose(new(), Free("a", used: 1), Free("b"))?.ReaderId);

    [Fact]
    public void A_till_gets_the_reader_it_had_before() =>
        Assert.Equal(new ChosenReader("c", RouteRule.Sticky),
            Choose(new() { Origin = "till-1" }, before: "c", Free("a"), Free("b"), Free("c", used: 9)));

    [Fact]
    public void A_till_whose_reader_is_busy_gets_another_one() =>
        Assert.Equal("a", Choose(new() { Origin = "till-1" }, before: "c", Free("a"), Busy("c"))?.ReaderId);

    [Fact]
    public void The_first_preferred_tag_that_is_free_decides() =>
        Assert.Equal(
            new ChosenReader("b", RouteRule.PreferredTag, "lane-3"),
            Choose(new() { Prefer = ["lane-2", "lane-3"] }, Free("a"), Free("b", used: 5, "lane-3"),
                Busy("c", "lane-2")));

    [Fact]
    public void A_reader_must_have_every_tag_asked_for() =>
        Assert.Equal(
            new ChosenReader("b", RouteRule.OnlyOne),
            Choose(new() { Tags = ["mobile", "pharmacy"] }, Free("a", 0, "mobile"),
                Free("b", 0, "pharmacy", "mobile")));

    [Fact]
    public void Readers_below_a_floor_are_not_candidates() =>
        Assert.Equal("new", Choose(
            new() { MinFirmware = "3.3.40", MinBattery = 30 },
            Free("old") with { Firmware = "3.3.9.9" },
            Free("weak") with { Battery = 29 },
            Free("mute") with { Battery = null },
            Free("new"))?.ReaderId);

    [Fact]
    public void A_reader_with_unknown_firmware_may_ask_for_tips()
    {
        Assert.Equal("mute", Choose(new() { Tips = true }, Free("mute") with { Firmware = "0" })?.ReaderId);
        Assert.Null(Choose(new() { MinFirmware = "3.3" }, Free("mute") with { Firmware = "0" }));
    }

    [Theory]
    [InlineData("3.3.40.3", "3.3.40.3", true)]
    [InlineData("3.3.40.3", "3.3.40", true)]
    [InlineData("3.3.9", "3.3.40", false)]
    [InlineData("4", "3.3.40.3", true)]
    [InlineData("soon", "3.3", false)]
    [InlineData("3.3", "soon", false)]
    public void Versions_of_firmware_are_compared_number_by_number(string version, string floor, bool atLeast) =>
        Assert.Equal(atLeast, Firmware.AtLeast(version, floor));

    [Fact]
    public void Only_firmware_that_knows_tips_asks_for_them() =>
        Assert.Equal("b", Choose(new() { Tips = true }, Free("a") with { Firmware = "3.3.37.9" }, Free("b"))?.ReaderId);

    [Fact]
    public void A_wish_that_no_reader_fits_is_refused_at_once()
    {
        var (chosen, counts) = ReaderRouting.ChooseReader([Free("a")], new() { Tags = ["pharmacy"] }, null);

        Assert.Null(chosen);
        Assert.Equal(RefusalCode.NoReader, Refusal.NotRouted(counts).Code);
    }

    [Fact]
    public void A_wish_whose_readers_are_all_taken_says_how_many()
    {
        var (chosen, counts) = ReaderRouting.ChooseReader([Busy("a"), Busy("b"), Offline("c")], new(), null);

        Assert.Null(chosen);
        Assert.Equal(new Refusal(RefusalCode.NoFreeReader, Counts: new(Busy: 2, Offline: 1)),
            Refusal.NotRouted(counts));
    }

    private static ChosenReader? Choose(RouteWish wish, params Candidate[] readers) => Choose(wish, null, readers);

    private static ChosenReader? Choose(RouteWish wish, string? before, params Candidate[] readers) =>
        ReaderRouting.ChooseReader(readers, wish, before).Chosen;

    private static Candidate Free(string id, int used = 0, params string[] tags) =>
        new(id, Presence.Free, used == 0 ? null : Noon.AddMinutes(used), tags, "3.3.40.3", 80);

    private static Candidate Busy(string id, params string[] tags) =>
        Free(id, 0, tags) with { Presence = Presence.Busy };

    private static Candidate Offline(string id) => Free(id) with { Presence = Presence.Offline };
}

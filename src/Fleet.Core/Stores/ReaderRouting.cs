using Fleet.Core.Readers;
using Orleans;

namespace Fleet.Core.Stores;

/// <summary>What a till requires of a reader when it names none.</summary>
[GenerateSerializer, Immutable, Alias("fleet.route-wish")]
public sealed record RouteWish
{
    /// <summary>Tags the reader must have, all of them.</summary>
    [Id(0)] public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Tags that are better, the best one first.</summary>
    [Id(1)] public IReadOnlyList<string> Prefer { get; init; } = [];

    /// <summary>The till, which gets the reader that it had before if that is free; null for any reader.</summary>
    [Id(2)] public string? Origin { get; init; }

    /// <summary>Oldest firmware that will do; null for any.</summary>
    [Id(3)] public string? MinFirmware { get; init; }

    /// <summary>
    /// Least battery in percent, 0 to 100. A reader that has not reported its battery passes at 0 only.
    /// </summary>
    [Id(4)] public int MinBattery { get; init; }

    /// <summary>Whether the reader must be able to ask for a tip.</summary>
    [Id(5)] public bool Tips { get; init; }
}

/// <summary>A reader of a store, with what routing needs to know.</summary>
/// <param name="Id">The reader.</param>
/// <param name="Presence">Whether it can take a checkout now.</param>
/// <param name="LastUsed">When it accepted its last checkout; null for never.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Firmware">Its device's firmware.</param>
/// <param name="Battery">Percent; null when it has not reported it.</param>
public readonly record struct Candidate(
    string Id, Presence Presence, DateTimeOffset? LastUsed, IReadOnlyList<string> Tags, string Firmware,
    double? Battery);

/// <summary>Whether a reader can take a checkout.</summary>
public enum Presence
{
    /// <summary>It is connected and has nothing to do.</summary>
    Free,

    /// <summary>It has a checkout, or is about to get one.</summary>
    Busy,

    /// <summary>It is not connected, or not paired yet.</summary>
    Offline,
}

/// <summary>Why a reader was chosen.</summary>
public enum RouteRule
{
    /// <summary>The caller named it.</summary>
    Named,

    /// <summary>The till used it last time.</summary>
    Sticky,

    /// <summary>It has the best of the preferred tags.</summary>
    PreferredTag,

    /// <summary>Its last use is longest ago.</summary>
    LeastRecentlyUsed,

    /// <summary>No other reader was free.</summary>
    OnlyOne,
}

/// <summary>The reader that was chosen, and why.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="Rule">Why this one.</param>
/// <param name="Tag">The tag that decided, for <see cref="RouteRule.PreferredTag"/>.</param>
[GenerateSerializer, Immutable, Alias("fleet.chosen-reader")]
public sealed record ChosenReader(
    [property: Id(0)] string ReaderId, [property: Id(1)] RouteRule Rule, [property: Id(2)] string? Tag = null);

/// <summary>How many readers fit, and why none of them was free.</summary>
[GenerateSerializer, Immutable, Alias("fleet.route-counts")]
public sealed record RouteCounts([property: Id(0)] int Busy, [property: Id(1)] int Offline)
{
    /// <summary>Whether no reader fits at all; then waiting would not help.</summary>
    public bool NoneFits => Busy + Offline == 0;
}

/// <summary>
/// Chooses the reader of a store for a checkout: first the one that the till had before, then by preferred tag, then
/// the one whose last use is longest ago.
/// </summary>
public static class ReaderRouting
{
    /// <summary>Chooses among the free readers; when none is free, says how many would fit.</summary>
    /// <param name="readers">The store's readers.</param>
    /// <param name="wish">What the till requires.</param>
    /// <param name="before">The reader that the till had last time, if that is known.</param>
    public static (ChosenReader? Chosen, RouteCounts Counts) ChooseReader(
        IEnumerable<Candidate> readers, RouteWish wish, string? before)
    {
        var fitting = readers.Where(reader => FitsWish(reader, wish)).ToList();
        var free = fitting.Where(reader => reader.Presence is Presence.Free).ToList();
        var counts = new RouteCounts(
            fitting.Count(reader => reader.Presence is Presence.Busy),
            fitting.Count(reader => reader.Presence is Presence.Offline));
        if (free.Count == 0) return (null, counts);
        if (before is not null && free.Exists(reader => reader.Id == before))
            return (new(before, RouteRule.Sticky), counts);
        if (free.Count == 1) return (new(free[0].Id, RouteRule.OnlyOne), counts);
        var best = free.OrderBy(reader => RankReader(reader, wish))
            .ThenBy(reader => reader.LastUsed ?? DateTimeOffset.MinValue)
            .ThenBy(reader => reader.Id, StringComparer.Ordinal).First();
        var rank = RankReader(best, wish);
        var decided = rank < wish.Prefer.Count && free.Exists(reader => RankReader(reader, wish) != rank);
        return (decided
            ? new(best.Id, RouteRule.PreferredTag, wish.Prefer[rank])
            : new(best.Id, RouteRule.LeastRecentlyUsed), counts);
    }

    private static bool FitsWish(Candidate reader, RouteWish wish) =>
        wish.Tags.All(reader.Tags.Contains)
        && (wish.MinFirmware is null || Firmware.AtLeast(reader.Firmware, wish.MinFirmware))
        && (!wish.Tips || KnowsTips(reader))
        && (reader.Battery ?? 0) >= wish.MinBattery;

    /// <summary>
    /// SumUp's cloud often does not tell the firmware. It then decides itself whether the reader may ask for a tip.
    /// </summary>
    private static bool KnowsTips(Candidate reader) =>
        reader.Firmware is Device.UnknownFirmware || Firmware.AtLeast(reader.Firmware, Firmware.KnowsTips);

    /// <summary>The place of the best preferred tag it has; behind all of them when it has none.</summary>
    private static int RankReader(Candidate reader, RouteWish wish)
    {
        for (var i = 0; i < wish.Prefer.Count; i++)
        {
            if (reader.Tags.Contains(wish.Prefer[i])) return i;
        }
        return wish.Prefer.Count;
    }
}

using Fleet.Server.Stores;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Readers;

/// <summary>The last 24 hours of a reader, by half hours; the last one is that of now.</summary>
/// <param name="Slots">The half hours, the oldest first.</param>
public sealed record ReaderDay(IReadOnlyList<DaySlot> Slots)
{
    /// <summary>How many half hours a day has.</summary>
    public const int Count = 48;

    /// <summary>Hours by state, for example <c>busy 1.5 h</c>, those that did not occur left out.</summary>
    public IReadOnlyList<(string Class, string Text)> Sums =>
    [
        .. Slots.GroupBy(slot => slot.Presence).OrderBy(group => group.Key is null ? int.MaxValue : (int)group.Key)
            .Select(group => (ClassOf(group.Key), $"{WordOf(group.Key)} {HoursOf(group.Count())}")),
    ];

    /// <summary>The battery in words; empty when it was not reported.</summary>
    public string Battery => Slots.Select(slot => slot.Battery).OfType<int>().ToList() is { Count: > 0 } known
        ? $"Battery from {known.Min()} % to {known.Max()} %, last {known[^1]} %."
        : "";

    /// <summary>The same as one sentence.</summary>
    public string Text => $"The last 24 hours: {string.Join(", ", Sums.Select(sum => sum.Text))}. {Battery}".TrimEnd();

    /// <summary>Half hours in a row with the same state, as rows of a table.</summary>
    public IReadOnlyList<IReadOnlyList<DaySlot>> Spans => Slots.Aggregate(new List<IReadOnlyList<DaySlot>>(),
        (spans, slot) =>
        {
            if (spans is [.., var last] && last[^1].Presence == slot.Presence) spans[^1] = [.. last, slot];
            else spans.Add([slot]);
            return spans;
        });

    /// <summary>The day of which samples were read.</summary>
    public static ReaderDay Of(IEnumerable<Proto.DeviceSample> samples, DateTimeOffset now)
    {
        var known = samples.ToDictionary(sample => sample.At.ToDateTimeOffset());
        var last = BoardSampler.SlotOf(now);
        return new([.. Enumerable.Range(0, Count).Select(i => last - ((Count - 1 - i) * BoardSampler.Slot))
            .Select(at => known.TryGetValue(at, out var sample)
                ? new DaySlot(at, sample.Presence, sample.HasBattery ? sample.Battery : null)
                : new DaySlot(at, null, null))]);
    }

    /// <summary>The state in words.</summary>
    public static string WordOf(Proto.Presence? presence) => presence switch
    {
        Proto.Presence.Free => "free",
        Proto.Presence.Busy => "busy",
        Proto.Presence.Offline => "offline",
        null => "not known",
        _ => "not seen by SumUp",
    };

    /// <summary>The class that gives it its colour.</summary>
    public static string ClassOf(Proto.Presence? presence) => presence switch
    {
        Proto.Presence.Free => "good",
        Proto.Presence.Busy => "busy",
        Proto.Presence.Offline => "bad",
        null => "gap",
        _ => "warn",
    };

    private static string HoursOf(int slots) => FormattableString.Invariant($"{slots / 2.0:0.#} h");
}

/// <summary>One half hour.</summary>
/// <param name="At">Its begin.</param>
/// <param name="Presence">How the reader was; null when that is not known.</param>
/// <param name="Battery">Percent; null when that is not known.</param>
public sealed record DaySlot(DateTimeOffset At, Proto.Presence? Presence, int? Battery);

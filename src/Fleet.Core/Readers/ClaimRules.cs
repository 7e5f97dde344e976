using Fleet.Core.Checkouts;
using Orleans;

namespace Fleet.Core.Readers;

/// <summary>A claim of a device that contradicts the ledger.</summary>
/// <param name="Report">What it claimed.</param>
/// <param name="At">When it was stored.</param>
[GenerateSerializer, Immutable, Alias("fleet.device-claim")]
public sealed record DeviceClaim([property: Id(0)] DeviceReport Report, [property: Id(1)] DateTimeOffset At)
{
    /// <summary>Whether a report says nothing that this claim does not say. It may leave the card out.</summary>
    public bool CoversReport(DeviceReport report) => report with { Card = report.Card ?? Report.Card } == Report;
}

/// <summary>
/// What becomes of claims that contradict the ledger: each is stored as an event, and none is applied. A device that
/// makes up ever new ones is slowed down: what is not stored is not answered, so that the device says it again, and its
/// newest claim is stored in the end.
/// </summary>
public static class ClaimRules
{
    /// <summary>Claims kept with their checkout, chosen by us: no honest device has told more than three.</summary>
    public const int MaxKept = 16;

    /// <summary>Bounds of the pause between claims once there are <see cref="MaxKept"/>, chosen by us.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMinutes(1), LongestPause = TimeSpan.FromDays(1);

    /// <summary>Stores a claim, unless it is stored already or comes too soon.</summary>
    /// <param name="named">The checkout, as the ledger has it.</param>
    /// <param name="claim">What contradicts it.</param>
    /// <param name="now">The time.</param>
    public static Decision KeepClaim(Checkout named, DeviceReport claim, DateTimeOffset now)
    {
        var kept = named.Claims ?? [];
        if (kept.Any(known => known.CoversReport(claim))) return Decision.AlreadySo;
        // A clock that was set back must not silence a device for longer than the pause.
        if (kept.Count >= MaxKept && (now - kept[^1].At).Duration() < PauseAfter(kept)) return Refusal.ClaimTooSoon;
        IReadOnlyList<DeviceClaim> next = kept.Count < MaxKept
            ? [.. kept, new(claim, now)]
            : [kept[0], .. kept.Skip(2), new(claim, now)];
        return new ReaderEvent(
            EventKind.Disputed, named with { Disputed = true, Claims = next, UpdatedAt = now }, claim);
    }

    /// <summary>As long as it took from the first claim to the newest, so that each pause is twice the last.</summary>
    private static TimeSpan PauseAfter(IReadOnlyList<DeviceClaim> kept)
    {
        var lasted = (kept[^1].At - kept[0].At).Duration();
        return lasted < ShortestPause ? ShortestPause : lasted > LongestPause ? LongestPause : lasted;
    }
}

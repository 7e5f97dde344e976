using Fleet.Core.Checkouts;
using Orleans;

namespace Fleet.Core.Readers;

/// <summary>A claim of a device that contradicts the ledger.</summary>
/// <param name="Report">What it claimed.</param>
/// <param name="At">When it was saved.</param>
[GenerateSerializer, Immutable, Alias("fleet.device-claim")]
public sealed record DeviceClaim([property: Id(0)] DeviceReport Report, [property: Id(1)] DateTimeOffset At)
{
    /// <summary>Whether this claim says everything that a report says. The report may leave out the card.</summary>
    public bool CoversReport(DeviceReport report) => report with { Card = report.Card ?? Report.Card } == Report;
}

/// <summary>
/// The rules for claims that contradict the ledger: each is saved as an event, and none changes an outcome. A device
/// that sends ever new claims is slowed down: a claim that is not saved is not acknowledged, so the device sends it
/// again, and its newest claim is saved in the end.
/// </summary>
public static class ClaimRules
{
    /// <summary>Claims kept with their checkout, chosen by us: no correct device sends more than three.</summary>
    public const int MaxKept = 16;

    /// <summary>Shortest and longest pause between claims once there are <see cref="MaxKept"/>, chosen by us.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMinutes(1), LongestPause = TimeSpan.FromDays(1);

    /// <summary>Saves a claim, unless it is already saved or comes too soon.</summary>
    /// <param name="named">The checkout, as the ledger has it.</param>
    /// <param name="claim">What contradicts it.</param>
    /// <param name="now">The time.</param>
    public static Decision KeepClaim(Checkout named, DeviceReport claim, DateTimeOffset now)
    {
        var kept = named.Claims ?? [];
        if (kept.Any(known => known.CoversReport(claim))) return Decision.AlreadySo;
        // If a clock was set back, the device must not be refused for longer than the pause.
        if (kept.Count >= MaxKept && (now - kept[^1].At).Duration() < PauseAfter(kept)) return Refusal.ClaimTooSoon;
        IReadOnlyList<DeviceClaim> next = kept.Count < MaxKept
            ? [.. kept, new(claim, now)]
            : [kept[0], .. kept.Skip(2), new(claim, now)];
        return new ReaderEvent(
            EventKind.Disputed, named with { Disputed = true, Claims = next, UpdatedAt = now }, claim);
    }

    /// <summary>As long as from the first claim to the newest, so that each pause is twice the one before.</summary>
    private static TimeSpan PauseAfter(IReadOnlyList<DeviceClaim> kept)
    {
        var lasted = (kept[^1].At - kept[0].At).Duration();
        return lasted < ShortestPause ? ShortestPause : lasted > LongestPause ? LongestPause : lasted;
    }
}

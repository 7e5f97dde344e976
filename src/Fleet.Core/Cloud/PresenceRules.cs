using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>
/// What SumUp's cloud told last about whether it reaches a reader. Nothing tells Fleet when that changes.
/// </summary>
/// <param name="Online">Whether it reached the reader; null when it never told.</param>
/// <param name="At">When it was asked; null for never.</param>
[GenerateSerializer, Immutable, Alias("fleet.presence-read")]
public sealed record PresenceRead(
    [property: Id(0)] bool? Online = null, [property: Id(1)] DateTimeOffset? At = null);

/// <summary>
/// When the cloud is asked whether it reaches a reader, and for how long its word counts. One call tells it of one
/// reader, and a key may make few calls, so readers are asked about only when that is of use.
/// </summary>
public static class PresenceRules
{
    /// <summary>How long a word of the cloud is taken for now, chosen by us.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(60);

    /// <summary>The age at which a caller who asks for a status makes the cloud be asked again.</summary>
    public static readonly TimeSpan AskedEvery = TimeSpan.FromSeconds(10);

    /// <summary>The age at which a reader that is looked at on a board is asked about again.</summary>
    public static readonly TimeSpan WatchedEvery = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the cloud reaches the reader now; null when that is not known, as its word is too old or missing.
    /// </summary>
    public static bool? OnlineAt(PresenceRead read, DateTimeOffset now) =>
        IsOlder(read, FreshFor, now) ? null : read.Online;

    /// <summary>Whether the word of the cloud has at least this age, or is missing.</summary>
    public static bool IsOlder(PresenceRead read, TimeSpan age, DateTimeOffset now) =>
        read.At is not { } at || Deadline.IsOver(at, age, now);

    /// <summary>
    /// How many readers that are looked at may be asked about in a second: half of what a key may call, so that
    /// payments find the other half.
    /// </summary>
    /// <param name="callsPerSecond">Calls that the key may make.</param>
    public static int WatchedPerSecond(int callsPerSecond) => Math.Max(1, callsPerSecond / 2);

    /// <summary>
    /// The pause between two readers that are asked about although no caller looks at them: a tenth of what a key may
    /// call. With 5 calls in a second each of 500 readers has its turn every 17 minutes.
    /// </summary>
    /// <param name="callsPerSecond">Calls that the key may make.</param>
    public static TimeSpan SweepPause(int callsPerSecond) => TimeSpan.FromSeconds(10d / callsPerSecond);
}

using System.Collections.Immutable;

namespace Fleet.Core.Cloud;

/// <summary>One call to the cloud: when it ended, and whether the cloud failed to answer it.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Failed">Whether <see cref="TroubleRules.IsTrouble"/>.</param>
public readonly record struct CallResult(DateTimeOffset At, bool Failed);

/// <summary>The last calls with one key, and whether the cloud is suspected of having trouble.</summary>
/// <param name="Calls">The last calls, oldest first.</param>
/// <param name="Suspect">What the calls said when there were last enough of them.</param>
public sealed record CloudHealth(ImmutableArray<CallResult> Calls, bool Suspect = false)
{
    /// <summary>Before the first call.</summary>
    public static readonly CloudHealth Healthy = new([]);
}

/// <summary>
/// Says whether it is SumUp's cloud that has trouble, and not the chain: most of the last calls were not answered, or
/// with an error of the server. To be healthy again it must be clearly better, so that the result does not change with
/// every call.
/// </summary>
public static class TroubleRules
{
    /// <summary>The last calls that are looked at, chosen by us.</summary>
    public const int MaxCalls = 50;

    /// <summary>Fewer calls say nothing, chosen by us.</summary>
    public const int MinCalls = 5;

    /// <summary>The shares of failed calls from which it is suspected, and at which it is healthy again.</summary>
    public const double SuspectFrom = 0.5, HealthyAt = 0.2;

    /// <summary>How long a call counts.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether a call shows trouble of the cloud, or of the way to it. A refusal is an answer, and too many requests
    /// are the chain's own.
    /// </summary>
    /// <param name="status">The status of HTTP; null when no answer began.</param>
    /// <param name="failure">Why the answer is missing or incomplete.</param>
    public static bool IsTrouble(int? status, TransportFailure? failure) => failure is not null || status is >= 500;

    /// <summary>The health after one more call.</summary>
    public static CloudHealth NoteCall(CloudHealth before, CallResult call)
    {
        ImmutableArray<CallResult> calls = [.. Recent(before, call.At).TakeLast(MaxCalls - 1), call];
        return new(calls, Judge(calls, before.Suspect));
    }

    /// <summary>Whether the cloud is suspected now. Without a call in the period nothing is known against it.</summary>
    public static bool IsSuspect(CloudHealth health, DateTimeOffset now)
    {
        var calls = Recent(health, now).ToImmutableArray();
        return !calls.IsEmpty && Judge(calls, health.Suspect);
    }

    /// <summary>
    /// Whether it is the cloud that has trouble, and not single merchants: the calls of most merchants that made some
    /// fail. It ends when those of three quarters work.
    /// </summary>
    /// <param name="before">Whether it was so before.</param>
    /// <param name="calling">Merchants that made calls lately.</param>
    /// <param name="suspect">Those of them whose calls fail.</param>
    public static bool IsForAll(bool before, int calling, int suspect) =>
        before ? suspect * 4 > calling : suspect * 2 > calling;

    private static bool Judge(ImmutableArray<CallResult> calls, bool suspect)
    {
        if (calls.Length < MinCalls) return suspect;
        var share = calls.Count(call => call.Failed) / (double)calls.Length;
        return suspect ? share > HealthyAt : share >= SuspectFrom;
    }

    private static IEnumerable<CallResult> Recent(CloudHealth health, DateTimeOffset now) =>
        health.Calls.Where(call => !Deadline.IsOver(call.At, Period, now));
}

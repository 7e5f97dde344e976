namespace Fleet.Server.Cloud;

internal static class CloudPause
{
    /// <summary>A longer time is a mistake; it is taken as this.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>How long the cloud asks to wait; null when it does not ask.</summary>
    public static TimeSpan? ReadPause(this HttpResponseMessage answer, TimeProvider time) =>
        answer.ReadRetryAfter(time) is not { } pause ? null
        : pause < TimeSpan.Zero ? TimeSpan.Zero : pause < Longest ? pause : Longest;
}

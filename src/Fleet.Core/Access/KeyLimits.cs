namespace Fleet.Core.Access;

/// <summary>The limits of what a key can be given.</summary>
public static class KeyLimits
{
    /// <summary>The most requests per second that a setting or a key may allow.</summary>
    public const int MaxRequestsPerSecond = 100_000;
}

namespace Fleet.Core.Access;

/// <summary>What a key may be given at most.</summary>
public static class KeyLimits
{
    /// <summary>The most requests per second that a setting or a key may allow.</summary>
    public const int MaxRequestsPerSecond = 100_000;
}

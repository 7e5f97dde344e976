using Fleet.Torture.Checking;

namespace Fleet.Torture.Load;

/// <summary>A receiver as they are: mostly well, sometimes broken, slow, silent, or gone.</summary>
internal sealed class Moods(int seed = 1)
{
    /// <summary>What a node waits for an answer here, and between attempts.</summary>
    public const int TimeoutSeconds = 1;

    public static readonly IReadOnlyList<int> RetrySeconds = [1, 2, 2];

    private const double Broken = 0.12, Slow = 0.15, Silent = 0.05, Gone = 0.02;

    private static readonly TimeSpan Slowly = TimeSpan.FromMilliseconds(400);

    private readonly Lock _lock = new();
    private readonly Random _dice = new(seed);

    public async Task<int?> Answer(Post post, CancellationToken hungUp)
    {
        switch (Throw())
        {
            case < Broken: return 500;
            case < Broken + Slow:
                using (var timer = new PeriodicTimer(Slowly)) await timer.WaitForNextTickAsync(hungUp);
                return 200;
            case < Broken + Slow + Silent:
                using (var never = new PeriodicTimer(Timeout.InfiniteTimeSpan))
                    await never.WaitForNextTickAsync(hungUp);
                return null;
            case < Broken + Slow + Silent + Gone: return 410;
            default: return 200;
        }
    }

    private double Throw()
    {
        lock (_lock) return _dice.NextDouble();
    }
}

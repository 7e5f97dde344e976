namespace Fleet.Server.Tests;

/// <summary>Waits for what happens by itself: looks again and again, for a while.</summary>
public static class Eventually
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10), Patience = TimeSpan.FromSeconds(30);

    /// <param name="expected">What is to be seen.</param>
    /// <param name="look">Sees it.</param>
    /// <param name="between">Done before each look but the first, for example moving a clock.</param>
    public static async Task Equal<T>(T expected, Func<Task<T>> look, Action? between = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(Look);
        var seen = await look();
        while (!Equals(expected, seen) && !patience.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            between?.Invoke();
            seen = await look();
        }
        Assert.Equal(expected, seen);
    }
}

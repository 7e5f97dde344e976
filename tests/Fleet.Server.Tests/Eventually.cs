namespace Fleet.Server.Tests;

/// <summary>Waits for what happens by itself: looks again and again, for a while.</summary>
public static class Eventually
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10), Patience = TimeSpan.FromSeconds(30);

    public static async Task Equal<T>(T expected, Func<Task<T>> look)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(Look);
        var seen = await look();
        while (!Equals(expected, seen) && !patience.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            seen = await look();
        }
        Assert.Equal(expected, seen);
    }
}

namespace Fleet.Server.Storage;

/// <summary>
/// Knows for how long the database has been silent, by asking it each second. It uses the machine's own timer: it
/// measures waits, not times that are stored.
/// </summary>
internal sealed class StorageWatch(Database database) : BackgroundService
{
    /// <summary>How often it asks, and how long it waits for the answer.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// More threads than connections: Npgsql holds one for each statement that it cancels, and requests must be
    /// answered meanwhile.
    /// </summary>
    private const int ThreadsWhenSilent = 32;

    private long _answered = TimeProvider.System.GetTimestamp();

    /// <summary>How long ago the database answered last; zero where there is no server that could be silent.</summary>
    public TimeSpan SilentFor => database.HasClock
        ? TimeProvider.System.GetElapsedTime(Volatile.Read(ref _answered))
        : TimeSpan.Zero;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.HasClock) return;
        using var timer = new PeriodicTimer(Period, TimeProvider.System);
        ThreadPool.GetMinThreads(out var threads, out var completions);
        do
        {
            var answers = await Ask(stoppingToken);
            ThreadPool.SetMinThreads(answers ? threads : Math.Max(threads, ThreadsWhenSilent), completions);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> Ask(CancellationToken stop)
    {
        try
        {
            await database.GetServerTime(stop).WaitAsync(Period, TimeProvider.System, stop);
            Volatile.Write(ref _answered, TimeProvider.System.GetTimestamp());
            return true;
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return false; // who needs the database says that it is away
        }
    }
}

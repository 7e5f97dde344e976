namespace Fleet.Server.Storage;

/// <summary>
/// Knows for how long the database has been silent, by asking it each second. It uses the machine's own timer: it
/// measures waits, not times that are stored.
/// </summary>
internal sealed class StorageWatch(Database database) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private long _answered = TimeProvider.System.GetTimestamp();

    /// <summary>How long ago the database answered last; zero where there is no server that could be silent.</summary>
    public TimeSpan SilentFor => database.HasClock
        ? TimeProvider.System.GetElapsedTime(Volatile.Read(ref _answered))
        : TimeSpan.Zero;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.HasClock) return;
        using var timer = new PeriodicTimer(Period, TimeProvider.System);
        do
        {
            try
            {
                await database.GetServerTime(stoppingToken);
                Volatile.Write(ref _answered, TimeProvider.System.GetTimestamp());
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                // Asked again: who needs the database says that it is away.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

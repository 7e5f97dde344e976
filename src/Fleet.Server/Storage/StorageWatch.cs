namespace Fleet.Server.Storage;

/// <summary>
/// Notices when the database is silent, by asking it each second. It uses the machine's own timer: it measures waits,
/// not times that are stored.
/// </summary>
internal sealed class StorageWatch(Database database, StorageSilence silence) : BackgroundService
{
    /// <summary>How often it asks, and how long it waits for the answer.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// More threads than connections: Npgsql holds one for each statement that it cancels, and requests must be
    /// answered meanwhile.
    /// </summary>
    private const int ThreadsWhenSilent = 32;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.HasClock) return; // no server that could be silent
        silence.NoteAnswer();
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
            silence.NoteAnswer();
            return true;
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return false; // who needs the database says that it is away
        }
    }
}

namespace Fleet.Server.Storage;

/// <summary>
/// Asks the database each second whether it answers, over one connection of its own: the node's pool may be used up,
/// and then payments fail although the database is well. A connection that PostgreSQL refuses counts as no answer. It
/// uses the machine's own timer: it measures waits, not times that are stored.
/// </summary>
internal sealed class StorageProbe(Database database, StorageSilence silence, ILogger<StorageProbe> log)
    : BackgroundService
{
    /// <summary>How often it asks, and how long it waits for the answer.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// More threads than connections: Npgsql holds one for each statement that it cancels, and requests must be
    /// answered meanwhile.
    /// </summary>
    private const int ThreadsWhenSilent = 32;

    private volatile StorageFigures? _figures;
    private volatile bool _isUp = true;

    /// <summary>Whether the database answered lately; true until it was asked.</summary>
    public bool IsUp => _isUp;

    /// <summary>What it said of itself last; null for one that says nothing, and before its first answer.</summary>
    public StorageFigures? Figures => _figures;

    /// <summary>The time since its last answer, or since it was asked first.</summary>
    public TimeSpan Age => silence.Span;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        silence.NoteAnswer();
        using var timer = new PeriodicTimer(Period, TimeProvider.System);
        ThreadPool.GetMinThreads(out var threads, out var completions);
        do
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            var trouble = await Ask(stoppingToken);
            ThreadPool.SetMinThreads(
                trouble is null ? threads : Math.Max(threads, ThreadsWhenSilent), completions);
            NoteAnswer(trouble);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<string?> Ask(CancellationToken cancel)
    {
        try
        {
            _figures = await database.ReadFigures(cancel).WaitAsync(Period, TimeProvider.System, cancel);
            silence.NoteAnswer();
            return null;
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            return e.GetBaseException().Message;
        }
    }

    private void NoteAnswer(string? trouble)
    {
        var isUp = trouble is null || (_isUp && !silence.IsLong);
        if (_isUp == isUp) return;
        _isUp = isUp;
        if (trouble is null) log.StorageUp();
        else log.StorageDown(trouble);
    }
}

/// <summary>What a database says of itself.</summary>
/// <param name="Bytes">The size of Fleet's database.</param>
/// <param name="Connections">Connections of all programs to all databases of the server.</param>
/// <param name="MaxConnections">How many there may be, without those that are reserved for administrators.</param>
/// <param name="ArchiveFails">Whether the last attempt to archive a file of the log failed.</param>
internal sealed record StorageFigures(long Bytes, long Connections, long MaxConnections, bool ArchiveFails);

internal static partial class StorageLog
{
    [LoggerMessage(3700, LogLevel.Error, "The database does not answer: {Why}")]
    public static partial void StorageDown(this ILogger log, string why);

    [LoggerMessage(3701, LogLevel.Information, "The database answers again.")]
    public static partial void StorageUp(this ILogger log);
}

namespace Fleet.Server.Storage;

/// <summary>
/// Asks the database again and again whether it answers, over one connection of its own: the node's pool may be used
/// up, and then payments fail although the database is well. A connection that PostgreSQL refuses counts as no answer.
/// </summary>
internal sealed class StorageProbe(Database database, TimeProvider time, ILogger<StorageProbe> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer may take. Connection and statement have shorter limits of their own.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private volatile StorageFigures? _figures;
    private volatile bool _isUp = true;
    private long _answeredAt = time.GetTimestamp();

    /// <summary>Whether the database answered when it was asked last; true until it was asked.</summary>
    public bool IsUp => _isUp;

    /// <summary>What it said of itself last; null for one that says nothing, and before its first answer.</summary>
    public StorageFigures? Figures => _figures;

    /// <summary>The time since its last answer, or since the start of the node.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _answeredAt));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            NoteAnswer(await Ask(stoppingToken));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<string?> Ask(CancellationToken cancel)
    {
        try
        {
            _figures = await database.ReadFigures(cancel).WaitAsync(Patience, cancel);
            Volatile.Write(ref _answeredAt, time.GetTimestamp());
            return null;
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            return e.GetBaseException().Message;
        }
    }

    private void NoteAnswer(string? trouble)
    {
        if (_isUp == trouble is null) return;
        _isUp = trouble is null;
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

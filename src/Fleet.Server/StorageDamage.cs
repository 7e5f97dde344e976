using Microsoft.Data.Sqlite;
using Npgsql;

namespace Fleet.Server;

/// <summary>
/// Whether the database was found to be damaged while the node runs. From then on requests that need the damaged part
/// get a 503, and the node is not ready until it is started with an undamaged database.
/// </summary>
internal sealed class StorageDamage(ILogger<StorageDamage> log)
{
    private string? _problem;

    /// <summary>Why the node is not ready, in a sentence, or null.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Checks whether a failure means damage, and logs it once.</summary>
    public void NoteFailure(Exception failure)
    {
        var reason = failure.GetBaseException() switch
        {
            SqliteException e when SqliteDamage.IsDamage(e) => SqliteDamage.ReasonOf(e),
            PostgresException { SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } e =>
                e.MessageText,
            _ => null,
        };
        if (reason is null) return;
        var problem = $"The database is damaged ({reason}): stop the node and restore a backup, see docs/backup.md.";
        if (Interlocked.CompareExchange(ref _problem, problem, null) is null) log.Damaged(problem);
    }
}

internal static partial class DamageLog
{
    [LoggerMessage(2400, LogLevel.Critical, "{Problem}")]
    public static partial void Damaged(this ILogger log, string problem);
}

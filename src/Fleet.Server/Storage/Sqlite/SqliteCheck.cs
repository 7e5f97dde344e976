using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Checks the pages of a file before it is used, for a limited time, because a large file would take too long. It goes
/// table by table, in the order in which they were created, so the ledger and its checkouts come first.
/// </summary>
internal static class SqliteCheck
{
    /// <summary>
    /// How long a file is checked. One gigabyte in memory takes 2 s, so most files are checked completely; damage in
    /// the rest is found when that is used.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Steps of SQLite between two checks of the time.</summary>
    private const int StepsBetween = 1_000;

    private const string Tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid";

    /// <summary>The first fault found, or null.</summary>
    public static string? FindFault(SqliteConnection connection)
    {
        var begun = TimeProvider.System.GetTimestamp();
        raw.sqlite3_progress_handler(connection.Handle, StepsBetween, _ => IsOver() ? 1 : 0, null);
        try
        {
            return SqliteSchema.QueryTexts(connection, Tables).TakeWhile(_ => !IsOver())
                .Select(table => FaultOf(connection, table)).FirstOrDefault(fault => fault is not null);
        }
        finally
        {
            raw.sqlite3_progress_handler(connection.Handle, 0, null, null);
        }

        bool IsOver() => TimeProvider.System.GetElapsedTime(begun) > Limit;
    }

    private static string? FaultOf(SqliteConnection connection, string table)
    {
        try
        {
            var found = SqliteSchema.QueryTexts(connection, $"PRAGMA quick_check('{table}')")[0];
            return found is "ok" ? null : found.ReplaceLineEndings(" ");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            return null; // the time is over
        }
    }
}

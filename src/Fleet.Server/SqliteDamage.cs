using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Server;

/// <summary>Recognises damaged files by the errors of SQLite.</summary>
internal static class SqliteDamage
{
    public const int Corrupt = raw.SQLITE_CORRUPT;

    /// <summary>Whether a file is damaged, or is not a database.</summary>
    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is Corrupt or raw.SQLITE_NOTADB;

    /// <summary>The reason as a part of a sentence: <c>file is not a database</c>.</summary>
    public static string ReasonOf(SqliteException e) =>
        e.Message.Split('\'') is [_, var reason, _] ? reason : e.Message.TrimEnd('.');
}

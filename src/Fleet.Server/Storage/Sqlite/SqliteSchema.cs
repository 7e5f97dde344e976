using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Updates a database file to the schema of this program: numbered scripts, each once, in one transaction.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>How long a connection waits for another connection's write, in milliseconds.</summary>
    private const int BusyTimeoutMs = 5_000;

    /// <summary>Opens a connection that commits durably: write-ahead log, flushed to disk at every commit.</summary>
    public static SqliteConnection OpenConnection(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        RunSql(connection, $"PRAGMA busy_timeout = {BusyTimeoutMs}; PRAGMA synchronous = FULL;");
        return connection;
    }

    /// <summary>Runs the scripts of <paramref name="family"/> that the file has not run yet.</summary>
    /// <exception cref="InvalidOperationException">The file takes a newer program.</exception>
    public static SchemaVersion ApplyScripts(string connectionString, string family) =>
        ApplyScripts(connectionString, SchemaScripts.ListScripts(family));

    /// <summary>
    /// Runs those of <paramref name="scripts"/> that the file has not run yet. The file's own number is the one that
    /// all programs compare, also those that know no additions; so a script that only adds leaves it as it is.
    /// </summary>
    /// <exception cref="InvalidOperationException">The file takes a newer program.</exception>
    public static SchemaVersion ApplyScripts(string connectionString, IReadOnlyList<string> scripts)
    {
        using var connection = OpenConnection(connectionString);
        RunSql(connection, "PRAGMA journal_mode = WAL;");
        using var transaction = connection.BeginTransaction(deferred: false);
        RunSql(connection, SchemaVersion.MakeAdditions);
        var before = ReadVersion(connection, scripts.Count);
        before.RefuseNewer(connection.DataSource);
        for (var number = before.Applied + 1; number <= scripts.Count; number++)
        {
            var script = scripts[number - 1];
            RunSql(connection, script);
            RunSql(connection, SchemaScripts.OnlyAdds(script)
                ? $"INSERT INTO schema_addition (script) VALUES ({number});"
                : $"PRAGMA user_version = {number};");
        }
        var after = ReadVersion(connection, scripts.Count);
        transaction.Commit();
        return after;
    }

    private static SchemaVersion ReadVersion(SqliteConnection connection, int known)
    {
        var needed = QueryNumber(connection, "PRAGMA user_version;");
        return new(Math.Max(needed, QueryNumber(connection, SchemaVersion.LastAddition)), needed, known);
    }

    /// <summary>Writes the number into the file's header that says to which folder the file belongs.</summary>
    public static void MarkFile(string connectionString, int id)
    {
        using var connection = OpenConnection(connectionString);
        RunSql(connection, $"PRAGMA application_id = {id};");
    }

    /// <summary>The number that a statement returns.</summary>
    public static int QueryNumber(SqliteConnection connection, string sql) =>
        Convert.ToInt32(QueryScalar(connection, sql), CultureInfo.InvariantCulture);

    /// <summary>The texts of the first column.</summary>
    public static IReadOnlyList<string> QueryTexts(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ReadRows(row => row.GetString(0));
    }

    private static void RunSql(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? QueryScalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}

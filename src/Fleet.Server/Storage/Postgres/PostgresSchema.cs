using Fleet.Core.Access;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// Brings a database to the schema this program knows, one node at a time, and refuses a database that could lose
/// what it acknowledged.
/// </summary>
internal static class PostgresSchema
{
    /// <summary>Key of the advisory lock under which one node at a time changes the schema: "fleet" in ASCII.</summary>
    private const long SchemaLock = 0x666c656574;

    /// <summary>How long a node waits for another one to finish with the schema, in seconds.</summary>
    private const int LockTimeoutSeconds = 60;

    /// <summary>
    /// How long a script may take, in seconds: an index over ten million entries is made in about one minute.
    /// </summary>
    private const int ScriptTimeoutSeconds = 3_600;

    /// <summary>What must be on for a commit to mean that it survives a crash.</summary>
    private static readonly string[] Durability = ["fsync", "full_page_writes", "synchronous_commit"];

    /// <summary>The unique indexes without which Fleet does not work, and what could happen.</summary>
    private static readonly (string Index, string Harm)[] Fences =
    [
        ("one_open", "a reader could get two checkouts"), ("one_payment", "a sale could be charged twice"),
    ];

    /// <summary>Applies the scripts the database has not seen, then checks it.</summary>
    /// <exception cref="InvalidOperationException">
    /// It does not answer, is newer, or could lose payments; the message is one sentence that says which.
    /// </exception>
    public static void ApplyScripts(NpgsqlDataSource source)
    {
        try
        {
            using var connection = source.OpenConnection();
            RefuseLossySettings(connection);
            MigrateSchema(connection, SchemaScripts.ListScripts("fleet"));
            RefuseMissingFence(connection);
            RefuseLostLedger(connection);
        }
        catch (NpgsqlException e)
        {
            var reason = e is PostgresException known ? known.MessageText : e.InnerException?.Message ?? e.Message;
            throw new InvalidOperationException($"PostgreSQL cannot be used: {reason.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Each script has a transaction of its own, so that other nodes wait no longer than need be.</summary>
    private static void MigrateSchema(NpgsqlConnection connection, IReadOnlyList<string> scripts)
    {
        while (ApplyNext(connection, scripts)) { }
    }

    /// <summary>Applies the next script; false when there is none left.</summary>
    private static bool ApplyNext(NpgsqlConnection connection, IReadOnlyList<string> scripts)
    {
        using var transaction = connection.BeginTransaction();
        RunSql(connection, $"SELECT pg_advisory_xact_lock({SchemaLock})");
        RunSql(connection, "CREATE TABLE IF NOT EXISTS fleet_schema (version integer NOT NULL)");
        var seen = QueryScalar(connection, "SELECT max(version) FROM fleet_schema") is int version ? version : 0;
        if (seen > scripts.Count)
            throw new InvalidOperationException(
                $"The database has schema {seen}; this program knows {scripts.Count}. Start a newer Fleet.");
        if (seen < scripts.Count)
        {
            RunSql(connection, scripts[seen], ScriptTimeoutSeconds);
            RunSql(connection, $"INSERT INTO fleet_schema (version) VALUES ({seen + 1})");
        }
        transaction.Commit();
        return seen < scripts.Count;
    }

    private static void RefuseLossySettings(NpgsqlConnection connection)
    {
        foreach (var setting in Durability)
        {
            if (QueryScalar(connection, $"SHOW {setting}") is "off")
                throw new InvalidOperationException(
                    $"PostgreSQL runs with {setting} = off, so a crash could lose acknowledged payments. Turn it on.");
        }
    }

    private static void RefuseMissingFence(NpgsqlConnection connection)
    {
        foreach (var (index, harm) in Fences)
        {
            var isThere = QueryScalar(connection, $"""
                SELECT i.indisunique AND i.indisvalid AND i.indpred IS NOT NULL
                FROM pg_index i WHERE i.indexrelid = to_regclass('{index}')
                """);
            if (isThere is not true)
                throw new InvalidOperationException(
                    $"The unique index {index} is missing or invalid, and {harm}. Restore it.");
        }
    }

    /// <summary>
    /// The row that notes an accepted checkout in the audit is written in the transaction of its event.
    /// </summary>
    private static void RefuseLostLedger(NpgsqlConnection connection)
    {
        const string IsLost = $"""
            SELECT NOT EXISTS (SELECT FROM ledger)
                AND EXISTS (SELECT FROM audit WHERE action = '{AuditAction.CheckoutStart}')
            """;
        if (QueryScalar(connection, IsLost) is true)
            throw new InvalidOperationException(
                "The table ledger is empty, but the audit knows of checkouts, and payments could be taken twice. "
                + "Restore a backup: see docs/backup.md.");
    }

    private static void RunSql(NpgsqlConnection connection, string sql, int timeoutSeconds = LockTimeoutSeconds)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = timeoutSeconds };
        command.ExecuteNonQuery();
    }

    private static object? QueryScalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }
}

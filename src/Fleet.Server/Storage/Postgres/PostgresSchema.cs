using System.Net.Sockets;
using Fleet.Core.Access;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// Updates a database to the schema of this program, one node at a time, and refuses a database that could lose
/// committed data.
/// </summary>
internal static class PostgresSchema
{
    /// <summary>Key of the advisory lock under which one node at a time changes the schema: "fleet" in ASCII.</summary>
    private const long SchemaLock = 0x666c656574;

    /// <summary>How long a node waits for another one that updates the schema, in seconds.</summary>
    private const int LockTimeoutSeconds = 60;

    /// <summary>
    /// How long a script may take, in seconds: an index over ten million entries takes about one minute.
    /// </summary>
    private const int ScriptTimeoutSeconds = 3_600;

    /// <summary>Settings that must be on, so that a commit survives a crash.</summary>
    private static readonly string[] Durability = ["fsync", "full_page_writes", "synchronous_commit"];

    /// <summary>The unique indexes that Fleet needs, and what could happen without them.</summary>
    private static readonly (string Index, string Harm)[] Fences =
    [
        ("one_open", "a reader could get two checkouts"), ("one_payment", "a sale could be charged twice"),
    ];

    /// <summary>
    /// Waits for the database, runs the scripts that it has not run yet, then checks it.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The database does not answer, takes a newer program, or could lose payments; the message says which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The process was told to stop while it waited.</exception>
    public static SchemaVersion ApplyScripts(NpgsqlDataSource source, PostgresWait? wait = null) =>
        ApplyScripts(source, SchemaScripts.ListScripts("fleet"), wait);

    /// <summary>The same with other scripts than those of this program.</summary>
    public static SchemaVersion ApplyScripts(
        NpgsqlDataSource source, IReadOnlyList<string> scripts, PostgresWait? wait = null)
    {
        try
        {
            using var connection = wait?.OpenConnection(source) ?? source.OpenConnection();
            RefuseLossySettings(connection);
            var version = MigrateSchema(connection, scripts);
            RefuseMissingFence(connection);
            RefuseLostLedger(connection);
            return version;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException)
        {
            throw new InvalidOperationException($"PostgreSQL cannot be used: {ReasonOf(e)}.", e);
        }
    }

    /// <summary>Why PostgreSQL cannot be used, in words without a full stop.</summary>
    public static string ReasonOf(Exception failure) => failure switch
    {
        PostgresException known => known.MessageText.TrimEnd('.'),
        _ when failure.GetBaseException() is SocketException
        { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            "the host in Fleet:Postgres is not known",
        _ => failure.GetBaseException().Message.TrimEnd('.'),
    };

    /// <summary>Each script runs in its own transaction, so that other nodes wait only for one script.</summary>
    private static SchemaVersion MigrateSchema(NpgsqlConnection connection, IReadOnlyList<string> scripts)
    {
        while (true)
        {
            var before = ApplyNext(connection, scripts);
            if (before.Applied >= scripts.Count) return before;
        }
    }

    /// <summary>
    /// Runs the next script, if there is one, and returns what the schema was before. The number in fleet_schema is the
    /// one that all programs compare, also those that know no additions; so a script that only adds leaves it as it is.
    /// </summary>
    private static SchemaVersion ApplyNext(NpgsqlConnection connection, IReadOnlyList<string> scripts)
    {
        using var transaction = connection.BeginTransaction();
        RunSql(connection, $"SELECT pg_advisory_xact_lock({SchemaLock})");
        RunSql(connection, "CREATE TABLE IF NOT EXISTS fleet_schema (version integer NOT NULL)");
        RunSql(connection, SchemaVersion.MakeAdditions);
        var needed = QueryScalar(connection, "SELECT max(version) FROM fleet_schema") is int version ? version : 0;
        var added = QueryScalar(connection, SchemaVersion.LastAddition) is int script ? script : 0;
        var before = new SchemaVersion(Math.Max(needed, added), needed, scripts.Count);
        before.RefuseNewer("The database");
        if (before.Applied < scripts.Count)
        {
            var next = scripts[before.Applied];
            RunSql(connection, next, ScriptTimeoutSeconds);
            var table = SchemaScripts.OnlyAdds(next) ? "schema_addition (script)" : "fleet_schema (version)";
            RunSql(connection, $"INSERT INTO {table} VALUES ({before.Applied + 1})");
        }
        transaction.Commit();
        return before;
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
    /// Refuses a database whose audit has an accepted checkout that the ledger does not have: both rows are written in
    /// one transaction, so the ledger was lost.
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

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

    /// <summary>What must be on for a commit to mean that it survives a crash.</summary>
    private static readonly string[] Durability = ["fsync", "full_page_writes", "synchronous_commit"];

    /// <summary>Applies the scripts the database has not seen, then checks it.</summary>
    /// <exception cref="InvalidOperationException">It is newer, or not durable; the message says which.</exception>
    public static async Task Apply(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await Migrate(connection, Scripts.Of("fleet"), cancel);
        await RefuseLossySettings(connection, cancel);
        await RefuseMissingFence(connection, cancel);
    }

    private static async Task Migrate(
        NpgsqlConnection connection, IReadOnlyList<string> scripts, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await Run(connection, $"SELECT pg_advisory_xact_lock({SchemaLock})", cancel);
        await Run(connection, "CREATE TABLE IF NOT EXISTS fleet_schema (version integer NOT NULL)", cancel);
        var seen = await Ask(connection, "SELECT max(version) FROM fleet_schema", cancel) is int version ? version : 0;
        if (seen > scripts.Count)
            throw new InvalidOperationException(
                $"The database has schema {seen}; this program knows {scripts.Count}. Start a newer Fleet.");
        for (var next = seen; next < scripts.Count; next++)
        {
            await Run(connection, scripts[next], cancel);
            await Run(connection, $"INSERT INTO fleet_schema (version) VALUES ({next + 1})", cancel);
        }
        await transaction.CommitAsync(cancel);
    }

    private static async Task RefuseLossySettings(NpgsqlConnection connection, CancellationToken cancel)
    {
        foreach (var setting in Durability)
        {
            if (await Ask(connection, $"SHOW {setting}", cancel) is "off")
                throw new InvalidOperationException(
                    $"PostgreSQL runs with {setting} = off, so a crash could lose acknowledged payments. Turn it on.");
        }
    }

    private static async Task RefuseMissingFence(NpgsqlConnection connection, CancellationToken cancel)
    {
        const string Fence = """
            SELECT i.indisunique AND i.indisvalid AND i.indpred IS NOT NULL
            FROM pg_index i WHERE i.indexrelid = to_regclass('one_open')
            """;
        if (await Ask(connection, Fence, cancel) is not true)
            throw new InvalidOperationException(
                "The unique index one_open is missing or invalid, and a reader could get two checkouts. Restore it.");
    }

    private static async Task Run(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<object?> Ask(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel);
    }
}

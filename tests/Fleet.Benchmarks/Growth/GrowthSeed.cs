using Npgsql;

namespace Fleet.Benchmarks.Growth;

/// <summary>
/// Makes a few thousand payments into many: copies of their rows, each an hour older than the one before, with ids,
/// codes and versions of their own. So each row is as long as a real one, and the indexes have as many different
/// values.
/// </summary>
internal static class GrowthSeed
{
    private const int Minutes = 60;

    /// <summary>Of the ids, which begin with their time.</summary>
    private const string Shift = """
        CREATE OR REPLACE FUNCTION shift(id uuid, hours bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
            SELECT (lpad(to_hex(('x' || left(word, 12))::bit(48)::bigint - hours * 3600000), 12, '0')
                || substr(word, 13))::uuid
            FROM (SELECT replace(id::text, '-', '') AS word) AS w
        $$
        """;

    /// <summary>Copies what is there, as the copy number <c>$1</c>.</summary>
    private static readonly string[] Copies =
    [
        """
        INSERT INTO ledger (reader_id, ver, kind, checkout_id, at, node, reason, claim)
        SELECT reader_id, ver + $1 * 1000000, kind, shift(checkout_id, $1), at - $1 * interval '1 hour', node, reason,
            claim
        FROM ledger_sample
        """,
        """
        INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body, first_ver, last_ver)
        SELECT shift(checkout_id, $1), reader_id, state, valid_until - $1 * interval '1 hour',
            replace(body, checkout_id::text, shift(checkout_id, $1)::text), first_ver + $1 * 1000000,
            last_ver + $1 * 1000000
        FROM checkout_sample
        """,
        """
        INSERT INTO history (merchant_code, ref, kind, status, entry_mode, code, checkout_id)
        SELECT merchant_code, shift(ref, $1), kind, status, entry_mode,
            'T' || left(upper(md5(code || $1)), length(code) - 1), shift(checkout_id, $1)
        FROM history_sample
        """,
        """
        INSERT INTO audit (chain, seq, at, node, key_id, key_name, merchant_code, action, subject, detail, remote, prev,
            hash)
        SELECT md5(chain::text || $1)::uuid, seq, at - $1 * interval '1 hour', node, key_id, key_name, merchant_code,
            action, subject, detail, remote, prev, hash
        FROM audit_sample
        """,
    ];

    /// <summary>The pauses of a vacuum that PostgreSQL begins by itself; one that is asked for has none.</summary>
    private const string Unhurried = "SELECT set_config('vacuum_cost_delay', "
        + "current_setting('autovacuum_vacuum_cost_delay'), false)";

    private static readonly string[] Tables = ["ledger", "checkout", "history", "audit"];

    /// <summary>Copies until there are this many payments; returns how many there are.</summary>
    public static async Task<long> Grow(NpgsqlDataSource source, long payments)
    {
        await Run(source, Shift);
        foreach (var table in Tables) await Run(source, $"CREATE TABLE {table}_sample AS SELECT * FROM {table}");
        var sample = await Count(source);
        if (sample == 0) throw new InvalidOperationException("There is no payment to copy.");
        for (var copy = payments / sample - 1; copy > 0; copy--) // the oldest first, as they were made
        {
            foreach (var sql in Copies) await Run(source, sql, copy);
        }
        foreach (var table in Tables) await Run(source, $"DROP TABLE {table}_sample");
        await Run(source, "ANALYZE");
        return await Count(source);
    }

    /// <summary>Bytes of each of the tables and of its indexes.</summary>
    public static async Task<IReadOnlyList<(string Name, long Rows, long Table, long Indexes)>> Measure(
        NpgsqlDataSource source)
    {
        var sizes = new List<(string, long, long, long)>();
        await using var command = source.CreateCommand("""
            SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid)
            FROM pg_class WHERE relname = ANY ($1) ORDER BY pg_total_relation_size(oid) DESC
            """);
        command.Parameters.AddWithValue(Tables);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync()) sizes.Add((row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));
        return sizes;
    }

    /// <summary>
    /// Reads and freezes all of them, as PostgreSQL does by itself from time to time, with the same pauses, over and
    /// over until it is told to stop.
    /// </summary>
    public static async Task Vacuum(NpgsqlDataSource source, CancellationToken stop)
    {
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(Unhurried, connection) { CommandTimeout = Seconds };
        await command.ExecuteNonQueryAsync(CancellationToken.None);
        try
        {
            for (var i = 0; ; i = (i + 1) % Tables.Length)
            {
                command.CommandText = $"VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) {Tables[i]}";
                await command.ExecuteNonQueryAsync(stop);
            }
        }
        catch (OperationCanceledException) { }
    }

    private static async Task<long> Count(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT count(*) FROM checkout");
        command.CommandTimeout = Seconds;
        return await command.ExecuteScalarAsync() is long count ? count : 0;
    }

    private static async Task Run(NpgsqlDataSource source, string sql, params long[] parameters)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = Seconds;
        foreach (var parameter in parameters) command.Parameters.AddWithValue(parameter);
        await command.ExecuteNonQueryAsync();
    }

    private static int Seconds => (int)TimeSpan.FromMinutes(Minutes).TotalSeconds;
}

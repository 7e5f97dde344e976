using System.Text;
using Npgsql;

namespace Fleet.Torture.Checking;

/// <summary>All that a database holds, as text: bytes that are letters stand for themselves.</summary>
internal static class TableDump
{
    private const string Columns = """
        SELECT table_schema, table_name, column_name, data_type
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
        ORDER BY table_schema, table_name, ordinal_position
        """;

    /// <summary>Every column of every table.</summary>
    public static async Task<IReadOnlyList<(string What, string Text)>> Read(string postgres)
    {
        await using var source = NpgsqlDataSource.Create(postgres);
        var columns = new List<(string Table, string Column, bool IsBytes)>();
        await Each(source, Columns, row => columns.Add((
            $"\"{row.GetString(0)}\".\"{row.GetString(1)}\"", row.GetString(2), row.GetString(3) is "bytea")));
        var dump = new List<(string, string)>();
        foreach (var (table, column, isBytes) in columns)
        {
            var text = new StringBuilder();
            var value = isBytes ? $"encode(\"{column}\", 'escape')" : $"\"{column}\"::text";
            await Each(source, $"SELECT {value} FROM {table}",
                row => text.AppendLine(row.IsDBNull(0) ? "" : row.GetString(0)));
            dump.Add(($"{table}.{column}", text.ToString()));
        }
        return dump;
    }

    private static async Task Each(NpgsqlDataSource source, string sql, Action<NpgsqlDataReader> take)
    {
        await using var command = source.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync()) take(row);
    }
}

using System.Diagnostics;

namespace Fleet.Torture.Processes;

/// <summary>
/// What a later version may do to a database if it only adds: each table gets a column, and a row says that a script
/// was run which older programs can live with.
/// </summary>
internal static class SchemaOfTomorrow
{
    /// <summary>What a program prints that was started on it.</summary>
    public const string Notice = "schema 1000, newer than ";

    private const string Note = "INSERT INTO schema_addition (script) VALUES (1000)";

    private const string NextTable = """
        SELECT format('ALTER TABLE %I ADD COLUMN of_tomorrow text', table_name) FROM information_schema.tables t
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND NOT EXISTS (
            SELECT FROM information_schema.columns c
            WHERE c.table_schema = 'public' AND c.table_name = t.table_name AND column_name = 'of_tomorrow')
        LIMIT 1
        """;

    private const string AllTables = """
        SELECT 'ALTER TABLE ' || name || ' ADD COLUMN of_tomorrow TEXT;' FROM sqlite_schema
        WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
        """;

    /// <summary>Changes a PostgreSQL database while nodes use it.</summary>
    public static async Task AddTo(string postgres)
    {
        while (await Databases.Ask(postgres, NextTable) is string change) await Databases.Execute(postgres, change);
        await Databases.Execute(postgres, Note);
    }

    /// <summary>Changes both files of a data folder that no node uses.</summary>
    public static async Task AddToFolder(string folder)
    {
        foreach (var name in new[] { "grains.db", "ledger.db" })
        {
            var file = Path.Combine(folder, name);
            await RunSqlite(file, await RunSqlite(file, AllTables) + Note);
        }
    }

    private static async Task<string> RunSqlite(string file, string sql)
    {
        using var process = Process.Start(
            new ProcessStartInfo("sqlite3", ["-bail", file, sql]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("sqlite3 did not start.");
        var printed = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return printed;
    }
}

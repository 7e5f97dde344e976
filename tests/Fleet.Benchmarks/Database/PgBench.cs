using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Fleet.Benchmarks.Database;

/// <summary>
/// The machine's own limit: PostgreSQL's load generator inserts one row per transaction, with no program in between.
/// </summary>
internal sealed partial class PgBench(string connectionString)
{
    private const int Clients = 64;

    /// <summary>Connecting takes a part of a second; without a finished transaction there is no rate.</summary>
    private const int MinSeconds = 3;

    /// <summary>What one client sends over and over, prepared.</summary>
    private const string Script = "INSERT INTO one_row (reader_id) VALUES ('rdr_00000000000000000000000000');";

    private const string Schema =
        "CREATE TABLE one_row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reader_id text NOT NULL)";

    private readonly NpgsqlConnectionStringBuilder _database = new(connectionString);

    public async Task Prepare()
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Schema, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs for a while; returns transactions per second.</summary>
    public async Task<double> Run(TimeSpan lasts)
    {
        var seconds = Math.Max(MinSeconds, (int)Math.Round(lasts.TotalSeconds));
        var start = new ProcessStartInfo(Program())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var arg in $"-n -M prepared -c {Clients} -j 1 -T {seconds} -f /dev/stdin".Split(' '))
            start.ArgumentList.Add(arg);
        start.Environment["PGHOST"] = _database.Host;
        start.Environment["PGPORT"] = $"{_database.Port}";
        start.Environment["PGUSER"] = _database.Username;
        start.Environment["PGPASSWORD"] = _database.Password;
        start.Environment["PGDATABASE"] = _database.Database;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("pgbench did not start.");
        await process.StandardInput.WriteAsync(Script);
        process.StandardInput.Close();
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return Rate().Match(await said) is { Success: true } rate
            ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"pgbench gave no rate: {await said} {await complained}");
    }

    /// <summary>Debian keeps it off the path, one folder for each major version.</summary>
    private static string Program() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin", "pgbench"))
                .FirstOrDefault(File.Exists, "pgbench")
            : "pgbench";

    [GeneratedRegex(@"tps = ([\d.]+)")]
    private static partial Regex Rate();
}

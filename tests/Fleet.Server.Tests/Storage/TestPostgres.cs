using System.Diagnostics;
using Fleet.Torture.Processes;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Fleet.Server.Tests;

/// <summary>
/// The PostgreSQL of the tests: the one FLEET_TEST_POSTGRES names, or one of this process's own, made when it is first
/// needed. Each user gets a database of its own.
/// </summary>
public static class TestPostgres
{
    /// <summary>
    /// The trait of tests that choose their storage themselves: once on each would be twice the same.
    /// </summary>
    public const string Storage = "storage", OfItsOwn = "own";

    private static readonly IConfiguration Settings =
        new ConfigurationBuilder().AddEnvironmentVariables("FLEET_TEST_").Build();

    private static readonly Lazy<Task<string>> Server = new(Start);

    /// <summary>Whether all nodes of the tests are to use it: FLEET_TEST_STORAGE is postgres.</summary>
    public static bool IsStorage => Settings["STORAGE"] == "postgres";

    /// <summary>The connection string of a database, which is made when there is none of that name.</summary>
    public static async Task<string> Database(string name)
    {
        var server = await Server.Value;
        try
        {
            await Run(server, $"CREATE DATABASE \"{name}\"");
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase)
        {
            // it is an earlier node's
        }
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString();
    }

    /// <summary>Drops a database, even if a process is still connected to it.</summary>
    public static async Task Drop(string name) =>
        await Run(await Server.Value, $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");

    /// <summary>Runs a statement.</summary>
    public static async Task Run(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> Start()
    {
        if (Settings["POSTGRES"] is { Length: > 0 } given) return given;
        var folder = Directory.CreateTempSubdirectory("fleet-test-postgres-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Script("kill", folder).Wait();
            Directory.Delete(folder, recursive: true);
        };
        return (await Script("up", folder, $"{Ports.Next()}", "tests")).Trim();
    }

    private static async Task<string> Script(params string[] arguments)
    {
        var script = Path.Combine(Root(AppContext.BaseDirectory), "deploy", "local-postgres.sh");
        using var process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{script} did not start.");
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said
            : throw new InvalidOperationException($"{script} ended with {process.ExitCode}.");
    }

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "Fleet.sln"))
        ? folder
        : Root(Path.GetDirectoryName(folder)
            ?? throw new InvalidOperationException("There is no Fleet.sln above the tests."));
}

using System.Diagnostics;

namespace Fleet.Benchmarks.Database;

/// <summary>A PostgreSQL for this run only, from <c>deploy/local-postgres.sh</c>.</summary>
internal sealed class LocalPostgres : IAsyncDisposable
{
    private readonly string _folder;

    private LocalPostgres(string folder, string connectionString) =>
        (_folder, ConnectionString) = (folder, connectionString);

    public string ConnectionString { get; }

    public static async Task<LocalPostgres> Start()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
        return new(folder, await Script("up", folder, $"{Ports.Free()}", "tests"));
    }

    public async ValueTask DisposeAsync()
    {
        await Script("down", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<string> Script(params string[] args)
    {
        var script = Path.Combine(Root(AppContext.BaseDirectory), "deploy", "local-postgres.sh");
        using var process = Process.Start(new ProcessStartInfo(script, args) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{script} did not start.");
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said.Trim() : throw new InvalidOperationException($"{script} failed.");
    }

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "Fleet.sln"))
        ? folder
        : Root(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No Fleet.sln above."));
}

using System.Diagnostics;
using System.Globalization;

namespace Fleet.Benchmarks.Database;

/// <summary>A PostgreSQL for this run only, from <c>deploy/local-postgres.sh</c>.</summary>
internal sealed class LocalPostgres : IAsyncDisposable
{
    private const StringSplitOptions NoEmpty = StringSplitOptions.RemoveEmptyEntries;

    private const double TicksPerSecond = 100;

    private readonly string _folder;

    private LocalPostgres(string folder, string connectionString) =>
        (_folder, ConnectionString) = (folder, connectionString);

    public string ConnectionString { get; }

    /// <summary>
    /// Processor time that its processes have used, and those that have ended: by the kernel's clock, in hundredths of
    /// a second.
    /// </summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            var leader = File.ReadLines(Path.Combine(_folder, "data", "postmaster.pid")).First();
            var children = File.ReadAllText($"/proc/{leader}/task/{leader}/children").Split(' ', NoEmpty);
            return TimeSpan.FromSeconds(children.Sum(child => TicksOf(child, 13, 14)) / TicksPerSecond
                + (TicksOf(leader, 13, 14, 15, 16) / TicksPerSecond));
        }
    }

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

    /// <summary>
    /// Some numbers of /proc/[pid]/stat, added; 13 is the time in the program, 15 that of ended children.
    /// </summary>
    private static long TicksOf(string process, params int[] fields)
    {
        try
        {
            var all = File.ReadAllText($"/proc/{process}/stat");
            var afterName = all[(all.LastIndexOf(')') + 2)..].Split(' '); // begins with the third field
            return fields.Sum(field => long.Parse(afterName[field - 2], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return 0; // it has ended meanwhile
        }
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

using System.Diagnostics;
using System.Globalization;

namespace Fleet.Torture.Processes;

/// <summary>A PostgreSQL of this run's own, by <c>deploy/local-postgres.sh</c>: it may be killed.</summary>
internal sealed class LocalPostgres(string folder) : IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(90);

    private readonly int _port = Ports.Next();

    /// <summary>Starts it, and returns a connection string of the user that may create databases.</summary>
    public async Task<string> Up() => (await Run("up", folder, $"{_port}", "tests")).Trim();

    /// <summary>Ends it as a power cut does.</summary>
    public Task Kill() => Run("kill", folder);

    /// <summary>Stops all its processes: it accepts connections and answers nothing.</summary>
    public async Task Freeze()
    {
        foreach (var process in Processes()) await Signals.Stop(process);
    }

    /// <summary>Ends a freeze; the first one goes on last, because it makes others that end at once.</summary>
    public void Thaw()
    {
        foreach (var process in Processes().Reverse()) Signals.Continue(process);
    }

    /// <summary>The first one, which makes no others once it is stopped, and then the others.</summary>
    private IEnumerable<int> Processes()
    {
        var first = File.ReadLines(Path.Combine(folder, "data", "postmaster.pid")).First();
        yield return int.Parse(first, CultureInfo.InvariantCulture);
        var others = File.ReadAllText($"/proc/{first}/task/{first}/children");
        foreach (var other in others.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            yield return int.Parse(other, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (Directory.EnumerateFileSystemEntries(folder).Any()) await Run("kill", folder);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> Run(params string[] arguments)
    {
        // To files and not through pipes: the server it starts would hold a pipe open for as long as it lives.
        var output = Path.GetTempFileName();
        var start = new ProcessStartInfo("bash")
        {
            ArgumentList = { "-c", """out=$1; shift; exec bash "$@" >"$out" 2>&1 """, "bash", output, Script },
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var script = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
        using var patience = new CancellationTokenSource(AnswersWithin);
        await script.WaitForExitAsync(patience.Token);
        var said = await File.ReadAllTextAsync(output, CancellationToken.None);
        File.Delete(output);
        return script.ExitCode == 0 ? said : throw new InvalidOperationException(said.Trim());
    }

    private static string Script => Path.Combine(RootOf(AppContext.BaseDirectory), "deploy", "local-postgres.sh");

    private static string RootOf(string folder) => File.Exists(Path.Combine(folder, "Fleet.sln"))
        ? folder
        : RootOf(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No Fleet.sln above."));
}

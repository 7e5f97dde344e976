using System.Diagnostics;

namespace Fleet.Deploy.Tests;

/// <summary>Does in mount namespaces what Docker would do with the Dockerfile; see room.sh.</summary>
internal static class Room
{
    public const string Needs = "This takes root and mount namespaces, or Docker: docker run --read-only is the same.";

    private const string Script = "tests/Fleet.Deploy.Tests/room.sh";

    /// <summary>Whether this machine allows that.</summary>
    public static async Task<bool> IsPossible() =>
        Environment.IsPrivilegedProcess && await Shell.Can("unshare", "--mount", "true");

    /// <summary>Executes the build stage; its result is in the folder.</summary>
    public static async Task Build(string program)
    {
        var steps = Path.GetTempFileName();
        await File.WriteAllLinesAsync(steps, Dockerfile.Ours.Steps.Select(step => $"{step.Word} {step.Text}"));
        // No build server: it would outlive the room.
        await Shell.Run("env", $"TMPDIR={Path.GetDirectoryName(program)}", "MSBUILDDISABLENODEREUSE=1",
            "DOTNET_CLI_USE_MSBUILD_SERVER=0", "UseSharedCompilation=false",
            "unshare", "--mount", "--uts", "bash", Script, "build", steps, Dockerfile.Ours.BuildFolder, program);
        File.Delete(steps);
    }

    /// <summary>Starts the image; what it prints is appended to the log.</summary>
    public static Process Run(string program, string data, string log, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo("sh") { WorkingDirectory = Repo.Root };
        foreach (var word in (IEnumerable<string>)
            [
                "-c", """log=$1; shift; exec "$@" >>"$log" 2>&1 """, "sh", log,
                "unshare", "--mount", "bash", Script, "run", program, data, $"{Dockerfile.AppUser}",
                .. variables.Select(one => $"{one.Key}={one.Value}"), "--", .. Dockerfile.Ours.EntryPoint,
            ])
            start.ArgumentList.Add(word);
        start.Environment["TMPDIR"] = Path.GetDirectoryName(program);
        return Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
    }
}

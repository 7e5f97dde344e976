using System.Diagnostics;

namespace Fleet.Deploy.Tests;

/// <summary>Commands of this machine.</summary>
internal static class Shell
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(5);

    /// <summary>Runs a command and returns its output; a failure is an exception with its error output.</summary>
    public static async Task<string> Run(params IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repo.Root,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        using var patience = new CancellationTokenSource(EndsWithin);
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(patience.Token),
            process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode == 0
            ? await said
            : throw new InvalidOperationException($"{string.Join(' ', command)}: {await complained}{await said}");
    }

    /// <summary>Whether a command succeeds.</summary>
    public static async Task<bool> Can(params IReadOnlyList<string> command)
    {
        try
        {
            await Run(command);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}

using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Fleet.Deploy.Tests;

/// <summary>The command of deploy/postgresql.conf that PostgreSQL runs for each file of its log.</summary>
public sealed partial class ArchiveTests : IDisposable
{
    private const string Name = "000000010000000000000007";

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-archive-").FullName;

    private string Archived => Path.Combine(_folder, "archive", Name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_is_archived_once_and_again_only_when_it_is_the_same()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "archive"));

        Assert.Equal(0, Archive("the log"));
        Assert.Equal("the log", File.ReadAllText(Archived));
        Assert.Equal(0, Archive("the log"));
        Assert.NotEqual(0, Archive("another log"));
        Assert.Equal("the log", File.ReadAllText(Archived));
        Assert.Equal([Archived], Directory.GetFiles(Path.Combine(_folder, "archive")));
    }

    [Fact]
    public void A_folder_that_is_missing_keeps_the_log_where_it_is() => Assert.NotEqual(0, Archive("the log"));

    /// <summary>Runs the command as PostgreSQL does; returns its exit code.</summary>
    private int Archive(string log)
    {
        File.WriteAllText(Path.Combine(_folder, "segment"), log);
        var conf = File.ReadAllText(Path.Combine(Repo.Root, "deploy/postgresql.conf"));
        var command = Command().Match(conf).Groups[1].Value
            .Replace("%p", "segment", StringComparison.Ordinal)
            .Replace("%f", Name, StringComparison.Ordinal)
            .Replace("/archive", "archive", StringComparison.Ordinal);
        using var run = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = _folder })
            ?? throw new InvalidOperationException("sh did not start.");
        run.WaitForExit();
        return run.ExitCode;
    }

    [GeneratedRegex("^# archive_command = '(.+)'$", RegexOptions.Multiline)]
    private static partial Regex Command();
}

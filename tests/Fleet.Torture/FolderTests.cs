using System.Security.Cryptography;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A folder of SQLite has one server at a time, and a damaged one has none.</summary>
public sealed class FolderTests
{
    [Fact]
    public async Task A_second_server_on_a_folder_is_refused_until_the_first_one_is_killed()
    {
        await using var first = await ServerProcess.Started();
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        var otherPath = Path.Combine(folder, "other");
        Directory.CreateSymbolicLink(otherPath, Path.Combine(first.Folder, "data"));
        await using var second = new ServerProcess("second", folder, $"--data={otherPath}");

        await IsRefused(second, $"The data folder {otherPath} is used by another Fleet server: stop that one, or give");
        using var answer = await first.Till.Get("readers");
        Assert.True(answer.IsSuccessStatusCode);
        await first.Kill();
        await first.Start();
        await first.Kill();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("ledger.db")]
    [InlineData("grains.db")]
    public async Task A_file_that_is_garbage_stops_the_start(string name)
    {
        await using var server = await ServerProcess.Started();
        await server.Kill();
        var path = Path.Combine(server.Folder, "data", name);
        File.Delete($"{path}-wal");
        await File.WriteAllBytesAsync(
            path, RandomNumberGenerator.GetBytes(100_000), TestContext.Current.CancellationToken);

        await using var again = new ServerProcess("again", server.Folder, $"--data={server.Folder}/data");
        await IsRefused(
            again, $"{path} is damaged (file is not a database). Restore both files of the folder from one backup");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_stops_the_start()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        await using var server = new ServerProcess("node", folder, "--data=/dev/null/fleet");
        await IsRefused(server, "The data folder /dev/null/fleet cannot be made");
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>One line on standard error, an exit code that says so, and nothing that says it was ready.</summary>
    private static async Task IsRefused(ServerProcess server, string why)
    {
        server.Launch();
        Assert.Equal(1, await server.Ended());
        var sentence = Assert.Single(server.Errors.Trim().Split('\n'));
        Assert.StartsWith($"Fleet cannot start. {why}", sentence, StringComparison.Ordinal);
        Assert.Empty(server.Output.Trim());
    }
}

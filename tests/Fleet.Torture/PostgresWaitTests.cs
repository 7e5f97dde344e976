using Fleet.Torture.Processes;
using Npgsql;

namespace Fleet.Torture;

/// <summary>A node that starts before its PostgreSQL: the real program, and a server of the run's own.</summary>
[Collection(Alone.Name)]
public sealed class PostgresWaitTests(Databases databases) : IDisposable
{
    private const string Waits = "The node waits for PostgreSQL at 127.0.0.1:";

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_node_that_starts_first_waits_and_goes_on_when_PostgreSQL_answers()
    {
        var postgres = await databases.MakeOwn();
        await databases.Kill();
        await using var node = Node(postgres);
        node.Launch();
        await Says(node, Waits);

        await databases.Up();
        await node.Answers();
        var lines = node.Output.Split('\n');
        Assert.Single(lines, line => line.Contains(Waits, StringComparison.Ordinal));
        Assert.Contains("Connection refused", node.Output, StringComparison.Ordinal);
        Assert.Single(lines, line => line.Contains("and the start goes on", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
        Assert.Empty(node.Errors);
    }

    [Fact]
    public async Task A_node_that_waits_ends_when_it_is_told_to_or_when_its_time_is_over()
    {
        var postgres = await databases.MakeOwn();
        await databases.Kill();
        await using var stopped = Node(postgres);
        await using var tired = Node(postgres, "--Fleet:PostgresWaitSeconds=1");
        stopped.Launch();
        tired.Launch();
        await Says(stopped, Waits);
        stopped.Terminate();

        Assert.Equal(0, await stopped.Ended());
        Assert.Equal("Fleet was told to stop before it was ready.", stopped.Errors.Trim());
        Assert.Equal(1, await tired.Ended());
        Assert.Equal("Fleet cannot start. PostgreSQL cannot be used: Connection refused.", tired.Errors.Trim());
    }

    [Theory]
    [InlineData("Password", "wrong", "password authentication failed for user \"tests\"")]
    [InlineData("Database", "nowhere", "database \"nowhere\" does not exist")]
    public async Task What_does_not_pass_by_itself_is_told_at_once(string keyword, string value, string why)
    {
        var postgres = new NpgsqlConnectionStringBuilder(await databases.MakeOwn()) { [keyword] = value };
        await using var node = Node(postgres.ConnectionString);
        node.Launch();

        Assert.Equal(1, await node.Ended());
        Assert.Equal($"Fleet cannot start. PostgreSQL cannot be used: {why}.", node.Errors.Trim());
        Assert.Empty(node.Output.Trim());
    }

    private ServerProcess Node(string postgres, params string[] more) =>
        new($"node{more.Length}", _folder, ["--storage=postgres", $"--postgres={postgres}", .. more]);

    private static Task Says(ServerProcess node, string words) => Eventually.Equal(true, () => Task.FromResult(
        File.Exists(Path.Combine(node.Folder, $"{node.Name}.out"))
            && node.Output.Contains(words, StringComparison.Ordinal)));
}

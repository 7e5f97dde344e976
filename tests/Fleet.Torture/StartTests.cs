using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A node refuses to start on a database that could lose commits, or at the address of another node, and says why in
/// one sentence.
/// </summary>
[Collection(Alone.Name)]
public sealed class StartTests(Databases databases)
{
    [Fact]
    public async Task A_database_that_is_not_right_is_refused()
    {
        var postgres = await databases.MakeOwn();
        await RunOnce(postgres);
        await IsRefused(postgres, "newer",
            "UPDATE fleet_schema SET version = version + 1", "UPDATE fleet_schema SET version = version - 1");
        await IsRefused(postgres, "synchronous_commit",
            Set("SET synchronous_commit = off"), Set("RESET synchronous_commit"));
        await IsRefused(postgres, "fsync", "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM RESET fsync");
        await IsRefused(postgres, "full_page_writes",
            "ALTER SYSTEM SET full_page_writes = off", "ALTER SYSTEM RESET full_page_writes");
        await IsRefused(postgres, "one_open",
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'one_open'::regclass",
            "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'one_open'::regclass");
        await IsRefused(postgres, "one_payment", "ALTER INDEX one_payment RENAME TO no_payment",
            "ALTER INDEX no_payment RENAME TO one_payment");
        await IsRefused(postgres, "one_open", "DROP INDEX one_open", "SELECT 1");
    }

    [Fact]
    public async Task A_second_node_at_the_same_address_is_refused_and_the_first_one_goes_on()
    {
        var postgres = await databases.Make();
        await using var folder = new OneFolder();
        await using var first = Node(folder, postgres);
        await first.Start();
        var silo = first.LedgerName.Split(':')[1];
        foreach (var (same, named) in new[]
        {
            ($"--urls={first.Address}", $"{first.Address}".TrimEnd('/')), ($"--silo-port={silo}", $"127.0.0.1:{silo}"),
        })
        {
            await using var second = new ServerProcess(
                "second", folder.Path, "--storage=postgres", $"--postgres={postgres}", same);
            second.Launch();
            Assert.Equal(1, await second.Ended());
            Assert.Contains($"Fleet cannot start. The address {named}", second.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(1L, await Databases.Ask(postgres, "SELECT count(*) FROM cluster_member"));
        await first.Answers();
        await first.Kill();
        await first.Start(); // its killed connections are not in the way
    }

    private static string Set(string change) =>
        $"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {change}', current_database()); END $$";

    private static async Task RunOnce(string postgres)
    {
        await using var folder = new OneFolder();
        await using var node = Node(folder, postgres);
        await node.Start();
    }

    /// <summary>Does some harm to the database, and undoes it after the node has refused it.</summary>
    private static async Task IsRefused(string postgres, string named, string harm, string cure)
    {
        await Execute(harm);
        try
        {
            await IsRefused(postgres, named);
        }
        finally
        {
            await Execute(cure);
        }

        async Task Execute(string sql)
        {
            await Databases.ExecuteAsAdmin(postgres, sql);
            await Databases.ExecuteAsAdmin(postgres, "SELECT pg_reload_conf()");
        }
    }

    /// <summary>One sentence on standard error, nothing else, and an exit code that says so.</summary>
    private static async Task IsRefused(string postgres, string named)
    {
        await using var folder = new OneFolder();
        await using var node = Node(folder, postgres);
        node.Launch();

        Assert.Equal(1, await node.Ended());
        var sentence = Assert.Single(node.Errors.Trim().Split('\n'));
        Assert.StartsWith("Fleet cannot start. ", sentence, StringComparison.Ordinal);
        Assert.Contains(named, sentence, StringComparison.Ordinal);
    }

    private static ServerProcess Node(OneFolder folder, string postgres) =>
        new("node", folder.Path, "--storage=postgres", $"--postgres={postgres}");

    private sealed class OneFolder : IAsyncDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("fleet-torture-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Path, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}

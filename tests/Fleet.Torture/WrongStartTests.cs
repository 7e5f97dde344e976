using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A start that cannot work ends with exit code 1 and one sentence, and never with a stack: the real program, with
/// arguments, folders and addresses that are wrong.
/// </summary>
public sealed class WrongStartTests : IDisposable
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("There is no option --storag; did you mean --storage?", "--storag=postgres")]
    [InlineData("A node does not know 'words'; settings are given as --name=value.", "words")]
    [InlineData("Fleet:Storage must be one of sqlite, postgres, not mysql.", "--storage=mysql")]
    [InlineData("urls must be an address like http://127.0.0.1:8080, not banana.", "--urls=banana")]
    [InlineData("The address http://192.0.2.1:8080 is not one of this machine.", "--urls=http://192.0.2.1:8080")]
    [InlineData("The setting Fleet:Postgres has hst, which no connection string of PostgreSQL has.",
        "--storage=postgres", "--postgres=Hst=db;Password=secret")]
    [InlineData("The setting Fleet:Postgres is not a connection string like Host=db;Database=fleet.",
        "--storage=postgres", "--postgres=db")]
    [InlineData("urls must have at least one address like http://127.0.0.1:8080.", "--urls=")]
    [InlineData("Fleet: The field PingSeconds must be between 1 and 3600.", "--Fleet:PingSeconds=-1")]
    [InlineData("Fleet:PingSeconds must be a whole number, not empty.", "--Fleet:PingSeconds=")]
    [InlineData("Fleet:Keys:1 is the same key as Fleet:Keys:0: give each one once.",
        $"--Fleet:Keys:0:Sha256={Hash}", $"--Fleet:Keys:1:Sha256={Hash}")]
    [InlineData("Fleet:Merchants:1 is the same merchant as Fleet:Merchants:0: give each one once.",
        $"--Fleet:Merchants:1:Code={ServerProcess.Merchant}")]
    public async Task A_wrong_setting_ends_the_start_with_one_sentence(string sentence, params string[] settings)
    {
        await using var node = new ServerProcess("node", _folder, [$"--data={_folder}/data", .. settings]);
        await IsRefused(node, sentence);
    }

    [Fact]
    public async Task An_option_that_is_given_twice_ends_the_start()
    {
        await using var node = new ServerProcess("node", _folder)
        {
            Through = ["sh", "-c", """exec "$@" --urls=http://127.0.0.1:0""", "sh"],
        };
        await IsRefused(node, "--urls is given twice: several addresses are one value, with a semicolon between them.");
    }

    [Fact]
    public async Task A_variable_with_one_underscore_ends_the_start()
    {
        await using var node = new ServerProcess("node", _folder)
        {
            Variables = new Dictionary<string, string> { ["Fleet_Storage"] = "postgres" },
        };
        await IsRefused(node, "The environment variable Fleet_Storage is not a setting; did you mean Fleet__Storage?");
    }

    [Fact]
    public async Task A_folder_that_may_not_be_made_or_written_ends_the_start()
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        string[] bound = // without the right of root to write everywhere
        [
            "sh", "-c",
            """chmod 0555 "$0" && exec setpriv --bounding-set=-dac_override,-dac_read_search "$@" """, data,
        ];
        await using var unmade = new ServerProcess("unmade", _folder, $"--data={data}/new") { Through = bound };
        await using var closed = new ServerProcess("closed", _folder, $"--data={data}") { Through = bound };

        await IsRefused(unmade, $"The data folder {data}/new cannot be made: ");
        await IsRefused(closed, $"The data folder {data} cannot be written to: ");
    }

    [Theory]
    [InlineData("ro,size=1m", "The data folder {0} cannot be written to: ")]
    [InlineData("size=64k", "{0}/")]
    public async Task A_disk_that_is_read_only_or_full_ends_the_start(string mount, string sentence)
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        await using var node = new ServerProcess("node", _folder, $"--data={data}")
        {
            Through =
            [
                "unshare", "--mount", "sh", "-c", $"""mount -t tmpfs -o {mount} tmpfs "$0" && exec "$@" """, data,
            ],
        };
        await IsRefused(node, string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, data));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(300)]
    [InlineData(600)]
    [InlineData(1_000)]
    [InlineData(2_000)]
    public async Task A_node_that_is_told_to_stop_while_it_starts_prints_no_stack(int milliseconds)
    {
        await using var node = new ServerProcess("node", _folder, $"--data={_folder}/data");
        node.Launch();
        if (milliseconds == 0) await UntilItOpensItsDatabase();
        else
        {
            using var wait = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds));
            await wait.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        node.Terminate();

        Assert.Contains(await node.Ended(), new[] { 0, 128 + 15 });
        Assert.True(node.Errors.Trim() is "" or "Fleet was told to stop before it was ready.", node.Errors);
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
    }

    private async Task UntilItOpensItsDatabase()
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!File.Exists(Path.Combine(_folder, "data", "ledger.db")))
            await look.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }

    private static async Task IsRefused(ServerProcess node, string why)
    {
        node.Launch();
        Assert.Equal(1, await node.Ended());
        var sentence = Assert.Single(node.Errors.Trim().Split('\n'));
        Assert.StartsWith($"Fleet cannot start. {why}", sentence, StringComparison.Ordinal);
        Assert.Empty(node.Output.Trim());
    }
}

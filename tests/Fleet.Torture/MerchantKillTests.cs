using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A node is killed while it changes a merchant: the change is there as a whole, or not at all.</summary>
public sealed class MerchantKillTests(Databases databases)
{
    private const string ChainKey = "chain-key", Merchants = "/fleet/v1/merchants", Code = "MKILL001",
        GrpcUrl = "--grpc-url=";

    /// <summary>Merchants and stores that a file makes while nodes are killed.</summary>
    private const int FileMerchants = 60, FileStores = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IReadOnlyList<string> ForChain =>
    [
        "--Fleet:Keys:0:Sha256=" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ChainKey))),
    ];

    /// <summary>The steps of a change: its row in the audit, the change itself, and its commit.</summary>
    /// <param name="table">The table whose row is held up.</param>
    /// <param name="trigger">How: a statement waits, or the commit, which the database then ends by itself.</param>
    /// <param name="isThere">Whether the change is there after the kill.</param>
    [Theory]
    [InlineData("audit", "TRIGGER held BEFORE INSERT", false)]
    [InlineData("merchant", "TRIGGER held BEFORE INSERT OR UPDATE", false)]
    [InlineData("merchant", "CONSTRAINT TRIGGER held AFTER INSERT OR UPDATE", true)]
    public async Task A_change_of_a_killed_node_is_whole_or_not_there(string table, string trigger, bool isThere)
    {
        await using var cluster = await Cluster.Started(databases, count: 2, settings: ForChain);
        var (dies, lives) = (cluster.Nodes[0], cluster.Nodes[1]);
        foreach (var (path, ask, member) in Changes)
        {
            var before = await Body(cluster);
            await Hold(cluster, table, trigger);
            var lost = Post(dies, path, ask);
            await Eventually.Equal(1L, cluster.CountHeldUp);
            await cluster.Kill(dies);
            await Assert.ThrowsAnyAsync<Exception>(() => lost);
            await Databases.Execute(cluster.Postgres, $"DROP TRIGGER held ON {table}"); // waits for the statement
            Assert.Equal(isThere, !Equals(before, await Body(cluster)));

            await Done(lives, path, ask); // asked again, as a caller without an answer does
            await dies.Start();
            var there = await Read(dies);
            Assert.True(there.TryGetProperty(member, out _), $"{path}: {there}");
            Assert.Equal($"{there}", $"{await Read(lives)}");
        }
        cluster.Discard();
    }

    [Fact]
    public async Task A_file_that_is_applied_while_nodes_die_is_whole_after_it_was_applied_again()
    {
        await using var cluster = await Cluster.Started(databases, count: 2, settings: ForChain,
            own: _ => [$"{GrpcUrl}http://127.0.0.1:{Ports.Next()}"]);
        var file = Path.Combine(cluster.Folder, "chain.yaml");
        await File.WriteAllTextAsync(file, WriteFile(), Cancel);
        for (var kill = 0; kill < 3; kill++)
        {
            var node = cluster.Nodes[kill % 2];
            var applying = Apply(node, file);
            await Eventually.Equal(true, async () =>
                await Databases.Ask(cluster.Postgres, "SELECT count(*) FROM merchant") is long made
                    && made >= 15 * (kill + 1));
            await cluster.Kill(node);
            var (code, _, error) = await applying;
            Assert.True(code is not 0 && error.Contains(" changes were made in ", StringComparison.Ordinal), error);
            await node.Start();
        }

        var rest = await Apply(cluster.Nodes[0], file);
        await Eventually.Equal(
            "There is nothing to change.\n", async () => (await Apply(cluster.Nodes[1], file)).Error);

        Assert.True(rest.Code is 0, rest.Error);
        Assert.Equal((long)FileMerchants, await Databases.Ask(cluster.Postgres, "SELECT count(*) FROM merchant"));
        cluster.Discard();
    }

    private static IEnumerable<(string Path, object Ask, string Member)> Changes =>
    [
        (Merchants, new { merchant_code = Code, sandbox = true, name = "Shop" }, "created_at"),
        ($"{Merchants}/{Code}/suspend", new { reason = "audit" }, "suspension"),
        ($"{Merchants}/{Code}/webhook-secrets/rotate", new { }, "webhook_secrets"),
    ];

    private static string WriteFile()
    {
        var text = new StringBuilder("merchants:\n");
        for (var merchant = 0; merchant < FileMerchants; merchant++)
        {
            text.Append($"  - merchant_code: MFILE{merchant:000}\n    sandbox: true\n    name: Shop {merchant}\n");
            text.Append("    stores:\n");
            for (var store = 0; store < FileStores; store++) text.Append($"      - store: s{store}\n");
        }
        return text.ToString();
    }

    /// <summary>Makes one statement, or its commit, wait for 2 seconds on the node that will be killed.</summary>
    private static Task Hold(Cluster cluster, string table, string trigger) =>
        Databases.Execute(cluster.Postgres, $"""
            CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF current_setting('application_name') = 'node1' THEN PERFORM pg_sleep(2); END IF;
                RETURN NEW;
            END $$;
            CREATE {trigger} ON {table} {(trigger.StartsWith('C') ? "DEFERRABLE INITIALLY DEFERRED" : "")}
                FOR EACH ROW EXECUTE FUNCTION hold();
            """);

    private static Task<HttpResponseMessage> Post(ServerProcess node, string path, object ask) =>
        new Till(node.Address, Code, ChainKey).Post(path, ask);

    private static async Task Done(ServerProcess node, string path, object ask)
    {
        using var answer = await Post(node, path, ask);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>What is saved of the merchant; null for none.</summary>
    private static Task<object?> Body(Cluster cluster) => Databases.Ask(cluster.Postgres, "SELECT body FROM merchant");

    /// <summary>The merchant as a node tells it.</summary>
    private static async Task<JsonElement> Read(ServerProcess node)
    {
        using var answer = await new Till(node.Address, Code, ChainKey).Get($"{Merchants}/{Code}");
        return await answer.Json();
    }

    /// <summary>Runs <c>fleet apply</c> against a node.</summary>
    private static async Task<(int Code, string Out, string Error)> Apply(ServerProcess node, string file)
    {
        var url = node.More.Single(one => one.StartsWith(GrpcUrl, StringComparison.Ordinal))[GrpcUrl.Length..];
        var start = new ProcessStartInfo("dotnet", [ServerProcess.Beside, "apply", "-f", file, "--url", url])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["FLEET_KEY"] = ChainKey;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("It did not start.");
        var (output, error) =
            (process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await output, await error);
    }
}

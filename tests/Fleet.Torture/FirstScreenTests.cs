using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>What a node says of itself when it starts, in the sandbox and without it.</summary>
public sealed class FirstScreenTests
{
    [Fact]
    public async Task A_live_node_says_its_version_storage_addresses_and_merchants()
    {
        await using var node = await ServerProcess.Started();
        var shown = await node.Shows("Merchants ");

        foreach (var part in new[]
        {
            "Fleet is ready.", "Version ", $"SQLite in {node.Folder}/data, schema ", $"{node.Address}", "gRPC ",
            $"{node.Operations}", "1 node, this one is 127.0.0.1:", $"1: {ServerProcess.Merchant}",
        }) Assert.Contains(part, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("sup_sk_sandbox", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sandbox_sells_once_puts_its_readers_in_stores_and_tells_each_payment()
    {
        await using var node = await ServerProcess.Started("--sandbox=true");
        var shown = await node.Shows("Ctrl-C ");
        Assert.Contains("First payment  12.50 EUR on Store 1 lane 1: successful", shown, StringComparison.Ordinal);
        Assert.Contains("An amount of 11.00 is declined", shown, StringComparison.Ordinal);
        var reader = shown.Split('\n').First(line => line.Contains("Store 1 lane 1   rdr_", StringComparison.Ordinal))
            .Split(' ')[^1];
        var till = new Till(node.Address, "MC0X0ABC", "sup_sk_sandbox");
        using (var started = await till.Post($"readers/{reader}/checkout",
            new { total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 } }))
            Assert.True(started.IsSuccessStatusCode);
        await node.Shows("15.00 EUR on Store 1 lane 1: successful");

        await node.Kill();
        await node.Start();
        var both = await node.Shows("Ctrl-C ", times: 2);
        Assert.Single(both.Split("First payment")[1..]);
    }

    [Fact]
    public async Task An_address_that_no_browser_opens_is_not_shown_without_saying_so()
    {
        var port = Ports.Next();
        await using var node = await ServerProcess.Started(
            $"--Fleet:AdminUrl=http://127.0.0.1:{port}", "--Fleet:Console=public");
        var shown = await node.Shows("Merchants ");

        const string Words = "; a browser opens it only if AdminUrl begins with https";
        Assert.Contains($"Console        http://127.0.0.1:{port}/console{Words}\n", shown, StringComparison.Ordinal);
        Assert.Contains($"(described at http://127.0.0.1:{port}/docs{Words})", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_other_machines_may_reach_says_so_and_prints_addresses_of_this_machine()
    {
        var (port, more) = (Ports.Next(), Ports.Next());
        await using var node = await ServerProcess.Started("--sandbox=true", $"--operations-url=http://0.0.0.0:{port}",
            $"--Kestrel:Endpoints:X:Url=http://127.0.0.1:{more}");
        var shown = await node.Shows("Sandbox ");

        foreach (var line in new[]
        {
            $"Cloud API      {node.Address} http://127.0.0.1:{more}/   (described at {node.Address}docs)",
            $"Operations     http://127.0.0.1:{port}/   (health and metrics)",
            $"its key is refused: other machines may reach http://0.0.0.0:{port}",
        }) Assert.Contains(line, shown, StringComparison.Ordinal);
        Assert.Matches(@"gRPC           http://127.0.0.1:\d+/   ", shown);
        Assert.DoesNotMatch($"gRPC .*:({port}|{more})/", shown);
    }
}

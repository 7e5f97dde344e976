using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>What a node says of itself when it starts, in the sandbox and without it.</summary>
public sealed class FirstScreenTests
{
    [Fact]
    public async Task A_live_node_says_its_version_storage_addresses_and_merchants()
    {
        await using var node = await ServerProcess.Started();
        var shown = await Shown(node, "Merchants ");

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
        var shown = await Shown(node, "Ctrl-C ");
        Assert.Contains("First payment  12.50 EUR on Store 1 lane 1: successful", shown, StringComparison.Ordinal);
        Assert.Contains("An amount of 11.00 is declined", shown, StringComparison.Ordinal);
        var reader = shown.Split('\n').First(line => line.Contains("Store 1 lane 1   rdr_", StringComparison.Ordinal))
            .Split(' ')[^1];
        var till = new Till(node.Address, "MC0X0ABC", "sup_sk_sandbox");
        using (var started = await till.Post($"readers/{reader}/checkout",
            new { total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 } }))
            Assert.True(started.IsSuccessStatusCode);
        await Shown(node, "15.00 EUR on Store 1 lane 1: successful");

        await node.Kill();
        await node.Start();
        var both = await Shown(node, "Ctrl-C ", times: 2);
        Assert.Single(both.Split("First payment")[1..]);
    }

    private static async Task<string> Shown(ServerProcess node, string text, int times = 1)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (node.Output.Split(text).Length <= times) await look.WaitForNextTickAsync(patience.Token);
        return node.Output;
    }
}

using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>What a storm leaves behind: logs, traces, measurements, and every table of the database.</summary>
[Collection(CloudStorm.Name)]
public sealed class CloudSecretsTests(CloudStorm storm)
{
    private const int MostShown = 5;

    private static readonly Dictionary<string, string> Keys = new()
    {
        ["the API key"] = StandInCloud.Key, ["the affiliate key"] = StandInCloud.AffiliateKey,
        ["the till's key"] = ServerProcess.Key,
    };

    [Fact]
    public void No_key_no_address_of_a_callback_and_no_card_is_in_any_of_it()
    {
        var tokens = storm.Cloud.Calls.Select(call => call.ReturnUrl).OfType<string>()
            .Select(url => new Uri(url).Segments[^1]).ToArray();
        Assert.NotEmpty(tokens);
        Assert.All(new[] { "traces", "metrics", "logs", "the log of node1", "the metrics of node2" },
            what => Assert.NotEmpty(storm.Said.Single(one => one.What == what).Text));
        foreach (var column in new[] { "\"checkout\".body", "\"ledger\".kind", "\"cloud_exchange\".path" })
            Assert.NotEmpty(storm.Said.Single(one => one.What == $"\"public\".{column}").Text);

        var secrets = new Secrets(Keys, tokens);
        var found = storm.Said.SelectMany(one => secrets.FindIn(one.What, one.Text)).ToArray();
        Assert.True(found.Length == 0, string.Join('\n', found.Take(MostShown)));
    }
}

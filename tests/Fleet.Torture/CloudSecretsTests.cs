using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>What a storm leaves behind: logs, traces, measurements, and every table of the database.</summary>
[Collection(CloudStorm.Name)]
public sealed class CloudSecretsTests(CloudStorm storm)
{
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
        Assert.Contains(storm.Said, one => one.What.EndsWith("checkout.body", StringComparison.Ordinal)
            || one.What.Contains("\"checkout\"", StringComparison.Ordinal));

        var secrets = new Secrets(Keys, tokens);
        Assert.Empty(storm.Said.SelectMany(one => secrets.FindIn(one.What, one.Text)));
    }
}

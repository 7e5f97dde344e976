using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>One sale is started at two nodes in the same moment, by tills that give no keys.</summary>
public sealed class OneSaleTests(Databases databases)
{
    private const int Lanes = 8;

    private const string Accepted = "SELECT count(*) FROM ledger WHERE kind = 'accepted'";

    private const string Charged = "SELECT count(*) FROM ledger WHERE kind = 'succeeded'";

    private const string Sales = "SELECT count(DISTINCT reference) FROM checkout WHERE state = 'successful'";

    [Fact]
    public async Task A_sale_that_two_nodes_start_at_once_is_charged_once()
    {
        await using var cluster = await Cluster.Started(databases);
        var races = Size.Now.SaleRaces / Lanes;
        var same = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Race(cluster, lane, races)));

        Console.WriteLine(
            $"one sale: {races * Lanes} races, one 201 each; {same.Sum()} times both tills got the same one");
        foreach (var count in new[] { Accepted, Charged, Sales })
            Assert.Equal((long)races * Lanes, await Databases.Ask(cluster.Postgres, count));
        cluster.Discard();
    }

    /// <summary>Races, half for one reader and half for two; returns how often both tills got the same 201.</summary>
    private static async Task<int> Race(Cluster cluster, int lane, int races)
    {
        var (near, far) = (cluster.Nodes[lane % 3], cluster.Nodes[(lane + 1) % 3]);
        await using var one = await near.Paired($"LANE-{lane}-1");
        await using var two = await far.Paired($"LANE-{lane}-2");
        var same = 0;
        for (var race = 0; race < races; race++)
        {
            var other = race % 2 == 0 ? two : one;
            var sale = Sale($"{lane}-{race}");
            var first = near.Till.Post($"readers/{one.ReaderId}/checkout", sale);
            var second = far.Till.Post($"readers/{other.ReaderId}/checkout", sale);
            var answers = await Task.WhenAll(first, second);
            var taken = new HashSet<Guid>();
            foreach (var answer in answers)
            {
                if ((int)answer.StatusCode == 201)
                    taken.Add((await answer.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid());
                else Assert.Equal("422 DUPLICATE_TRANSACTION", await answer.Refusal());
            }
            Assert.Single(taken);
            same += answers.All(answer => (int)answer.StatusCode == 201) ? 1 : 0;
            var reader = (int)answers[0].StatusCode == 201 ? one : other;
            await reader.Pay();
            foreach (var answer in answers) answer.Dispose();
        }
        return same;
    }

    private static object Sale(string id) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = id },
    };
}

using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// One sale is started at two nodes in the same moment, by tills that give no keys, or while a late charge holds it.
/// </summary>
public sealed class OneSaleTests(Databases databases)
{
    private const int Lanes = 8;

    private const string Accepted = "SELECT count(*) FROM ledger WHERE kind = 'accepted'";

    private const string Charged = "SELECT count(*) FROM ledger WHERE kind = 'succeeded'";

    private const string Sales = "SELECT count(DISTINCT reference) FROM checkout WHERE state = 'successful'";

    private const string Disputed = "SELECT count(*) FROM ledger WHERE kind = 'disputed'";

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

    /// <summary>
    /// A charge that is reported after its checkout failed comes to one node, while another one starts the sale again,
    /// or ends the checkout that has it: afterwards no one can start it.
    /// </summary>
    [Fact]
    public async Task A_sale_is_held_by_a_late_charge_whatever_another_node_does_with_it_at_once()
    {
        await using var cluster = await Cluster.Started(databases);
        var races = Size.Now.SaleRaces / Lanes / 2;
        var begun = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => RaceClaims(cluster, lane, races)));

        Console.WriteLine(
            $"late charges: {races * Lanes} races, each sale held; {begun.Sum()} times it was started again before");
        Assert.Equal((long)races * Lanes, await Databases.Ask(cluster.Postgres, Disputed));
        cluster.Discard();
    }

    private static async Task<int> RaceClaims(Cluster cluster, int lane, int races)
    {
        var (near, far) = (cluster.Nodes[lane % 3], cluster.Nodes[(lane + 1) % 3]);
        await using var one = await near.Paired($"LANE-{lane}-1");
        await using var two = await far.Paired($"LANE-{lane}-2");
        var begun = 0;
        for (var race = 0; race < races; race++)
        {
            var sale = Sale($"{lane}-{race}");
            var first = await Fail(one, await Begin(near, one, sale));
            if (race % 2 == 0)
            {
                var claim = one.Approve(first);
                var second = await Begin(far, two, sale);
                await claim;
                if (second is not null) await Fail(two, second);
                begun += second is null ? 0 : 1;
            }
            else
            {
                var second = await Begin(far, two, sale);
                await Task.WhenAll(one.Approve(first), Fail(two, second));
                begun++;
            }
            Assert.Null(await Begin(far, two, sale));
        }
        return begun;
    }

    /// <summary>Starts a sale, and its device starts; null when the sale is refused.</summary>
    private static async Task<Guid?> Begin(ServerProcess node, TestDevice device, object sale)
    {
        using var answer = await node.Till.Post($"readers/{device.ReaderId}/checkout", sale);
        if ((int)answer.StatusCode != 201)
        {
            Assert.Equal("422 DUPLICATE_TRANSACTION", await answer.Refusal());
            return null;
        }
        var id = (await answer.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid();
        Assert.True(await device.AskStart(id));
        return id;
    }

    private static async Task<Guid> Fail(TestDevice device, Guid? checkout)
    {
        var id = Assert.NotNull(checkout);
        await device.Report(new Result(device.Epoch, id, Outcomes.Failed, Reasons.Declined));
        return id;
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

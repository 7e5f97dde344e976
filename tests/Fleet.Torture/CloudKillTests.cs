using System.Net;
using System.Text.Json;
using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// SumUp's cloud has taken payments and has not answered yet; a node is killed. The other one finds out what became of
/// them.
/// </summary>
public sealed class CloudKillTests(Databases databases)
{
    private const int Readers = 8;

    private const string Homes = """
        SELECT count(DISTINCT node)
        FROM (SELECT DISTINCT ON (reader_id) node FROM ledger ORDER BY reader_id, ver DESC) latest
        """;

    /// <param name="sender">
    /// Whether the node is killed whose connections wait for the answers, or the other one.
    /// </param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_payment_whose_node_dies_before_the_answer_is_found_by_the_other_one(bool sender)
    {
        await using var world = await Connector.Started(databases, Readers, called: false);
        var (proxy, nodes) = (world.Proxy, world.Cluster.Nodes);
        var before = await WakeReaders(world);
        proxy.Plan.Next(CloudOperation.Create, [.. Enumerable.Repeat(CloudFault.SilentAfter, Readers)]);
        var lost = world.Readers.Select((reader, number) => Start(nodes[number % 2], reader, "lost")).ToArray();
        await Eventually.Equal(before + Readers, () => Task.FromResult(proxy.Journal.Accepted.Count));
        var sent = proxy.Journal.Accepted.Skip(before).ToArray();
        var from = Assert.Single(sent.Select(world.NodeOf).Distinct()); // one node calls with the merchant's key
        var dead = nodes.Single(node => node == from == sender);
        var alive = nodes.Single(node => node != dead);

        await world.Cluster.Kill(dead);

        var found = await Task.WhenAll(world.Readers.Select(reader => Settles(alive, reader, "lost")));
        Assert.Equal(sent.Select(call => call.ForeignId).Order(), found.Select(id => $"fleet-{id:N}").Order());
        await Task.WhenAll(lost).ContinueWith(_ => { }, TaskScheduler.Default); // whatever they were told
        await dead.Start();
        foreach (var (number, reader) in world.Readers.Index())
            Assert.Equal(found[number], await Settles(dead, reader, "lost"));
        Assert.Equal(before + Readers, proxy.Journal.Calls.Count(call => call.Operation is CloudOperation.Create));
        Assert.Equal(before + Readers, (await world.Cloud.ReadTruth()).Count(sale => sale.IsCharged));
        world.Cluster.Discard();
    }

    /// <summary>
    /// Takes a payment on each reader, so that all of them are awake. On which node a reader lives is Orleans' choice,
    /// so it is printed and not demanded; the tills of half of the readers call the node that dies in any case.
    /// Returns how many payments that were.
    /// </summary>
    private static async Task<int> WakeReaders(Connector world)
    {
        var nodes = world.Cluster.Nodes;
        await Task.WhenAll(world.Readers.Select((reader, number) => Settles(nodes[number % 2], reader, "first")));
        Console.WriteLine($"cloud kill: readers live on {await Databases.Ask(world.Cluster.Postgres, Homes)} nodes");
        return world.Proxy.Journal.Accepted.Count;
    }

    /// <summary>Repeats a sale with its key until its checkout is known, which it returns once that is paid.</summary>
    private static async Task<Guid> Settles(ServerProcess node, string reader, string sale)
    {
        var ids = new HashSet<Guid>();
        await Eventually.Equal(true, async () =>
        {
            using var told = await Start(node, reader, sale);
            if (await Named(told) is { } id) ids.Add(id);
            return told.StatusCode is HttpStatusCode.Created;
        });
        var checkout = Assert.Single(ids);
        await Eventually.Equal("successful", () => node.Till.Outcome(reader, checkout));
        return checkout;
    }

    private static Task<HttpResponseMessage> Start(ServerProcess node, string reader, string sale) =>
        node.Till.Post($"readers/{reader}/checkout", new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            affiliate = new { app_id = "app", key = "key", foreign_transaction_id = $"{sale}-{reader}" },
        }, ("Idempotency-Key", $"{sale}-{reader}"));

    /// <summary>The checkout that an answer names, also one that says that it is not known what became of it.</summary>
    private static async Task<Guid?> Named(HttpResponseMessage told)
    {
        var body = await told.Json();
        var about = body.TryGetProperty("data", out var data) || body.TryGetProperty("errors", out data) ? data : body;
        return about.ValueKind is JsonValueKind.Object && about.TryGetProperty("checkout_id", out var id)
            ? id.GetGuid() : null;
    }
}

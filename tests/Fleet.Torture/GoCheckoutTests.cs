using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A node is killed while a till waits for the outcome of a payment, and the till asks another node.</summary>
public sealed class GoCheckoutTests(Databases databases)
{
    private const int Rounds = 3;

    private const string Accepted = "SELECT count(*) FROM ledger WHERE kind = 'accepted'";

    private const string Charged = "SELECT count(*) FROM ledger WHERE kind = 'succeeded'";

    [Fact]
    public async Task A_payment_whose_node_was_killed_is_found_by_its_repeat()
    {
        await using var cluster = await Cluster.Started(databases);
        await using var device = await cluster.Nodes[1].Paired();
        for (var round = 0; round < Rounds; round++)
        {
            var (asked, other) = (cluster.Nodes[0], cluster.Nodes[1]);
            var order = new
            {
                total_amount = new { currency = "EUR", value = 1500 }, client_transaction_id = $"sale-{round}",
            };
            var path = $"/v0/merchants/{ServerProcess.Merchant}/readers/{device.ReaderId}/go-checkout";
            var lost = asked.Till.Post(path, order);
            var shown = (await device.Expect<ShowCheckout>()).Checkout;
            await cluster.Kill(asked);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => lost);
            var repeat = other.Till.Post(path, order);
            Assert.True(await device.AskStart(shown.CheckoutId));
            await device.Approve(shown.CheckoutId);

            using var paid = await repeat;
            Assert.Equal(200, (int)paid.StatusCode);
            await asked.Start();
        }

        Console.WriteLine($"go-checkout: {Rounds} payments whose node was killed, each answered by its repeat");
        foreach (var count in new[] { Accepted, Charged })
            Assert.Equal((long)Rounds, await Databases.Ask(cluster.Postgres, count));
        cluster.Discard();
    }
}

using System.Text.Json;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A node dies after it saved a sale and before it answered; the till uses no keys and asks another node.
/// </summary>
public sealed class LostAnswerTests(Databases databases)
{
    /// <summary>A sale is on its way to the database long enough for its node to freeze behind it.</summary>
    private const string Slow = """
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.kind = 'accepted' THEN PERFORM pg_sleep(1); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER slow BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION slow();
        """;

    private const string Paid = "SELECT count(*) FROM ledger WHERE kind = 'succeeded' AND checkout_id IN "
        + "(SELECT checkout_id FROM checkout WHERE reference IS NOT NULL)";

    private static readonly object Sale = new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = "order-77" },
    };

    [Fact]
    public async Task A_sale_whose_answer_was_lost_is_the_same_checkout_at_another_node_and_is_charged_once()
    {
        await using var cluster = await Cluster.Started(databases);
        await using var device = await cluster.Nodes[0].Paired();
        var path = $"readers/{device.ReaderId}/checkout";
        await cluster.Nodes[0].Till.Charge(device.ReaderId);
        await device.Pay();
        var first = await cluster.FindHome();
        await Databases.Execute(cluster.Postgres, Slow);
        var lost = first.Till.Post(path, Sale);
        await Eventually.Equal(1L, cluster.CountHeldUp);
        await cluster.Freeze(first);
        await Eventually.Equal(1L, () => Ask(cluster, "SELECT count(*) FROM checkout WHERE reference IS NOT NULL"));
        await cluster.Kill(first);
        await Assert.ThrowsAsync<HttpRequestException>(() => lost);
        await Databases.Execute(cluster.Postgres, "DROP TRIGGER slow ON ledger");

        var other = cluster.Nodes.First(node => node != first);
        var id = await other.Till.Charge(device.ReaderId, Sale);
        Assert.Equal(id, await Ask(cluster, "SELECT checkout_id FROM checkout WHERE reference IS NOT NULL"));
        await using var again = await device.ConnectAgain(other.LinkAddress);
        Assert.Equal(id, (await again.Resume()).Checkout?.CheckoutId);
        Assert.True(await again.AskStart(id));
        await again.Approve(id);
        await first.Start();
        var second = await cluster.FindHome();
        await cluster.Kill(second);

        var last = cluster.Nodes.First(node => node != second);
        using var repeated = await last.Till.Post(path, Sale);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await repeated.Refusal());
        var errors = (await repeated.Json()).GetProperty("errors");
        Assert.Equal($"{id} successful", $"{Text(errors, "checkout_id")} {Text(errors, "checkout_state")}");
        Assert.Equal(1L, await Ask(cluster, Paid));
        cluster.Discard();
    }

    private static Task<object?> Ask(Cluster cluster, string sql) => Databases.Ask(cluster.Postgres, sql);

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();
}

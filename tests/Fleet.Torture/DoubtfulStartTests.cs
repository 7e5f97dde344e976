using System.Net;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A node dies while its checkout is on the way to the database, and the reader is offline at the node that replaces
/// it. The checkout may still be saved, so a refusal would be untrue.
/// </summary>
public sealed class DoubtfulStartTests(Databases databases)
{
    /// <summary>A checkout is on its way until long after its node was replaced.</summary>
    private const string VerySlow = """
        CREATE FUNCTION very_slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.kind = 'accepted' THEN PERFORM pg_sleep(20); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER very_slow BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION very_slow();
        """;

    private static readonly object Sale = new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = "order-78" },
    };

    [Fact]
    public async Task A_start_that_may_still_be_saved_is_not_refused()
    {
        await using var cluster = await Cluster.Started(databases);
        await using var device = await cluster.Nodes[0].Paired();
        await cluster.Nodes[0].Till.Charge(device.ReaderId);
        await device.Pay();
        var home = await cluster.FindHome();
        var other = cluster.Nodes.First(node => node != home);
        await Databases.Execute(cluster.Postgres, VerySlow);
        var asked = other.Till.Post($"readers/{device.ReaderId}/checkout", Sale);
        await Eventually.Equal(1L, cluster.CountHeldUp);
        await device.DisposeAsync();
        await cluster.Kill(home);

        using var answer = await asked;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1L), (answer.StatusCode, await cluster.CountHeldUp()));
        await Eventually.Equal(1L, () => Ask(cluster, "SELECT count(*) FROM checkout WHERE reference IS NOT NULL"));
        var saved = await Ask(cluster, "SELECT checkout_id FROM checkout WHERE reference IS NOT NULL");
        Assert.Equal(saved, await other.Till.Charge(device.ReaderId, Sale));
        cluster.Discard();
    }

    private static Task<object?> Ask(Cluster cluster, string sql) => Databases.Ask(cluster.Postgres, sql);
}

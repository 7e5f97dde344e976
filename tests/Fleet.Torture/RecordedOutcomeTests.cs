using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A node dies after it recorded an outcome, and before it could answer.</summary>
public sealed class RecordedOutcomeTests(Databases databases)
{
    /// <summary>The outcome is on its way long enough for a node to freeze behind it.</summary>
    private const string Slow = """
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.kind = 'succeeded' THEN PERFORM pg_sleep(1); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER slow BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION slow();
        """;

    private const string Underway =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

    [Fact]
    public async Task An_outcome_recorded_by_a_node_that_dies_before_it_answers_is_recorded_once()
    {
        await using var cluster = await Cluster.Started(databases);
        await using var device = await cluster.Nodes[0].Paired();
        var id = await cluster.Nodes[0].Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            return_url = "https://till.example/hook",
        });
        Assert.True(await device.AskStart(id));
        await device.HangUp();
        await cluster.Nodes[0].Till.Becomes(device.ReaderId, "OFFLINE");
        var home = await Ask(cluster, "SELECT node FROM ledger ORDER BY ver DESC LIMIT 1") as string;
        var node = cluster.Nodes.Single(one => one.LedgerName == home);
        var other = cluster.Nodes.First(one => one != node);
        await Databases.Execute(cluster.Postgres, Slow);

        var lost = Record(node, id);
        await Eventually.Equal(1L, () => Ask(cluster, Underway));
        await cluster.Freeze(node);
        await Eventually.Equal("successful", () => Ask(cluster, "SELECT state FROM checkout"));
        await cluster.Kill(node);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => lost);
        using var repeated = await Record(other, id);

        Assert.Equal(200, (int)repeated.StatusCode);
        Assert.Equal("1 1 1", await Ask(cluster, """
            SELECT concat_ws(' ', (SELECT count(*) FROM ledger WHERE kind = 'succeeded'),
                (SELECT count(*) FROM audit WHERE action = 'outcome.record'), (SELECT count(*) FROM outbox))
            """));
        await using var again = await device.ConnectAgain(other.LinkAddress);
        Assert.Null((await again.Resume()).Checkout);
        await again.Approve(id); // the device reports the same
        // the device reports something else
        await again.Report(new Result(again.Epoch, id, Outcomes.Failed, Reasons.Declined));
        Assert.Equal("accepted started succeeded disputed",
            await Ask(cluster, "SELECT string_agg(kind, ' ' ORDER BY ver) FROM ledger"));
        Assert.Equal("successful", await other.Till.Outcome(device.ReaderId, id));
        cluster.Discard();
    }

    private static Task<HttpResponseMessage> Record(ServerProcess node, Guid id) => node.Till.Post(
        $"/fleet/v1/checkouts/{id}/outcome",
        new { outcome = "SUCCESSFUL", reason = "The acquirer has it", reference = "7" });

    private static Task<object?> Ask(Cluster cluster, string sql) => Databases.Ask(cluster.Postgres, sql);
}

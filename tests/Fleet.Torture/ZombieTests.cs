using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A node that was declared dead runs again and behaves as if no time had passed.</summary>
[Collection(Alone.Name)]
public sealed class ZombieTests(Databases databases)
{
    private const int Readers = 60, TillsAtWork = 16;

    private static readonly TimeSpan Asleep = TimeSpan.FromSeconds(25), BeforeSleep = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(4), FallsAsleep = TimeSpan.FromSeconds(0.3);

    /// <summary>
    /// The last statements of the node arrive when its readers were taken over long ago, and the node is still frozen.
    /// </summary>
    private static readonly TimeSpan Underway = TimeSpan.FromSeconds(24);

    private static readonly TimeSpan SoonEnough = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What the database is told for this test. A node has one group of appends on its way: its first one is held up
    /// for a moment, so that the next is large. That one is on its way until a certain time, as in a network that is
    /// stuck, and appends that come too late are counted. In sequences, because they keep counting when a statement is
    /// taken back.
    /// </summary>
    private const string DelayAndCount = """
        CREATE SEQUENCE groups;
        CREATE SEQUENCE stale_appends;
        CREATE FUNCTION delay_and_count() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.node <> '{node}' THEN RETURN NEW; END IF;
            IF coalesce(current_setting('zombie.group', true), '') = '' THEN
                PERFORM set_config('zombie.group', nextval('groups')::text, true);
                IF current_setting('zombie.group') = '1' THEN PERFORM pg_sleep(1); END IF;
            END IF;
            IF current_setting('zombie.group') = '1' THEN RETURN NEW; END IF;
            PERFORM pg_sleep(extract(epoch FROM timestamptz '{until}' - clock_timestamp()));
            IF EXISTS (SELECT FROM ledger WHERE reader_id = NEW.reader_id AND ver = NEW.ver) THEN
                PERFORM nextval('stale_appends');
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER delay_and_count BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION delay_and_count();
        """;

    [Fact]
    public async Task A_node_that_wakes_up_after_its_death_takes_nothing_twice()
    {
        await using var receiver = await Receiver.Started(new Moods().Answer);
        var nodes = await Cluster.Started(
            databases, settings: receiver.Settings(Moods.TimeoutSeconds, Moods.RetrySeconds));
        await using var trial = await Trial.Opened(nodes, Readers, receiver: receiver);
        var cluster = trial.Cluster;
        using var day = new CancellationTokenSource();
        var work = trial.Tills.Work(TillsAtWork, day.Token);
        await Trial.Pass(BeforeSleep);
        var zombie = await Busiest(cluster);
        await Databases.Execute(cluster.Postgres, DelayAndCount
            .Replace("{node}", zombie.LedgerName, StringComparison.Ordinal)
            .Replace("{until}", $"{TimeProvider.System.GetUtcNow() + Underway:O}", StringComparison.Ordinal));
        await Sent(cluster, 1);
        var interrupted = AskAll(trial, zombie, "interrupted");
        await Sent(cluster, 2);
        await cluster.Freeze(zombie);
        await Trial.Pass(Asleep);
        var waiting = AskAll(trial, zombie, "waiting");
        await Trial.Pass(FallsAsleep);
        var woke = TimeProvider.System.GetUtcNow();
        zombie.Thaw();
        var answers = await waiting;
        await interrupted;
        await Trial.Pass(Settles);
        await day.CancelAsync();
        await work;

        var history = await trial.Judge(new()
        {
            Accepted = Readers * 2, Charges = Readers * 2, Readers = Readers, Repeats = 10,
            Events = Readers * 2, Retold = Readers / 10, Retries = Moods.RetrySeconds.Count,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeFrozen] = 1 },
        });
        var stale = await Databases.Ask(cluster.Postgres, "SELECT last_value FROM stale_appends WHERE is_called") ?? 0L;
        var written = history.Ledger.Count(entry => entry.Node == zombie.LedgerName && entry.At >= woke);
        Console.WriteLine($"zombie: {stale} stale entries refused, {written} entries written after it woke up, "
            + $"{answers.Length} requests that waited answered "
            + string.Join(", ", answers.CountBy(call => $"{call.Status} {call.Refusal}".Trim())
                .Select(one => $"{one.Value} times '{one.Key}'"))
            + $"; {(zombie.IsRunning ? "it still runs" : "it ended by itself")}");
        Assert.True(stale is > 0L, "The zombie tried nothing that had to be refused.");
        cluster.Discard();
    }

    /// <summary>
    /// The node with the most readers at work: where they live is up to the cluster, and may be one of three.
    /// </summary>
    private static async Task<ServerProcess> Busiest(Cluster cluster)
    {
        var name = await Databases.Ask(
            cluster.Postgres, "SELECT node FROM ledger GROUP BY node ORDER BY count(*) DESC LIMIT 1") as string;
        return cluster.Nodes.Single(node => node.LedgerName == name);
    }

    /// <summary>Waits until the node has sent so many groups.</summary>
    private static Task Sent(Cluster cluster, long groups) => Shop.Until(
        async () => await Databases.Ask(cluster.Postgres, "SELECT last_value FROM groups WHERE is_called") is long sent
            && sent >= groups,
        SoonEnough, () => $"the node has not sent {groups} groups");

    /// <summary>One request for every reader, straight to the node.</summary>
    private static Task<Call[]> AskAll(Trial trial, ServerProcess zombie, string name) =>
        Task.WhenAll(trial.Shop.Readers.Select(
        (reader, i) => trial.Caller.Start(zombie.Address, new($"{name}-{i}", reader, null, "EUR", 500 + i))));
}

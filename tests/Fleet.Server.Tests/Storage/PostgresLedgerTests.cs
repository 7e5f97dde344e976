using Fleet.Server.Checkouts;
using Fleet.Server.Storage;
using Fleet.Server.Storage.Postgres;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Fleet.Server.Tests;

[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class PostgresLedgerTests : LedgerTests
{
    private readonly string _database = $"ledger-{Guid.NewGuid():N}";
    private readonly List<NpgsqlDataSource> _sources = [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var source in _sources) await source.DisposeAsync();
        await TestPostgres.Drop(_database);
        await TestPostgres.Drop($"{_database}-older");
    }

    [Theory]
    [InlineData("INSERT INTO fleet_schema (version) VALUES (99)", "has schema 99")]
    [InlineData("DROP INDEX one_open", "one_open is missing or invalid")]
    [InlineData("DROP INDEX one_open; CREATE INDEX one_open ON checkout (reader_id)", "one_open is missing or invalid")]
    [InlineData("DROP INDEX one_payment", "one_payment is missing or invalid")]
    [InlineData("ALTER DATABASE \"{0}\" SET synchronous_commit = off", "synchronous_commit = off")]
    public async Task A_database_that_could_lose_or_double_a_payment_is_refused_with_a_sentence(
        string damage, string named)
    {
        var database = await TestPostgres.Database(_database);
        await TestPostgres.Run(database, string.Format(null, damage, _database));
        await using var source = PostgresSource.OpenPool(database + ";Pooling=false");

        var refusal = Assert.Throws<InvalidOperationException>(() => PostgresSchema.ApplyScripts(source));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_a_sentence()
    {
        await using var source = PostgresSource.OpenPool("Host=127.0.0.1;Port=1;Username=fleet;Database=fleet");
        var refusal = Assert.Throws<InvalidOperationException>(() => PostgresSchema.ApplyScripts(source));
        Assert.StartsWith("PostgreSQL cannot be used: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_nodes_that_start_at_once_each_script_is_applied_by_one()
    {
        var database = await TestPostgres.Database($"{_database}-new");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(async () =>
        {
            await using var source = PostgresSource.OpenPool(database);
            PostgresSchema.ApplyScripts(source);
        })));

        await using (var source = PostgresSource.OpenPool(database + ";Pooling=false"))
        {
            var applied = await source.CreateCommand("SELECT array_agg(version ORDER BY version) FROM fleet_schema")
                .ExecuteScalarAsync(TestContext.Current.CancellationToken);
            Assert.Equal(Enumerable.Range(1, SchemaScripts.ListScripts("fleet").Count), Assert.IsType<int[]>(applied));
        }
        await TestPostgres.Drop($"{_database}-new");
    }

    /// <summary>In the middle another node starts the sale again, or ends the checkout that has it.</summary>
    [Theory]
    [InlineData(false, """
        INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body, reference, single_payment)
        SELECT gen_random_uuid(), 'rdr_b', 'accepted', valid_until, body, reference, true FROM checkout
        """)]
    [InlineData(true, "UPDATE checkout SET state = 'failed' WHERE reader_id = 'rdr_b'")]
    public async Task A_late_charge_is_stored_and_its_sale_held_whatever_another_node_commits_in_the_middle(
        bool isOpenAgain, string other)
    {
        var ledger = await OpenLedger("node-2");
        var ended = Coffee("rdr_a");
        await Sell(ledger, 0, Accepted(ended));
        await Sell(ledger, 1, Declined(ended));
        if (isOpenAgain) await Sell(ledger, 0, Accepted(Coffee("rdr_b")));
        await using var rival = await _sources[0].OpenConnectionAsync(Cancel);
        await using var middle = await rival.BeginTransactionAsync(Cancel);
        await using var change = new NpgsqlCommand(other, rival);
        await change.ExecuteNonQueryAsync(Cancel);
        var claim = ledger.AppendEvents(new("rdr_a", 2, [Charged(ended)]));
        await using var waiting = _sources[0].CreateCommand("""
            SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
            """);
        await Eventually.Equal<object?>(1L, () => waiting.ExecuteScalarAsync(Cancel));
        await middle.CommitAsync(Cancel);

        Assert.Equal(AppendOutcome.Appended, await claim);
        Assert.Equal(AppendOutcome.SaleTaken, await Sell(ledger, 0, Accepted(Coffee("rdr_c"))));
    }

    /// <summary>As when PostgreSQL was started again at night.</summary>
    [Fact]
    public async Task A_connection_that_was_lost_while_nothing_was_written_costs_no_payment()
    {
        var database = await TestPostgres.Database(_database);
        var source = PostgresSource.OpenPool(database);
        _sources.Add(source);
        PostgresSchema.ApplyScripts(source);
        var clock = new FakeTimeProvider();
        await using var ledger = new PostgresLedger(source, "node-1", time: clock);
        await ledger.AppendEvents(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))]));
        await TestPostgres.Run($"{database};Pooling=false", """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """);
        clock.Advance(KeptConnection.BelievedFor);

        Assert.Equal(AppendOutcome.Appended, await ledger.AppendEvents(new("rdr_b", 0, [Accepted(Coffee("rdr_b"))])));
    }

    [Fact]
    public async Task What_finds_no_connection_was_not_sent()
    {
        await using var source = PostgresSource.OpenPool("Host=127.0.0.1;Port=1;Username=fleet;Database=fleet");
        await using var ledger = new PostgresLedger(source, "node-1");
        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(
            () => ledger.AppendEvents(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))])));

        Assert.True(failure.NothingSent);
    }

    private protected override IOutbox Outbox => new PostgresOutbox(_sources[0]);

    private protected override IDeliveries Deliveries => new PostgresDeliveries(_sources[0]);

    private protected override async Task<ILedger> OpenOlder(string rows)
    {
        const int Before = 8;
        var database = await TestPostgres.Database($"{_database}-older");
        string[] version =
            ["CREATE TABLE fleet_schema (version integer NOT NULL)", $"INSERT INTO fleet_schema VALUES ({Before})"];
        foreach (var script in SchemaScripts.ListScripts("fleet").Take(Before).Concat(version)
            .Append(rows.Replace("@time", "now()", StringComparison.Ordinal)))
            await TestPostgres.Run(database, script);
        var source = PostgresSource.OpenPool(database);
        _sources.Add(source);
        PostgresSchema.ApplyScripts(source);
        return new PostgresLedger(source, "node-1");
    }

    private protected override async Task<ILedger> Open(string node)
    {
        var source = PostgresSource.OpenPool(await TestPostgres.Database(_database));
        _sources.Add(source);
        PostgresSchema.ApplyScripts(source);
        return new PostgresLedger(source, node);
    }
}

using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Storage;
using Fleet.Server.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Tests;

/// <summary>What every ledger promises, whatever database is behind it.</summary>
public sealed class LedgerTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-ledger-").FullName;
    private readonly SqliteLedger _ledger;

    public LedgerTests() => _ledger = new(File, "node-1");

    private string File => Path.Combine(_folder, "ledger.db");

    public async ValueTask DisposeAsync()
    {
        await _ledger.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_was_appended_is_loaded_again_as_it_was()
    {
        var checkout = Coffee("rdr_a");
        await Append("rdr_a", 0, Accepted(checkout));

        var head = await _ledger.Load("rdr_a", Cancel);

        Assert.Equal(1, head.Version);
        Assert.Equivalent(checkout, head.Latest, strict: true);
        Assert.Equivalent(checkout, await _ledger.Find("rdr_a", checkout.Id, Cancel), strict: true);
        Assert.Null(await _ledger.Find("rdr_b", checkout.Id, Cancel));
    }

    [Fact]
    public async Task A_reader_nobody_wrote_about_has_version_zero()
    {
        Assert.Equal(new LedgerHead(0, null), await _ledger.Load("rdr_new", Cancel));
    }

    [Fact]
    public async Task An_append_on_an_older_version_is_refused_and_stores_nothing()
    {
        await Append("rdr_a", 0, Accepted(Coffee("rdr_a")));
        var late = Coffee("rdr_a");

        Assert.Equal(AppendOutcome.Stale, await Append("rdr_a", 0, Accepted(late)));
        Assert.Null(await _ledger.Find("rdr_a", late.Id, Cancel));
    }

    [Fact]
    public async Task A_second_open_checkout_is_refused_even_on_the_right_version()
    {
        await Append("rdr_a", 0, Accepted(Coffee("rdr_a")));
        var second = Coffee("rdr_a");

        Assert.Equal(AppendOutcome.Stale, await Append("rdr_a", 1, Accepted(second)));
        Assert.Null(await _ledger.Find("rdr_a", second.Id, Cancel));
        Assert.Equal(1, (await _ledger.Load("rdr_a", Cancel)).Version);
    }

    [Fact]
    public async Task A_final_state_never_changes()
    {
        var checkout = Coffee("rdr_a");
        var paid = checkout with { State = CheckoutState.Successful };
        await Append("rdr_a", 0, Accepted(checkout));
        await Append("rdr_a", 1, new ReaderEvent(EventKind.Succeeded, paid));

        var outcome = await Append("rdr_a", 2, new ReaderEvent(EventKind.Failed, paid with { State = CheckoutState.Failed }));

        Assert.Equal(AppendOutcome.Stale, outcome);
        Assert.Equal(CheckoutState.Successful, (await _ledger.Load("rdr_a", Cancel)).Latest?.State);
    }

    [Fact]
    public async Task An_item_that_is_refused_takes_none_of_its_group_with_it()
    {
        await Append("rdr_0", 0, Accepted(Coffee("rdr_0")));
        var group = Enumerable.Range(0, 200).Select(i => Append($"rdr_{i}", 0, Accepted(Coffee($"rdr_{i}")))).ToList();

        var outcomes = await Task.WhenAll(group);

        Assert.Equal(AppendOutcome.Stale, outcomes[0]);
        Assert.All(outcomes.Skip(1), outcome => Assert.Equal(AppendOutcome.Appended, outcome));
    }

    [Fact]
    public async Task One_of_many_writers_on_one_version_wins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Append("rdr_a", 0, Accepted(Coffee("rdr_a")))));

        Assert.Single(outcomes, AppendOutcome.Appended);
        Assert.Equal(1, (await _ledger.Load("rdr_a", Cancel)).Version);
    }

    [Fact]
    public async Task The_latest_checkout_is_the_one_accepted_last()
    {
        var (first, second) = (Coffee("rdr_a"), Coffee("rdr_a"));
        await Append("rdr_a", 0, Accepted(first));
        await Append("rdr_a", 1, Cancelled(first), Accepted(second));
        await Append("rdr_a", 3, new ReaderEvent(EventKind.Disputed, first with { State = CheckoutState.Cancelled, Disputed = true },
            new(CheckoutState.Successful, null, 1500)));

        var head = await _ledger.Load("rdr_a", Cancel);

        Assert.Equal((4, second.Id), (head.Version, head.Latest?.Id));
        Assert.True((await _ledger.Find("rdr_a", first.Id, Cancel))?.Disputed);
    }

    [Fact]
    public async Task A_key_belongs_to_one_checkout_for_24_hours()
    {
        var (first, second) = (Coffee("rdr_a"), Coffee("rdr_b"));
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        Assert.Equal(AppendOutcome.Appended, await _ledger.Append(new("rdr_a", 0, [Accepted(first)], key)));
        Assert.Equal(AppendOutcome.KeyTaken, await _ledger.Append(new("rdr_b", 0, [Accepted(second)], key)));

        Assert.Null(await _ledger.Find("rdr_b", second.Id, Cancel));
        Assert.Equal(new KeyUse("fingerprint", first.Id, first.ClientTransactionId), await _ledger.FindKey("MC", "key", Now, Cancel));
        Assert.Null(await _ledger.FindKey("OTHER", "key", Now, Cancel));
        Assert.Null(await _ledger.FindKey("MC", "key", Now.AddHours(24), Cancel));
        var later = second with { AcceptedAt = Now.AddHours(24) };
        Assert.Equal(AppendOutcome.Appended, await _ledger.Append(new("rdr_b", 0, [Accepted(later)], key)));
    }

    [Fact]
    public async Task Old_keys_are_forgotten()
    {
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        await _ledger.Append(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))], key));
        await _ledger.ForgetOldKeys(Now.AddHours(23), Cancel);
        Assert.NotNull(await _ledger.FindKey("MC", "key", Now, Cancel));

        await _ledger.ForgetOldKeys(Now.AddHours(24), Cancel);
        Assert.Null(await _ledger.FindKey("MC", "key", Now, Cancel));
    }

    [Fact]
    public async Task Only_checkouts_that_have_not_started_are_overdue()
    {
        var (waiting, started) = (Coffee("rdr_a"), Coffee("rdr_b"));
        await Append("rdr_a", 0, Accepted(waiting));
        await Append("rdr_b", 0, Accepted(started), new ReaderEvent(EventKind.Started, started with { State = CheckoutState.Started }));

        Assert.Empty(await _ledger.Overdue(waiting.ValidUntil.AddTicks(-10), 10, Cancel));
        Assert.Equal(["rdr_a"], await _ledger.Overdue(waiting.ValidUntil, 10, Cancel));
    }

    [Fact]
    public async Task A_closed_ledger_says_that_it_is_unavailable()
    {
        var closed = new SqliteLedger(Path.Combine(_folder, "other.db"), "node-1");
        await closed.DisposeAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => closed.Append(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))])));
    }

    [Fact]
    public void A_file_of_a_newer_program_is_refused_with_a_sentence()
    {
        var newer = new SqliteConnectionStringBuilder { DataSource = Path.Combine(_folder, "newer.db") }.ToString();
        using (var connection = new SqliteConnection(newer))
        {
            connection.Open();
            using var command = new SqliteCommand("PRAGMA user_version = 99", connection);
            command.ExecuteNonQuery();
        }

        var refusal = Assert.Throws<InvalidOperationException>(() => SqliteSchema.Apply(newer, "ledger"));
        Assert.Contains("has schema 99", refusal.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<AppendOutcome> Append(string reader, long version, params ReaderEvent[] events) =>
        _ledger.Append(new(reader, version, [.. events]));

    private static ReaderEvent Accepted(Checkout checkout) => new(EventKind.Accepted, checkout);

    private static ReaderEvent Cancelled(Checkout checkout) =>
        new(EventKind.Cancelled, checkout with { State = CheckoutState.Cancelled, Reason = Reason.Expired });

    private static Checkout Coffee(string reader) => new()
    {
        Id = Guid.NewGuid(),
        ClientTransactionId = Guid.NewGuid(),
        MerchantCode = "MC",
        ReaderId = reader,
        Terms = new() { Amount = new("EUR", 2, 1500), TipRates = [0.05m, 0.1m], Affiliate = new("app", "key", "order-7", "{\"a\":1}") },
        Serial = "S-1",
        Firmware = "1.0",
        AcceptedAt = Now,
        ValidUntil = Now.AddSeconds(60),
        UpdatedAt = Now,
        State = CheckoutState.Accepted,
    };
}

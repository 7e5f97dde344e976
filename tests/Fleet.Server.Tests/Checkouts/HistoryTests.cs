using System.Data.Common;
using System.Net;
using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Api.Rest;
using Fleet.Server.Checkouts;
using Fleet.Server.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>
/// A merchant's history: what it lists, how it is filtered, and that its pages neither skip nor repeat.
/// </summary>
public sealed class HistoryTests(HistoryTests.Chain chain) : IClassFixture<HistoryTests.Chain>
{
    private static readonly DateTimeOffset Nine = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private readonly string _merchant = chain.NextMerchant();
    private int _readers;

    private ILedger Ledger => chain.Fleet.Services.GetRequiredService<ILedger>();

    private Till Till => chain.Fleet.TillOf(_merchant, _merchant);

    [Fact]
    public async Task Outcomes_and_refunds_are_listed_in_the_order_they_happened()
    {
        await using var device = await chain.Fleet.PairedDevice(till: Till);
        var paid = await Till.Charge(device.ReaderId);
        await device.AskStart(paid);
        await device.Approve(paid);
        chain.Fleet.Pass(10);
        var open = await Till.Charge(device.ReaderId);
        chain.Fleet.Pass(70);
        await Eventually.Equal(2, async () => (await Items()).Count);
        chain.Fleet.Pass(1);
        using var refund = await Till.Post(
            $"/v1.0/merchants/{_merchant}/payments/{paid}/refunds", new { amount = 4.5 });

        var items = await Items();

        Assert.Equal(
            [$"{paid} PAYMENT REFUNDED 15.00 4.50", $"{open} PAYMENT CANCELLED 15.00 0.00",
                $"{paid} REFUND REFUNDED 4.50 0.00"],
            items.Select(
                one => $"{Text(one, "transaction_id")} {Text(one, "type")} {Text(one, "status")} "
                    + $"{one.GetProperty("amount").GetRawText()} {one.GetProperty("refunded_amount").GetRawText()}"));
        Assert.All(items, item => Assert.Equal(
            ["EUR", "POS"], new[] { Text(item, "currency"), Text(item, "payment_type") }));
        Assert.Equal(3, items.Select(item => Text(item, "id")).Distinct().Count());
    }

    [Fact]
    public async Task A_page_has_ten_entries_and_says_where_the_next_one_is()
    {
        await Seed(23);

        var first = await Page("");
        var second = await Page(Next(first));
        var third = await Page(Next(second));

        Assert.Equal([10, 10, 3],
            new[] { first, second, third }.Select(page => page.GetProperty("items").GetArrayLength()));
        Assert.Matches("^limit=10&oldest_ref=[0-9a-f-]{36}&order=ascending$", Next(first));
        Assert.False(third.TryGetProperty("links", out _));
    }

    [Theory]
    [InlineData("ascending", "order=ascending&limit=7")]
    [InlineData("descending", "order=descending&limit=7&statuses[]=SUCCESSFUL&statuses[]=FAILED")]
    public async Task A_walk_meets_each_entry_once_while_new_ones_arrive(string order, string query)
    {
        await Seed(50);
        var before = (await Items("limit=100")).Select(item => Text(item, "id")).ToList();

        var seen = new List<string?>();
        for (var next = query; next is not null;)
        {
            var page = await Page(next);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => Text(item, "id")));
            next = page.TryGetProperty("links", out _) ? Next(page) : null;
            if (seen.Count < 50) await Seed(3, after: 100 + seen.Count);
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Empty(before.Except(seen));
        Assert.Equal(seen, order == "ascending" ? seen.Order() : seen.OrderDescending());
    }

    [Theory]
    [InlineData("statuses[]=SUCCESSFUL", "10 11 14 15 16 17 18 19")]
    [InlineData("statuses=FAILED", "12")]
    [InlineData("statuses%5B%5D=FAILED&statuses%5B%5D=CANCELLED", "12 13")]
    [InlineData("statuses[]=CHARGE_BACK", "")]
    [InlineData("statuses[]=CHARGE_BACK&statuses[]=FAILED", "12")]
    [InlineData("statuses[]=PENDING", "")]
    [InlineData("types[]=PAYMENT&limit=2", "10 11")]
    [InlineData("types[]=REFUND", "")]
    [InlineData("types[]=CHARGE_BACK", "")]
    [InlineData("payment_types[]=POS&limit=1", "10")]
    [InlineData("payment_types[]=ECOM", "")]
    [InlineData("users[]=someone@example.com", "")]
    [InlineData("entry_modes[]=CHIP", "10")]
    [InlineData("entry_modes[]=CHIP&entry_modes[]=CONTACTLESS", "10 11")]
    [InlineData("entry_modes[]=BOLETO", "")]
    [InlineData("entry_modes[]=N/A&entry_modes[]=chip", "10")]
    [InlineData("statuses%5B0%5D=FAILED&statuses%5B1%5D=CANCELLED", "12 13")]
    [InlineData("statuses[]=SUCCESSFUL&entry_modes[]=CONTACTLESS", "11")]
    [InlineData("statuses[]=FAILED&types[]=REFUND", "")]
    [InlineData("statuses[]=PENDING&statuses[]=FAILED", "12")]
    [InlineData("transaction_code=%00", "")]
    [InlineData("oldest_time=2026-03-01T09:00:18Z", "18 19")]
    [InlineData("oldest_time=2026-03-01T09:00:18.0000000%2B00:00", "18 19")]
    [InlineData("oldest_time=2026-03-01T10:00:18+01:00", "18 19")]
    [InlineData("oldest_time=2026-03-01T09:00:18.0000001Z", "19")]
    [InlineData("oldest_time=2026-03-01T09:00:18.000000000Z", "18 19")]
    [InlineData("oldest_time=2026-03-01+09:00:18%2B00:00", "18 19")]
    [InlineData("oldest_time=2026-03-01&newest_time=2026-03-01T09:00:11", "10")]
    [InlineData("newest_time=2026-03-01", "")]
    [InlineData("limit=&order=&newest_time=2026-03-01T09:00:11Z&statuses[]=", "10")]
    [InlineData("newest_time=2026-03-01T09:00:12Z", "10 11")]
    [InlineData("oldest_time=2026-03-01T09:00:11Z&newest_time=2026-03-01T09:00:13Z&order=descending", "12 11")]
    [InlineData("changes_since=2026-03-01T09:00:17Z&skip_tx_result=true", "17 18 19")]
    public async Task A_filter_leaves_what_it_names(string query, string seconds)
    {
        await Seed(10, (i, checkout) => i switch
        {
            0 => checkout with { Card = new("4242", "VISA", EntryMode.Chip, null) },
            1 => checkout with { Card = new("4242", "VISA", EntryMode.Contactless, null) },
            2 => checkout with { State = CheckoutState.Failed, Reason = Reason.Declined },
            3 => checkout with { State = CheckoutState.Cancelled, Reason = Reason.Terminated },
            _ => checkout,
        });

        var found = (await Items(query)).Select(item => item.GetProperty("timestamp").GetDateTimeOffset().Second);

        Assert.Equal(seconds, string.Join(' ', found));
    }

    [Fact]
    public async Task What_was_refunded_since_a_time_has_changed_since_then()
    {
        var checkouts = await Seed(10);
        await Refund(checkouts[2], at: Nine.AddSeconds(100));
        await Refund(checkouts[7], at: Nine.AddSeconds(50));

        Assert.Equal("12 40", await Seconds("changes_since=2026-03-01T09:01:00Z"));
        Assert.Equal("40 12", await Seconds("changes_since=2026-03-01T09:01:00Z&order=descending"));
        Assert.Equal("12 17 19 50 40", await Seconds("changes_since=2026-03-01T09:00:19Z"));
        Assert.Equal("12", await Seconds("changes_since=2026-03-01T09:01:00Z&limit=1"));
        Assert.Equal("50 40", await Seconds("types[]=REFUND"));
        Assert.Equal("12 17 50 40", await Seconds("statuses[]=REFUNDED"));
        Assert.Equal("12 40", await Seconds($"transaction_code={checkouts[2].TransactionCode()}"));
    }

    /// <summary>
    /// Filters read other parts of an index than a page without them: together they must leave the same entries as a
    /// simple filter in memory.
    /// </summary>
    [Theory]
    [InlineData("ascending")]
    [InlineData("descending")]
    public async Task A_filtered_walk_meets_what_passes_and_nothing_twice(string order)
    {
        CheckoutState[] states =
            [CheckoutState.Successful, CheckoutState.Successful, CheckoutState.Failed, CheckoutState.Cancelled];
        EntryMode?[] modes = [EntryMode.Chip, EntryMode.Contactless, null];
        var checkouts = await Seed(12, (i, checkout) => checkout with
        {
            State = states[i % 4],
            Card = modes[i % 3] is { } mode ? new("4242", "VISA", mode, null) : null,
        });
        foreach (var i in new[] { 0, 4, 5 }) await Refund(checkouts[i], at: Nine.AddSeconds(15 + i));
        var all = await Items($"limit=100&order={order}");

        foreach (var statuses in Some("SUCCESSFUL", "FAILED", "CANCELLED", "REFUNDED"))
        {
            foreach (var types in Some("PAYMENT", "REFUND"))
            {
                foreach (var entered in Some("CHIP", "CONTACTLESS"))
                {
                    var query = string.Join(
                        '&', [$"limit=2&order={order}", .. statuses.Select(one => $"statuses[]={one}"),
                            .. types.Select(one => $"types[]={one}"),
                            .. entered.Select(one => $"entry_modes[]={one}")]);
                    var passing = all.Where(item => (statuses.Length == 0 || statuses.Contains(Text(item, "status")))
                        && (types.Length == 0 || types.Contains(Text(item, "type")))
                        && (entered.Length == 0 || entered.Contains(Mode(item))));

                    Assert.Equal(passing.Select(item => Text(item, "id")), await Walk(query));
                }
            }
        }

        string? Mode(JsonElement item) =>
            checkouts.Single(one => $"{one.Id}" == Text(item, "transaction_id")).Card?.EntryMode?.ApiWord();
    }

    [Fact]
    public async Task A_place_wins_over_a_time()
    {
        await Seed(5);
        var second = Text((await Items())[1], "id");

        Assert.Equal("12 13 14", await Seconds($"oldest_ref={second}&oldest_time=2026-03-01T09:00:14Z"));
        Assert.Equal("10", await Seconds($"newest_ref={second}&newest_time=2026-03-01T09:00:14Z"));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("order=up", "order")]
    [InlineData("oldest_time=yesterday", "oldest_time")]
    [InlineData("newest_time=2026-13-01", "newest_time")]
    [InlineData("changes_since=1", "changes_since")]
    [InlineData("oldest_ref=7", "oldest_ref")]
    [InlineData("newest_ref=x", "newest_ref")]
    [InlineData("oldest_time=10:00", "oldest_time")]
    [InlineData("oldest_time=03/01/2026", "oldest_time")]
    [InlineData("statuses[]=SUCESSFUL", "statuses[]")]
    [InlineData("statuses=FAILED,CANCELLED", "statuses[]")]
    [InlineData("types[]=ALL", "types[]")]
    [InlineData("payment_types[]=CARD", "payment_types[]")]
    [InlineData("entry_modes[]=SWIPE", "entry_modes[]")]
    [InlineData("transaction_code=TA&transaction_code=TB", "transaction_code")]
    [InlineData("oldest_time=2026-03-01&oldest_time=2026-03-02", "oldest_time")]
    [InlineData("order=ascending&order=descending", "order")]
    public async Task A_parameter_that_makes_no_sense_is_named(string query, string field)
    {
        using var answer = await Till.Get($"/v2.1/merchants/{_merchant}/transactions/history?{query}");

        await answer.MustRefuse(400, field);
        Assert.Equal("INVALID", (await answer.Json()).GetProperty("error_code").GetString());
    }

    /// <summary>No page sorts or looks through the table, wherever it is: each is a range of an index.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("ref")]
    [InlineData("refunded")]
    [InlineData("failed")]
    [InlineData("magstripe")]
    [InlineData("refunds")]
    [InlineData("changed")]
    [InlineData("code")]
    public async Task Each_page_is_a_range_of_an_index(string kind)
    {
        await SeedAThousand();
        var query = new HistoryQuery
        {
            Limit = 11,
            After = kind is "ref" ? HistoryKey.BeforeTime(Nine.AddSeconds(11)) : Guid.Empty,
            Statuses =
                kind switch
                {
                    "refunded" => [TransactionStatus.Refunded],
                    "failed" => [TransactionStatus.Failed],
                    _ => []
                },
            EntryModes = kind is "magstripe" ? [EntryMode.Magstripe] : [],
            Kinds = kind is "refunds" ? [HistoryKind.Refund] : [],
            ChangedSince = kind is "changed" ? Nine : null,
            Code = kind is "code" ? "T00000000000" : null,
        };
        var plan = await Plan(query);

        Assert.DoesNotContain("Seq Scan on history", plan);
        if (kind is not "code") Assert.DoesNotContain("Filter:", plan); // a row that is read and left out
        Assert.Contains(
            kind switch
            {
                "" or "ref" => Key,
                "changed" => "history_changed",
                "code" => "history_code",
                _ => "history_filter"
            }, plan);
        if (kind is not ("changed" or "code")) Assert.DoesNotContain("->  Sort", plan);
    }

    /// <summary>What the databases call the range of the key.</summary>
    private static string Key =>
        TestPostgres.IsStorage ? "history_pkey" : "SEARCH history USING PRIMARY KEY (merchant_code=? AND ref>?";

    private async Task<string> Plan(HistoryQuery query)
    {
        var (explain, column) = TestPostgres.IsStorage ? ("EXPLAIN", 0) : ("EXPLAIN QUERY PLAN", 3);
        return string.Join('\n', await Sql($"{explain} {HistorySql.BuildSql(query)}", row => row.GetString(column),
            [.. HistorySql.BuildParameters(_merchant, query).Select(one => (one.Name, (object?)one.Value))]));
    }

    /// <summary>With a few rows PostgreSQL takes whatever index it likes; with so many it has no choice.</summary>
    private async Task SeedAThousand()
    {
        if (!TestPostgres.IsStorage) return;
        await Sql("""
            INSERT INTO history (merchant_code, ref, kind, status, entry_mode, code, checkout_id)
            SELECT @merchant, gen_random_uuid(), 'payment', 'successful', 'chip', 'T' || i, gen_random_uuid()
            FROM generate_series(1, 1000) AS i
            """, row => 0, ("merchant", _merchant));
        await Sql("ANALYZE history", row => 0);
    }

    private Task<IReadOnlyList<T>> Sql<T>(
        string sql, Func<DbDataReader, T> read, params (string, object?)[] parameters) =>
        chain.Fleet.Services.GetRequiredService<Database>()
            .ReadRows(sql, read, TestContext.Current.CancellationToken, parameters);

    /// <summary>Payments that ended at 9:00:10, 9:00:11 … (or later), each on a reader of its own.</summary>
    private async Task<List<Checkout>> Seed(int count, Func<int, Checkout, Checkout>? change = null, int after = 10)
    {
        var seeded = new List<Checkout>();
        for (var i = 0; i < count; i++)
        {
            var accepted = Sale(Nine.AddSeconds(after + i - 5));
            var ended = accepted with
            {
                State = CheckoutState.Successful,
                EndedAt = Nine.AddSeconds(after + i),
                UpdatedAt = Nine.AddSeconds(after + i),
            };
            seeded.Add(change?.Invoke(i, ended) ?? ended);
            await Ledger.AppendEvents(new(accepted.ReaderId, 0, [new(EventKind.Accepted, accepted)]));
            await Ledger.AppendEvents(new(accepted.ReaderId, 1, [new(EventKind.Succeeded, seeded[^1])]));
        }
        return seeded;
    }

    private Task<AppendOutcome> Refund(Checkout paid, DateTimeOffset at) => Ledger.AppendEvents(new(paid.ReaderId, 2,
        [.. RefundRules.RefundPayment(paid, new(Guid.CreateVersion7(at), paid.Id, 100, Sandbox: true), at).Events]));

    private Checkout Sale(DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        return new()
        {
            Id = id, ClientTransactionId = Ids.ClientTransactionOf(id), MerchantCode = _merchant,
            ReaderId = $"rdr_{_merchant}_{_readers++}", Terms = new() { Amount = new("EUR", 2, 1500) }, Serial = "S",
            Firmware = "1",
            AcceptedAt = at, ValidUntil = at.AddSeconds(60), UpdatedAt = at, State = CheckoutState.Accepted,
        };
    }

    private async Task<string> Seconds(string query) => string.Join(' ',
        (await Items(query)).Select(item => item.GetProperty("timestamp").GetDateTimeOffset() - Nine)
            .Select(since => since.TotalSeconds % 60));

    /// <summary>The ids of all pages, from link to link.</summary>
    private async Task<List<string?>> Walk(string query)
    {
        var seen = new List<string?>();
        for (string? next = query; next is not null;)
        {
            var page = await Page(next);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => Text(item, "id")));
            next = page.TryGetProperty("links", out _) ? Next(page) : null;
        }
        return seen;
    }

    /// <summary>None of some words, each of them, and the first two.</summary>
    private static string[][] Some(params string[] words) => [[], .. words.Select(word => new[] { word }), words[..2]];

    private async Task<List<JsonElement>> Items(string query = "") =>
        [.. (await Page(query)).GetProperty("items").EnumerateArray()];

    private async Task<JsonElement> Page(string query)
    {
        using var answer = await Till.Get($"/v2.1/merchants/{_merchant}/transactions/history?{query}");
        Assert.Equal((query, HttpStatusCode.OK), (query, answer.StatusCode));
        return await answer.Json();
    }

    private static string Next(JsonElement page)
    {
        var link = page.GetProperty("links")[0];
        Assert.Equal("next", Text(link, "rel"));
        return Text(link, "href") ?? "";
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    /// <summary>A node with a merchant for each test, so that no test sees the history of another.</summary>
    public sealed class Chain : IAsyncLifetime
    {
        private const int Merchants = 100;

        private FleetApp? _fleet;
        private int _next;

        public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

        public string NextMerchant() => Code(Interlocked.Increment(ref _next));

        public async ValueTask InitializeAsync() =>
            _fleet = await FleetApp.Start(null, [.. Enumerable.Range(1, Merchants).SelectMany(i => new[]
        {
            $"--Fleet:Merchants:{i + 10}:Code={Code(i)}", $"--Fleet:Merchants:{i + 10}:Sandbox=true",
            $"--Fleet:Merchants:{i + 10}:Keys:0:Sha256={RandomIds.HashSecret(Code(i))}",
        })]);

        public ValueTask DisposeAsync() => Fleet.DisposeAsync();

        private static string Code(int i) => $"MHIST{i:000}";
    }
}

using System.Collections.Immutable;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Core.Retention;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Fleet.Server.Incidents;
using Fleet.Server.Retention;
using Fleet.Server.Storage;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>What is old is exported to files and then removed, and what must stay stays.</summary>
public sealed class RetentionTests : IAsyncLifetime
{
    private const int Readers = 8;

    private const string RunCheckouts = "retention run --kind checkouts --before 2025-12-01";

    /// <summary>Days before the clock of a node begins, which is 2026-03-01.</summary>
    private static readonly DateTimeOffset Old = new(2025, 11, 1, 20, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-export-").FullName;
    private FleetApp? _fleet;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

    private Removal Removal => Fleet.Services.GetRequiredService<Removal>();

    private IOldRows OldCheckouts => Fleet.Services.GetServices<IOldRows>()
        .Single(rows => rows.Kind is RetentionKind.Checkouts);

    private Shell Chain => new(Fleet, FleetApp.ChainKey);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _fleet = await FleetApp.Start(null, $"--Fleet:Retention:ExportFolder={_folder}");

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Old_payments_are_in_files_and_everything_that_must_stay_stays()
    {
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(seed => RandomHistory.Live(Fleet, seed, Old)));
        var (before, totals, heads) = (await ReadCheckouts(), await ReadTotals(), await ReadHeads());
        await using var device = await Fleet.PairedDevice();

        var run = Chain.Run(RunCheckouts);
        var payments = PayOneAfterTheOther(device);
        var ran = await Passing(run);
        await payments;

        Assert.True(ran.Code == 0, $"{ran}");
        var exported = Files().SelectMany(ReadFile).ToList();
        var after = await ReadCheckouts();
        var removed = before.Keys.Except(after.Keys).ToHashSet();
        Assert.InRange(removed.Count, Readers, before.Count - Readers);
        Assert.Equal(removed.Order(), exported.Select(row => row.GetProperty("checkout_id").GetGuid()).Order());
        Assert.All(exported, row => Assert.Equal("accepted",
            row.GetProperty("events")[0].GetProperty("kind").GetString()));
        var open = before.Values.Where(one => one.IsOpen || one.Disputed).Select(one => one.Id).ToList();
        Assert.NotEmpty(open);
        Assert.Contains(removed, id => before[id].State is CheckoutState.Successful);
        Assert.Empty(open.Intersect(removed));
        Assert.Equal(heads, await ReadHeads());
        Assert.Equal(totals, await ReadTotals());
        Assert.Contains(" 0 differed", (await new Shell(Fleet).Run("totals rebuild")).Error);
        Assert.Equal(0, (await Chain.Run("audit verify")).Code);
        Assert.Equal(0, await Count("SELECT ver FROM ledger l WHERE NOT EXISTS (SELECT 1 FROM checkout c "
            + "WHERE c.checkout_id = l.checkout_id)"));
        Assert.Equal(0, await Count("SELECT ref FROM history h WHERE NOT EXISTS (SELECT 1 FROM checkout c "
            + "WHERE c.checkout_id = h.checkout_id)"));
        Assert.Contains("retention.run", await Chain.Does("audit export"));

        Assert.Contains("0 rows exported, 0 removed.", (await Passing(Chain.Run(RunCheckouts))).Error);
    }

    [Fact]
    public async Task A_node_that_died_after_the_export_exports_nothing_twice()
    {
        await RandomHistory.Live(Fleet, 1, Old);
        var (day, end) = (new DateOnly(2025, 11, 1), new DateOnly(2025, 12, 1));
        var (path, rows) = await ExportFolder.WriteNext(
            _folder, RetentionKind.Checkouts, day, OldCheckouts.ReadLines(day, end, Cancel), Cancel);

        var part = await Passing(Removal.RemovePart(RetentionKind.Checkouts, day, end, Cancel));

        Assert.True(rows > 0);
        Assert.Equal(new(day, 0, rows, day.AddDays(1)), part);
        Assert.Equal([path], Files());
    }

    [Fact]
    public async Task Nothing_is_removed_when_a_file_is_not_what_was_written()
    {
        await RandomHistory.Live(Fleet, 1, Old);
        var (day, end) = (new DateOnly(2025, 11, 1), new DateOnly(2025, 12, 1));
        var (path, _) = await ExportFolder.WriteNext(
            _folder, RetentionKind.Checkouts, day, OldCheckouts.ReadLines(day, end, Cancel), Cancel);
        var text = Unzip(path).Replace("\"EUR\"", "\"CHF\"", StringComparison.Ordinal);
        await using (var zip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            await zip.WriteAsync(Encoding.UTF8.GetBytes(text), Cancel);
        var before = await ReadCheckouts();

        await Assert.ThrowsAsync<InvalidDataException>(
            () => Removal.RemovePart(RetentionKind.Checkouts, day, end, Cancel));

        Assert.Equal(before.Keys.Order(), (await ReadCheckouts()).Keys.Order());
    }

    [Fact]
    public async Task A_payment_that_was_refunded_since_its_export_stays()
    {
        var morning = Old.AddHours(-12);
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(seed => RandomHistory.Live(Fleet, seed, morning)));
        var (day, end) = (new DateOnly(2025, 11, 1), new DateOnly(2025, 12, 1));
        var lines = await OldCheckouts.ReadLines(day, end, Cancel).ToListAsync(Cancel);
        var paid = (await ReadCheckouts()).Values.First(one => one is { State: CheckoutState.Successful } && one.Refunds
            .Sum(refund => refund.Amount) < one.Terms.Amount.Value && lines.Any(line => line.Contains($"{one.Id}")));
        var head = await Fleet.Services.GetRequiredService<ILedger>().LoadHead(paid.ReaderId, Cancel);
        var refunded = RefundRules.RefundPayment(
            paid, new(Guid.NewGuid(), paid.Id, 1, Sandbox: true), Old.AddDays(100));
        await Fleet.Services.GetRequiredService<ILedger>().AppendEvents(
            new(paid.ReaderId, head.Version, refunded.Events));

        var removed = await OldCheckouts.RemoveRows(lines, Cancel);

        Assert.Equal(lines.Count - 1, removed);
        Assert.Contains(paid.Id, (await ReadCheckouts()).Keys);
        Assert.DoesNotContain(await OldCheckouts.ReadLines(day, end, Cancel).ToListAsync(Cancel),
            line => line.Contains($"{paid.Id}"));
    }

    [Fact]
    public async Task Old_events_and_exchanges_are_exported_by_the_hour_before_they_are_removed()
    {
        var (exchanges, now) = (Fleet.Services.GetRequiredService<IExchanges>(), Fleet.Clock.GetUtcNow());
        var old = ExchangeOf(now.AddDays(-32));
        await exchanges.AddExchanges([old, ExchangeOf(now.AddDays(-3))]);
        await AddDelivered(now.AddDays(-9));
        await AddDelivered(now.AddDays(-2));

        Fleet.Pass(RetentionWorker.Period.TotalSeconds);
        await Eventually.Equal(4, async () => (await Runs()).Count(run => run.TryGetProperty("last_run", out _)),
            () => Fleet.Pass(1));

        Assert.Equal(["delivered_events-2026-02-20.jsonl.gz", "exchanges-2026-01-28.jsonl.gz"],
            Files().Select(Path.GetFileName));
        var row = Assert.Single(ReadFile(Files()[1]));
        Assert.Equal(old.Id, row.GetProperty("id").GetGuid());
        Assert.Equal("read_checkout", row.GetProperty("operation").GetString());
        Assert.Single(await exchanges.ListRecent(CloudWorld.Merchant, now, 9, Cancel));
        Assert.Equal(1, await Count("SELECT 1 FROM outbox"));
        var metrics = await Metrics.Of(Fleet);
        Assert.Equal(1, metrics["fleet_retention_rows_total", ("kind", "exchanges"), ("step", "removed")]);
        Assert.Equal(1, metrics["fleet_retention_runs_total", ("kind", "exchanges"), ("result", "done")]);
        Assert.Matches(@"exchanges +30 +2026-01-30 +2026.* +1 +1 *\n", await Chain.Does("retention show") + "\n");
    }

    [Fact]
    public async Task Resolved_incidents_are_exported_and_removed_and_open_ones_never()
    {
        var (open, old, noted) = (await AddIncident("a.example"), await AddIncident("b.example"),
            await AddIncident("c.example"));
        foreach (var id in new[] { old, noted }) await Chain.Does($"incidents resolve {id} Fixed.");
        Fleet.Clock.Advance(TimeSpan.FromDays(3));
        var rows = Fleet.Services.GetServices<IOldRows>().Single(one => one.Kind is RetentionKind.Incidents);
        var (day, end) = (new DateOnly(2026, 3, 1), new DateOnly(2026, 3, 2));
        var lines = await rows.ReadLines(day, end, Cancel).ToListAsync(Cancel);
        await Chain.Does($"incidents note {noted} Later.");

        var removed = await rows.RemoveRows(lines, Cancel);
        var run = await Passing(Chain.Run("retention run --kind incidents --before 2026-03-02"));

        Assert.Equal((2, 1), (lines.Count, removed)); // a row to which a note was added stays, and is exported anew
        Assert.Contains("1 row exported, 1 removed.", run.Error, StringComparison.Ordinal);
        var row = Assert.Single(ReadFile(Assert.Single(Files())));
        Assert.Equal((noted, "Fixed."),
            (row.GetProperty("incident_id").GetGuid(), row.GetProperty("resolution").GetString()));
        Assert.Contains("Later.", row.GetProperty("notes").GetString(), StringComparison.Ordinal);
        Assert.Equal(open, Assert.Single(await Fleet.Services.GetRequiredService<IIncidents>()
            .ListIncidents(new(9), Cancel)).Id);
    }

    [Fact]
    public async Task The_audit_that_is_left_verifies_and_so_do_its_files()
    {
        await AddAudit(Guid.NewGuid(), Old.AddHours(3.9), rows: 250); // over midnight, and out of order there
        await AddAudit(Guid.NewGuid(), Fleet.Clock.GetUtcNow().AddMinutes(-4), rows: 9);
        Assert.Contains("259 rows, and all fit.", await Chain.Does("audit verify"));

        var ran = await Passing(Chain.Run("retention run --kind audit --before 2025-11-02"));
        var left = await Chain.Does("audit verify");

        Assert.True(ran.Code == 0, $"{ran}");
        var file = Assert.Single(Files());
        Assert.Contains("rows, and all fit.", await Chain.Does($"audit verify --file {file}"));
        Assert.Contains($"{261 - ReadFile(file).Count()} rows, and all fit.", left);
        var first = await Fleet.Services.GetRequiredService<Database>().ReadRows(
            "SELECT min(seq) FROM audit WHERE at < @end", row => row.GetInt64(0), Cancel, ("end", Old.AddDays(9)));
        Assert.InRange(first[0], 2, 250);
        await Fleet.Services.GetRequiredService<Database>().ChangeRows(new Statement(
            "DELETE FROM audit WHERE seq = @seq AND at < @end", ("seq", first[0]), ("end", Old.AddDays(9))));
        Assert.Contains("is missing", (await Chain.Run("audit verify")).Out);
    }

    [Fact]
    [Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
    public async Task Of_two_nodes_one_exports_and_removes()
    {
        var folder = $"--Fleet:Retention:ExportFolder={_folder}";
        await using var first = await FleetApp.StartCluster(folder);
        await using var second = await first.StartAnother(folder);
        await first.Services.GetRequiredService<IExchanges>().AddExchanges(
            [ExchangeOf(first.Clock.GetUtcNow().AddDays(-32))]);

        first.Pass(RetentionWorker.Period.TotalSeconds);
        await Eventually.Equal("1 1", async () => $"{await Done(first)} {Files().Count}", () => first.Pass(1));

        Assert.Equal(0, await Done(second));

        async Task<double?> Done(FleetApp node) =>
            await Rows(node, "exported") is 1 && await Rows(node, "removed") is 1 ? 1 : 0;

        async Task<double?> Rows(FleetApp node, string step) => (await Metrics.Of(node))[
            "fleet_retention_rows_total", ("kind", "exchanges"), ("step", step)];
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        await RandomHistory.Live(Fleet, 1, Old);
        var before = await ReadCheckouts();

        var told = await Chain.Does($"{RunCheckouts} --dry-run");

        Assert.Matches(@"^\d+ rows due, from 2025-11-01 on\.", told);
        Assert.Empty(Files());
        Assert.Equal(before.Count, (await ReadCheckouts()).Count);
    }

    [Theory]
    [InlineData("coffee", "2025-12-01", "kind")]
    [InlineData("checkouts", "yesterday", "before")]
    [InlineData("checkouts", "2025-12-02", "before")] // 89 days ago: a sale could be paid twice
    [InlineData("exchanges", "2026-03-01", "before")]
    public async Task A_run_of_what_is_not_old_is_refused(string kind, string before, string field)
    {
        using var answer = await Fleet.TillOf(FleetApp.Merchant, FleetApp.ChainKey)
            .Post("/fleet/v1/retention/run", new { kind, before });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(field, await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_merchant_cannot_run_it_and_a_node_without_a_folder_does_not()
    {
        using var merchant = await Fleet.Till.Post(
            "/fleet/v1/retention/run", new { kind = "checkouts", before = "2025-12-01" });
        Assert.Equal(HttpStatusCode.Forbidden, merchant.StatusCode);
        await using var plain = await FleetApp.Start();
        var ran = await new Shell(plain, FleetApp.ChainKey).Run(RunCheckouts);

        Assert.NotEqual(0, ran.Code);
        Assert.Contains("ExportFolder", ran.Error);
    }

    /// <summary>What is awaited pauses by the clock of the node.</summary>
    private async Task<T> Passing<T>(Task<T> work)
    {
        await Eventually.Equal(true, () => Task.FromResult(work.IsCompleted), () => Fleet.Pass(0.5));
        return await work;
    }

    private async Task PayOneAfterTheOther(TestDevice device)
    {
        for (var payment = 0; payment < 3; payment++)
        {
            var id = await Fleet.Till.Charge(device.ReaderId);
            await device.AskStart(id);
            await device.Approve(id);
        }
    }

    private async Task AddAudit(Guid chain, DateTimeOffset at, int rows)
    {
        var (all, tail) = (new List<AuditRow>(), AuditTail.Begin(chain));
        for (var row = 0; row < rows; row++)
        {
            var note = new AuditNote("k", "key", FleetApp.Merchant, "test", "", "", "");
            all.Add(tail.NextRow(note, at.AddSeconds(row * 3 - (row % 2 * 9)), "node"));
            tail = all[^1].Tail;
        }
        await Fleet.Services.GetRequiredService<IAudit>().AddRows([.. all.Take(125)]);
        if (rows > 125) await Fleet.Services.GetRequiredService<IAudit>().AddRows([.. all.Skip(125)]);
    }

    private async Task<Guid> AddIncident(string host)
    {
        var incidents = Fleet.Services.GetRequiredService<IIncidents>();
        await incidents.NoteOccurrence(
            Occurrence.ForHost(FleetApp.Merchant, host, Fleet.Clock.GetUtcNow()), Fleet.Clock.GetUtcNow());
        return (await incidents.ListIncidents(new(9), Cancel)).Single(one => one.Subject.Host == host).Id;
    }

    private async Task AddDelivered(DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        await Fleet.Services.GetRequiredService<IDeliveries>().AddEvent(
            new(id, FleetApp.Merchant, "https://till.example/hook", "{}", at));
        await Fleet.Services.GetRequiredService<Database>().ChangeRows(new Statement(
            "UPDATE outbox SET state = 'delivered', next_at = @at WHERE event_id = @id", ("at", at), ("id", id)));
    }

    private static CloudExchange ExchangeOf(DateTimeOffset at) => new(
        Guid.CreateVersion7(at), at, CloudWorld.Merchant, "read_checkout", "GET", "/v0.1/…", 200, 12, null, "{}",
        CloudFailure.None, null, CloudWorld.ReaderId);

    private async Task<JsonElement[]> Runs()
    {
        using var answer = await Fleet.TillOf(FleetApp.Merchant, FleetApp.ChainKey).Get("/fleet/v1/retention");
        return [.. (await answer.Json()).GetProperty("kinds").EnumerateArray()];
    }

    private async Task<Dictionary<Guid, Checkout>> ReadCheckouts() =>
        (await Fleet.Services.GetRequiredService<Database>().ReadRows("SELECT body FROM checkout",
            row => StorageJson.CheckoutOf(row.GetString(0)), Cancel)).ToDictionary(one => one.Id);

    private async Task<ImmutableArray<string>> ReadTotals()
    {
        var all = new List<string>();
        for (var day = DateOnly.FromDateTime(Old.UtcDateTime); day < new DateOnly(2025, 11, 4); day = day.AddDays(1))
        {
            var both = await Fleet.Services.GetRequiredService<ITotals>().CompareDay(FleetApp.Merchant, day, Cancel);
            Assert.Empty(both.Missing);
            all.AddRange(both.Stored.Select(one => $"{one}").Order());
        }
        Assert.NotEmpty(all);
        return [.. all];
    }

    private async Task<ImmutableArray<string>> ReadHeads()
    {
        var heads = Enumerable.Range(0, Readers).Select(async seed =>
        {
            var head = await Fleet.Services.GetRequiredService<ILedger>().LoadHead($"rdr_{seed}", Cancel);
            return $"{head.Version} {head.Latest?.Id}";
        });
        return [.. await Task.WhenAll(heads)];
    }

    private async Task<int> Count(string sql) =>
        (await Fleet.Services.GetRequiredService<Database>().ReadRows(sql, _ => 1, Cancel)).Count;

    private List<string> Files() => [.. Directory.GetFiles(_folder).Order(StringComparer.Ordinal)];

    private static IEnumerable<JsonElement> ReadFile(string path)
    {
        var lines = Shell.Documents(Unzip(path));
        Assert.Equal(lines.Length - 1, lines[^1].GetProperty("manifest").GetProperty("rows").GetInt32());
        return lines[..^1];
    }

    private static string Unzip(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }
}

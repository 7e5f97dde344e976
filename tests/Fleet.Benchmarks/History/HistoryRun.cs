using System.Diagnostics;
using Fleet.Benchmarks.Database;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Storage;
using Fleet.Server.Storage.Postgres;
using Npgsql;

namespace Fleet.Benchmarks.History;

/// <summary>
/// What a page of a long history costs, wherever it is. All kinds of pages take turns, so that a slow moment of the
/// machine hits each of them; the plans are printed as PostgreSQL made them.
/// </summary>
internal static class HistoryRun
{
    private const int PageSize = 10, Turns = 200, WarmUps = 20;

    public static async Task Run(int rows, string? given)
    {
        await using var postgres = await Postgres.Open(given);
        await using var source = PostgresSource.OpenPool(await postgres.Create("history"));
        PostgresSchema.ApplyScripts(source);
        Console.WriteLine(await postgres.Describe());
        var seeding = Stopwatch.StartNew();
        await HistorySeed.Fill(source, rows);
        await postgres.Checkpoint();
        Console.WriteLine($"{rows:N0} entries of one merchant in {seeding.Elapsed.TotalSeconds:F0} s");

        var pages = await Pages(source, rows);
        var transactions = new SqlTransactions(new PostgresDatabase(source));
        var times = pages.ToDictionary(page => page.Name, _ => new List<double>());
        for (var turn = -WarmUps; turn < Turns; turn++)
        {
            foreach (var (name, query) in pages)
            {
                var watch = Stopwatch.StartNew();
                var found = await transactions.ListHistory(HistorySeed.Merchant, query, CancellationToken.None);
                var took = watch.Elapsed.TotalMilliseconds;
                if (found.Count == 0 != name.EndsWith("(none)", StringComparison.Ordinal))
                    throw new InvalidOperationException($"The page \"{name}\" has {found.Count} entries.");
                if (turn >= 0) times[name].Add(took);
            }
        }
        foreach (var (name, _) in pages)
            Console.WriteLine(FormattableString.Invariant($"{name,-48}{Spread.Of(times[name]).Median:F2} ms"));
        var ratio = Spread.Of(times["page 1,000"]).Median / Spread.Of(times["page 1"]).Median;
        await Explain(source, pages.Single(page => page.Name is "page 1"));
        await Explain(source, pages.Single(page => page.Name is "page 1,000"));
        await Explain(
            source, pages.Single(page => page.Name.StartsWith("page 1 of what failed", StringComparison.Ordinal)));
        Console.WriteLine(
            FormattableString.Invariant($"history: page 1,000 costs {ratio:F2} x page 1, over {rows} entries"));
    }

    private static async Task<List<(string Name, HistoryQuery Query)>> Pages(NpgsqlDataSource source, int rows)
    {
        var first = new HistoryQuery { Limit = PageSize + 1 };
        return
        [
            ("page 1", first),
            ("page 1,000", first with { After = await Place(source, 999 * PageSize) }),
            ("a page in the middle", first with { After = await Place(source, rows / 2) }),
            ("the last page", first with { After = await Place(source, rows - PageSize) }),
            ("page 1, newest first", first with { Descending = true }),
            ("page 1 since the middle", first with { After = HistoryKey.BeforeTime(HistorySeed.TimeOf(rows / 2)) }),
            ("page 1 of what failed (1 in 20)", first with { Statuses = [TransactionStatus.Failed] }),
            ("page 1 of what was refunded (1 in 1,000)", first with { Statuses = [TransactionStatus.Refunded] }),
            ("page 1 of refunds alone (none)", first with { Kinds = [HistoryKind.Refund] }),
            ("page 1 of payments alone", first with { Kinds = [HistoryKind.Payment] }),
            ("page 1 of magstripe (1 in 1,000,000)", first with { EntryModes = [EntryMode.Magstripe] }),
            ("page 1 of magstripe that failed (none)", first with
            {
                EntryModes = [EntryMode.Magstripe], Statuses = [TransactionStatus.Failed],
            }),
            ("page 1 of chip or magstripe, no success (none)", first with
            {
                EntryModes = [EntryMode.Magstripe, EntryMode.Chip],
                Statuses = [TransactionStatus.Failed, TransactionStatus.Cancelled, TransactionStatus.Refunded],
            }),
            ("page 1 of what changed in the last minute", first with { ChangedSince = HistorySeed.TimeOf(rows - 60) }),
            ("page 1 of what changed since the middle", first with { ChangedSince = HistorySeed.TimeOf(rows / 2) }),
            ("page 1 of what changed since the beginning", first with { ChangedSince = HistorySeed.TimeOf(0) }),
            ("1,000 entries", first with { Limit = 1_001 }),
            ("1,000 entries that did not succeed", first with
            {
                Limit = 1_001, Statuses = [TransactionStatus.Failed, TransactionStatus.Refunded],
            }),
            ("one transaction by its code", first with { Code = $"T{rows / 2:x11}" }),
        ];
    }

    private static async Task<Guid> Place(NpgsqlDataSource source, int offset)
    {
        await using var command = source.CreateCommand("SELECT ref FROM history ORDER BY ref OFFSET $1 LIMIT 1");
        command.CommandTimeout = 600;
        command.Parameters.AddWithValue(offset);
        return await command.ExecuteScalarAsync() is Guid place ? place : Guid.Empty;
    }

    private static async Task Explain(NpgsqlDataSource source, (string Name, HistoryQuery Query) page)
    {
        await using var command = source.CreateCommand($"EXPLAIN (ANALYZE, BUFFERS) {HistorySql.BuildSql(page.Query)}");
        foreach (var (name, value) in HistorySql.BuildParameters(HistorySeed.Merchant, page.Query))
            command.Parameters.AddWithValue(name, value);
        Console.WriteLine($"\n{page.Name}:");
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync()) Console.WriteLine($"  {row.GetString(0)}");
    }
}

using System.Net;
using System.Text.Json;
using Fleet.Server.Checkouts;
using Fleet.Server.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Counts and sums of payments, which are those of the ledger at every moment.</summary>
public sealed class TotalsTests : IAsyncLifetime
{
    private const int Readers = 8;

    private static readonly DateOnly Today = new(2026, 3, 1);

    private static readonly DateTimeOffset Evening = new(2026, 3, 1, 20, 0, 0, TimeSpan.Zero);

    private readonly FleetApp _fleet = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ITotals Stored => _fleet.Services.GetRequiredService<ITotals>();

    private Database Database => _fleet.Services.GetRequiredService<Database>();

    public ValueTask InitializeAsync() => _fleet.InitializeAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task A_payment_and_its_refund_are_counted_at_once()
    {
        await using var device = await _fleet.PairedDevice();
        var id = await _fleet.Till.Charge(device.ReaderId);
        await device.AskStart(id);
        Assert.Empty(await List());
        await device.Approve(id);
        var declined = await _fleet.Till.Charge(device.ReaderId);
        using var ended = await _fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
        using var refund = await _fleet.Till.Post(
            $"/v1.0/merchants/{FleetApp.Merchant}/payments/{id}/refunds", new { amount = 5.00 });

        Assert.Equal(["cancelled 1 1500 0", "refunded 1 500 0", "successful 1 1500 0"], await List());
        Assert.NotEqual(id, declined);
    }

    [Fact]
    public async Task Random_histories_leave_totals_that_are_those_of_the_ledger()
    {
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(seed => RandomHistory.Live(_fleet, seed, Evening)));

        await AllAgree();
    }

    [Fact]
    public async Task Totals_that_were_lost_or_changed_are_rebuilt_while_payments_go_on()
    {
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(seed => RandomHistory.Live(_fleet, seed, Evening)));
        await Database.ChangeRows(new Statement("DELETE FROM total WHERE kind = 'successful'"));
        await Database.ChangeRows(new Statement("UPDATE total SET count = count + 7, amount = 1"));

        var going = Task.WhenAll(
            Enumerable.Range(Readers, Readers).Select(seed => RandomHistory.Live(_fleet, seed, Evening)));
        var shell = new Shell(_fleet);
        const string rebuild = "totals rebuild --to 2026-03-03";
        var (first, second) = (shell.Run(rebuild), shell.Run(rebuild));
        await Task.WhenAll(going, first, second);
        var again = await shell.Run(rebuild);

        Assert.Contains("differed", (await first).Error);
        Assert.True(again.Code == 0, $"{again}");
        Assert.Contains(" 0 differed", again.Error);
        await AllAgree();
    }

    [Fact]
    public async Task A_rebuild_prints_what_differed_and_how_much_agreed()
    {
        await using var device = await _fleet.PairedDevice();
        await _fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        var shell = new Shell(_fleet);
        Assert.Contains("never compared", (await shell.Run("totals --from 2026-03-01 --to 2026-03-01")).Error);
        await Database.ChangeRows(new Statement("UPDATE total SET amount = -15"));

        var ran = await shell.Run("totals rebuild --from 2026-03-01 --to 2026-03-01");

        Assert.Equal(0, ran.Code);
        Assert.Matches(@"2026-03-01 +default +successful +1: -0\.15 EUR +1: 15\.00 EUR", ran.Out);
        Assert.Contains("1 day: 0 rows agreed with the ledger, 1 differed and were corrected.", ran.Error);
        Assert.Matches(@"2026-03-01 +successful +1 +15\.00 EUR",
            await shell.Does("totals --from 2026-03-01 --to 2026-03-01"));
    }

    [Fact]
    public async Task Totals_are_listed_by_pages_by_store_and_for_a_whole_period()
    {
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(seed => RandomHistory.Live(_fleet, seed, Evening)));

        var all = await Read("?from=2026-03-01&to=2026-03-03&by_store=true");
        var paged = new List<JsonElement>();
        for (var token = ""; ;)
        {
            var page = await Read($"?from=2026-03-01&to=2026-03-03&by_store=true&page_size=3&page_token={token}");
            paged.AddRange(Rows(page));
            token = page.TryGetProperty("next_page_token", out var next) ? next.GetString() : "";
            if (token is null or "") break;
        }
        var whole = Rows(await Read("?from=2026-03-01&to=2026-03-03&whole_period=true"));

        Assert.Equal(Rows(all).Select(row => $"{row}"), paged.Select(row => $"{row}"));
        Assert.Equal(2, Rows(all).Select(row => row.GetProperty("store").GetString()).Distinct().Count());
        Assert.Equal(Rows(all).Sum(row => Number(row, "count")), whole.Sum(row => Number(row, "count")));
        Assert.Equal(whole.Length, whole.Select(row => row.GetProperty("kind").GetString()).Distinct().Count());
        var north = Rows(await Read("?from=2026-03-01&to=2026-03-03&store=north"));
        Assert.Equal(Rows(all).Where(row => row.GetProperty("store").GetString() == "north")
            .Sum(row => Number(row, "amount")), north.Sum(row => Number(row, "amount")));
    }

    [Theory]
    [InlineData("?from=2026-03-02&to=2026-03-01")]
    [InlineData("?from=yesterday")]
    [InlineData("?from=2001-01-01&to=2026-03-01")]
    [InlineData("?page_size=501")]
    [InlineData("?page_token=x")]
    public async Task A_period_that_is_none_is_refused(string query)
    {
        using var answer = await _fleet.Till.Get($"/fleet/v1/totals{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Two_nodes_that_count_the_same_totals_lose_nothing()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        var totals = second.Services.GetRequiredService<ITotals>();

        await Task.WhenAll(Enumerable.Range(0, 2 * Readers)
            .Select(seed => RandomHistory.Live(seed % 2 == 0 ? first : second, seed, Evening)));

        for (var day = Today; day <= Today.AddDays(2); day = day.AddDays(1))
            Assert.Empty((await totals.CompareDay(FleetApp.Merchant, day, Cancel)).Missing);
    }

    private async Task AllAgree()
    {
        var rows = 0;
        for (var day = Today; day <= Today.AddDays(2); day = day.AddDays(1))
        {
            var both = await Stored.CompareDay(FleetApp.Merchant, day, Cancel);
            Assert.Empty(both.Missing);
            rows += both.Keys.Count();
        }
        Assert.True(rows > 8, $"{rows} rows");
    }

    private async Task<string[]> List() =>
    [
        .. Rows(await Read("?from=2026-03-01&to=2026-03-01")).Select(row =>
            $"{row.GetProperty("kind")} {Number(row, "count")} {Number(row, "amount")} {Number(row, "tips")}"),
    ];

    private static long Number(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) ? long.Parse($"{value}", null) : 0;

    private static JsonElement[] Rows(JsonElement answer) =>
        answer.TryGetProperty("rows", out var rows) ? [.. rows.EnumerateArray()] : [];

    private async Task<JsonElement> Read(string query)
    {
        using var answer = await _fleet.Till.Get($"/fleet/v1/totals{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }
}

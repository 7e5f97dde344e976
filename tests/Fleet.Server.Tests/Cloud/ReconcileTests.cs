using System.Net;
using System.Text.Json;
using Fleet.Server.Grains;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;

namespace Fleet.Server.Tests;

/// <summary>The comparison of a day with SumUp's history, with everything that the history can say.</summary>
public sealed class ReconcileTests : IAsyncLifetime
{
    private const string CloudReader = "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ", Day = "2026-03-01";

    private readonly List<string[]> _pages = [];
    private readonly Dictionary<string, string> _transactions = [];
    private FleetApp? _fleet;
    private CloudStandIn? _cloud;
    private int _serial;
    private int? _held;
    private Func<HttpContext, Task> _hold = CloudStandIn.Hold;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("It is not running.");

    private CloudStandIn Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    private Till Till => Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    public async ValueTask InitializeAsync()
    {
        _cloud = await CloudStandIn.Start(TimeProvider.System);
        _fleet = await FleetApp.Start(null, Connector.LinkTo(_cloud.Url));
        Cloud.Usually(Answer);
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    [Fact]
    public async Task Two_sides_that_agree_are_told_as_equal_and_complete()
    {
        var (reader, id) = await Pay();
        _pages.Add([Item(1), Item(1, type: "REFUND", amount: "5.00")]);
        DayIsOver();
        var report = await Run();
        Assert.Equal("[]", Differences(report));
        Assert.True(report.GetProperty("complete").GetBoolean());
        var sum = Assert.Single(report.GetProperty("sums").EnumerateArray());
        Assert.Equal("EUR", sum.Text("currency"));
        Assert.All(["ours", "theirs"], side => Assert.Equal(("1", "1500", "0"),
            (sum.GetProperty(side).Text("payments"), sum.GetProperty(side).Text("charged"),
                sum.GetProperty(side).Text("refunded"))));
        Assert.Equal("successful", await Till.Outcome(reader, id));
    }

    [Fact]
    public async Task Each_kind_of_difference_is_named_with_what_both_sides_say()
    {
        var (reader, only) = await Pay();
        var (_, amount) = await Pay(reader);
        var (_, refund) = await Pay(reader);
        var (_, status) = await Pay(reader);
        _pages.Add([Item(2, amount: "16.00"), Item(3, refunded: "4.50")]);
        _pages.Add([Item(4, status: "FAILED"), Item(9, amount: "7.00")]);
        DayIsOver();
        var report = await Run();
        Assert.Equal($"OURS_ONLY {only} AMOUNT_DIFFERS {amount} REFUND_DIFFERS {refund} STATUS_DIFFERS {status} "
            + "THEIRS_ONLY ", string.Join(' ', report.GetProperty("differences").EnumerateArray()
                .OrderBy(one => one.GetProperty("transaction_code").GetString()?.Replace("T9", "Z"))
                .Select(one => $"{one.Text("kind")} {one.Text("checkout_id")}")));
        var theirs = report.GetProperty("differences").EnumerateArray()
            .Single(one => one.Text("kind") is "REFUND_DIFFERS").GetProperty("theirs");
        Assert.Equal(450, theirs.GetProperty("refunded").GetInt64());
        var again = await Run();
        Assert.Equal(Differences(report), Differences(again));
        Assert.Equal(Differences(report), Differences(await Get()));
    }

    [Fact]
    public async Task A_charge_after_a_cancellation_is_found_and_kept_as_a_claim()
    {
        var reader = await PairReader();
        Cloud.Then(504, "{}");
        using var unknown = await Till.Post($"readers/{reader}/checkout", Connector.Coffee());
        var id = (await unknown.Json()).GetProperty("errors").GetProperty("checkout_id").GetGuid();
        await Eventually.Equal("cancelled/not_started", () => Till.Outcome(reader, id), () => Fleet.Pass(5));
        Fleet.Pass(3_600); // the watch over late charges has ended
        _pages.Add([Item(7)]);
        _transactions["client-7"] = Item(7, foreign: $"fleet-{id:N}");
        DayIsOver();
        var found = Assert.Single((await Run()).GetProperty("differences").EnumerateArray());
        Assert.Equal(("STATUS_DIFFERS", $"{id}"), (found.Text("kind"), found.Text("checkout_id")));
        Assert.True(found.GetProperty("disputed").GetBoolean());
        Assert.Equal(1500, (await Till.Timeline(id)).GetProperty("events").EnumerateArray().Last()
            .GetProperty("claim").GetProperty("amount").GetInt64());
        Assert.Equal("cancelled/not_started", await Till.Outcome(reader, id));
    }

    [Fact]
    public async Task A_payment_that_the_history_leaves_out_is_looked_up()
    {
        await Pay();
        _pages.Add([]);
        _transactions["client-1"] = Item(1);
        DayIsOver();
        Assert.Equal("[]", Differences(await Run()));
    }

    [Fact]
    public async Task A_day_that_is_not_over_or_not_read_is_not_complete()
    {
        await Pay();
        _pages.Add([Item(1)]);
        var today = await Run();
        Assert.False(today.GetProperty("complete").GetBoolean());
        Assert.StartsWith("The day is not over", today.Text("problem"), StringComparison.Ordinal);
        _held = 0;
        DayIsOver();
        Assert.Equal("SumUp's history could not be read.", (await RunInVain()).Text("problem"));
    }

    [Fact]
    public async Task A_comparison_that_is_lost_in_the_middle_goes_on_where_it_was()
    {
        await Pay();
        for (var page = 0; page < 12; page++) _pages.Add([Item(page + 1, amount: page == 0 ? "15.00" : "1.00")]);
        DayIsOver();
        var released = new TaskCompletionSource();
        (_held, _hold) = (11, _ => released.Task);
        var waiting = Run();
        await Eventually.Equal(12, () => Task.FromResult(Histories.Count()), () => Fleet.Pass(0.05));
        Fleet.Pass(14);
        Fleet.Pass(7);
        Assert.Equal("RUNNING", (await waiting).Text("state"));
        _held = null;
        await Fleet.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<IReconcileGrain>($"{FleetApp.LiveMerchant}/{Day}")
            .Cast<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);
        await Eventually.Equal("DONE", async () => (await Get()).Text("state"), () => Fleet.Pass(0.05));
        released.SetResult();
        Assert.Equal(11, (await Get()).GetProperty("differences").GetArrayLength());
        Assert.Equal(1, Histories.Count(request => !request.Path.Contains("oldest_ref", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_comparison_that_failed_goes_on_with_the_page_that_failed()
    {
        await Pay();
        for (var page = 0; page < 3; page++) _pages.Add([Item(page + 1, amount: page == 0 ? "15.00" : "1.00")]);
        DayIsOver();
        _held = 2;
        Assert.False((await RunInVain()).GetProperty("complete").GetBoolean());
        _held = null;
        Fleet.Pass(15); // calls may be held back for 10 seconds after some that failed
        var report = await Run();
        Assert.True(report.GetProperty("complete").GetBoolean(), $"{report}");
        Assert.Equal(2, report.GetProperty("differences").GetArrayLength());
        Assert.Equal(1, Histories.Count(request => !request.Path.Contains("oldest_ref", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Each_day_is_compared_once_after_it_and_counted()
    {
        await Pay();
        _pages.Add([Item(1), Item(2)]);
        await Fleet.Stop();
        await using var nightly = await FleetApp.Start(
            Fleet.Folder, [.. Connector.LinkTo(Cloud.Url), "--Fleet:Cloud:ReconcileAt=03:00"]);
        nightly.Pass(TimeSpan.FromHours(17.5).TotalSeconds); // 02:30
        nightly.Pass(60);
        Assert.Empty(Histories);
        nightly.Pass(TimeSpan.FromMinutes(29).TotalSeconds);
        await Eventually.Equal(1d, async () =>
            (await Metrics.Of(nightly))["fleet_reconcile_differences_total", ("kind", "theirs_only")] ?? -1,
            () => nightly.Pass(0.1)); // slowly: a read that takes long is given up, and made again much later
        for (var i = 0; i < 20; i++) nightly.Pass(600);
        var metrics = await Metrics.Of(nightly);
        Assert.Equal(1, metrics["fleet_reconcile_runs_total", ("result", "different")]);
        Assert.Single(Histories);
    }

    [Fact]
    public async Task The_command_line_prints_a_table_and_tells_the_result_by_its_exit_code()
    {
        await Pay();
        _pages.Add([Item(1), Item(8, amount: "7.00")]);
        var shell = new Shell(Fleet, FleetApp.LiveKey);
        Assert.Equal(4, (await shell.Run($"reconcile --day {Day} --stored")).Code);
        DayIsOver();
        var ran = await shell.Run($"reconcile --day {Day}");
        Assert.Equal(1, ran.Code);
        Assert.Contains("only SumUp has it", ran.Out, StringComparison.Ordinal);
        Assert.Contains("the customer may have paid twice", ran.Out, StringComparison.Ordinal);
        Assert.Contains($"on {Day}: 1 difference, compared at", ran.Out, StringComparison.Ordinal);
        _pages[0] = [Item(1)];
        var equal = await shell.Run($"reconcile --day {Day} --json");
        Assert.Equal(0, equal.Code);
        Assert.Equal("DONE", Assert.Single(Shell.Documents(equal.Out)).Text("state"));
    }

    [Theory]
    [InlineData("2026-03-02")]
    [InlineData("yesterday")]
    public async Task A_day_that_is_none_or_in_the_future_is_refused(string day)
    {
        using var answer = await Till.Get($"/fleet/v1/reconciliation/{day}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_merchant_that_is_not_linked_has_nothing_to_compare()
    {
        using var answer = await Fleet.Till.Post($"/fleet/v1/reconciliation/{Day}", new { });
        Assert.Equal("The merchant is not linked with SumUp.", (await answer.Json()).Text("problem"));
    }

    private IEnumerable<CloudRequest> Histories =>
        Cloud.Requests.Where(request => request.Path.Contains("/history", StringComparison.Ordinal));

    private void DayIsOver() => Fleet.Pass(TimeSpan.FromHours(18).TotalSeconds);

    private Task<JsonElement> Run() => Told(Till.Post($"/fleet/v1/reconciliation/{Day}", new { }));

    /// <summary>A comparison that waits for a page in vain, until it is given up.</summary>
    private async Task<JsonElement> RunInVain()
    {
        var run = Run();
        await Eventually.Equal(true, () => Task.FromResult(run.IsCompleted), () => Fleet.Pass(1));
        await Eventually.Equal("DONE", async () => (await Get()).Text("state"), () => Fleet.Pass(1));
        return await Get();
    }

    private Task<JsonElement> Get() => Told(Till.Get($"/fleet/v1/reconciliation/{Day}"));

    private static async Task<JsonElement> Told(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    private static string Differences(JsonElement report) => report.GetProperty("differences").GetRawText();

    private async Task<string> PairReader()
    {
        Cloud.Then(201, $$"""
            {"id":"{{CloudReader}}","name":"Lane","status":"paired",
             "device":{"identifier":"U1DT3NA00-CN","model":"solo"} }
            """);
        using var answer = await Till.Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        return (await answer.Json()).GetProperty("id").GetString() ?? "";
    }

    /// <summary>A payment of 15.00 EUR, the first of which has the number 1 at the cloud.</summary>
    private async Task<(string Reader, Guid Id)> Pay(string? reader = null)
    {
        reader ??= await PairReader();
        _serial++;
        _transactions[$"client-{_serial}"] = Item(_serial);
        var id = await Till.Charge(reader, Connector.Coffee());
        await Eventually.Equal("successful", () => Till.Outcome(reader, id), () => Fleet.Pass(1));
        _transactions.Remove($"client-{_serial}");
        return (reader, id);
    }

    private static string Item(
        int number, string amount = "15.00", string status = "SUCCESSFUL", string refunded = "0",
        string? type = "PAYMENT", string? foreign = null) => $$"""
        {"id":"tx-{{number}}","transaction_id":"tx-{{number}}","transaction_code":"T{{number}}","type":"{{type}}",
         "client_transaction_id":"client-{{number}}","amount":{{amount}},"currency":"EUR","status":"{{status}}",
         "timestamp":"2026-03-01T09:00:0{{number % 10}}.000Z","refunded_amount":{{refunded}},
         "foreign_transaction_id":{{(foreign is null ? "null" : $"\"{foreign}\"")}} }
        """;

    private async Task HoldPage(HttpContext http, int page)
    {
        await _hold(http);
        await WritePage(http, page);
    }

    private Task WritePage(HttpContext http, int page)
    {
        var next = page + 1 < _pages.Count ? $$"""{"rel":"next","href":"limit=100&oldest_ref={{page + 1}}"}""" : "";
        return CloudStandIn.Write(http, 200,
            $$"""{"items":[{{string.Join(',', _pages.ElementAtOrDefault(page) ?? [])}}],"links":[{{next}}]}""");
    }

    private Task Answer(HttpContext http)
    {
        var (path, query) = (http.Request.Path.Value ?? "", http.Request.Query);
        if (path.EndsWith("/history", StringComparison.Ordinal))
        {
            var page = int.TryParse(query["oldest_ref"], out var number) ? number : 0;
            return page == _held ? HoldPage(http, page) : WritePage(http, page);
        }
        if (path.EndsWith("/transactions", StringComparison.Ordinal))
            return _transactions.TryGetValue($"{query["client_transaction_id"]}", out var found)
                ? CloudStandIn.Write(http, 200, found)
                : CloudStandIn.Write(http, 404, "{}");
        if (path.EndsWith("/status", StringComparison.Ordinal))
            return CloudStandIn.Write(http, 200, """{"data":{"status":"ONLINE","state":"IDLE"} }""");
        if (path.Contains("/checkout/", StringComparison.Ordinal)) return CloudStandIn.Write(http, 200, $$"""
            {"data":{"checkout_id":"c-{{_serial}}","client_transaction_id":"client-{{_serial}}","status":"successful",
             "total_amount":{"currency":"EUR","minor_unit":2,"value":1500} } }
            """);
        return CloudStandIn.Write(http, 201,
            $$"""{"data":{"checkout_id":"c-{{_serial}}","client_transaction_id":"client-{{_serial}}"} }""");
    }
}

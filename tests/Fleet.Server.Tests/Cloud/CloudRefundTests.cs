using System.Net;
using Microsoft.AspNetCore.Http;

namespace Fleet.Server.Tests;

/// <summary>Refunds in SumUp's cloud, with every answer that it can give.</summary>
public sealed class CloudRefundTests : IAsyncLifetime
{
    private const string CloudReader = "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ";

    private FleetApp? _fleet;
    private CloudStandIn? _cloud;
    private string _events = "[]";
    private bool _isAway;
    private (int Status, string Body) _refund;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("It is not running.");

    private CloudStandIn Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    private Till Till => Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    public async ValueTask InitializeAsync()
    {
        _cloud = await CloudStandIn.Start(TimeProvider.System);
        _fleet = await FleetApp.Start(null, Connector.LinkTo(_cloud.Url));
        Cloud.Usually(AnswerReads);
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    [Fact]
    public async Task A_refund_is_sent_once_with_its_amount_and_recorded()
    {
        var (_, id) = await Pay();
        AnswerRefunds(201, "{}");
        Assert.Equal("201", await Refund(id, 5));
        Assert.Equal("""/v1.0/merchants/MLIVE001/payments/tx-1/refunds {"amount":5.00}""",
            Assert.Single(Refunds.Select(sent => $"{sent.Path} {sent.Body}")));
        Assert.Equal("REFUNDED 5.00", await Refunded(id));
        Assert.Equal(["accepted", "started", "confirmed", "succeeded", "refund_begun", "refunded"], await Kinds(id));
    }

    [Theory]
    [InlineData(400, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(401, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(403, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(404, """{"type":"https://developer.sumup.com/problem/not-found"}""", "422 PROVIDER_REFUSED")]
    [InlineData(422, "{}", "422 PROVIDER_REFUSED")]
    public async Task A_definite_no_is_told_and_the_refund_may_be_asked_again(int status, string body, string word)
    {
        var (_, id) = await Pay();
        AnswerRefunds(status, body);
        Assert.Equal(word, await Refund(id, 5, "one"));
        Assert.Equal("refund_dropped", (await Kinds(id))[^1]);
        AnswerRefunds(201, "{}");
        Assert.Equal("201", await Refund(id, 5, "one"));
        Assert.Equal("REFUNDED 5.00", await Refunded(id));
        Assert.Equal(2, Refunds.Count());
    }

    [Fact]
    public async Task An_amount_that_the_cloud_finds_too_large_is_told_as_too_large()
    {
        var (_, id) = await Pay();
        AnswerRefunds(422, """
            {"type":"https://developer.sumup.com/problem/unprocessable-entity","errors":[
             {"code":"INVALID_AMOUNT","detail":"Amount exceeds the refundable amount","max_refundable_amount":4}]}
            """);
        using var answer = await Post(id, 5, null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("INVALID_AMOUNT", (await answer.Json()).GetProperty("error_code").GetString());
    }

    [Theory]
    [InlineData(15.01, "", "INVALID_AMOUNT")]
    [InlineData(10.01, """{"event_type":"REFUND","status":"REFUNDED","amount":5.00}""", "INVALID_AMOUNT")]
    [InlineData(null, """{"event_type":"REFUND","status":"PENDING","amount":15.00}""", "NOT_REFUNDABLE")]
    public async Task Too_much_is_refused_before_it_is_sent(double? amount, string made, string code)
    {
        var (_, id) = await Pay();
        _events = $"[{made}]";
        using var answer = await Post(id, amount, null);
        Assert.Equal(code, (await answer.Json()).GetProperty("error_code").GetString());
        Assert.Empty(Refunds);
    }

    [Fact]
    public async Task A_refund_that_failed_at_the_cloud_does_not_count_as_made()
    {
        var (_, id) = await Pay();
        _events = """[{"event_type":"REFUND","status":"FAILED","amount":15.00}]""";
        AnswerRefunds(201, "{}");
        Assert.Equal("201", await Refund(id, null));
        Assert.Contains("15.00", Assert.Single(Refunds).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(502, """{"errors":{"detail":"Bad Gateway"}}""")]
    [InlineData(500, "<html></html>")]
    [InlineData(429, "{}")]
    [InlineData(408, "{}")]
    [InlineData(499, "{}")]
    [InlineData(425, "{}")]
    [InlineData(200, "<html>Blocked by the proxy</html>")]
    [InlineData(200, """{"status":"FAILED"}""")]
    public async Task An_unclear_answer_is_told_as_unknown_and_the_refund_is_found(int status, string body)
    {
        var (_, id) = await Pay();
        AnswerRefunds(status, body);
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5, "one"));
        Assert.Equal("409 REFUND_PENDING", await Refund(id, 5, "two"));
        _events = """[{"event_type":"REFUND","status":"PENDING","amount":5.00}]""";
        await Becomes("REFUNDED 5.00", id);
        Assert.Equal("201", await Refund(id, 5, "one"));
        Assert.Single(Refunds);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_found_in_the_older_list_of_events()
    {
        var (_, id) = await Pay();
        AnswerRefunds(0, "");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, null));
        _events = """[{"type":"REFUND","status":"SUCCESSFUL","amount":15}]""";
        await Becomes("REFUNDED 15.00", id);
        Assert.Single(Refunds);
    }

    [Fact]
    public async Task A_refund_that_the_cloud_never_made_is_dropped_and_can_be_asked_again()
    {
        var (_, id) = await Pay();
        AnswerRefunds(504, "{}");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5, "one"));
        await Eventually.Equal("refund_dropped", async () => (await Kinds(id))[^1], () => Fleet.Pass(1));
        Assert.Single(Refunds);
        AnswerRefunds(201, "{}");
        Assert.Equal("201", await Refund(id, 5, "one"));
        Assert.Equal("REFUNDED 5.00", await Refunded(id));
    }

    [Fact]
    public async Task A_sum_that_is_not_told_is_not_zero_and_the_refund_stays()
    {
        var (_, id) = await Pay();
        AnswerRefunds(504, "{}");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5));
        _events = "null";
        for (var i = 0; i < 30; i++) await Reads();
        Assert.Equal("refund_doubted", (await Kinds(id))[^1]);
        Assert.Equal("409 REFUND_PENDING", await Refund(id, 5));
    }

    [Fact]
    public async Task A_payment_that_is_too_new_is_refunded_a_little_later()
    {
        var (_, id) = await Pay();
        AnswerRefunds(409, """{"type":"https://developer.sumup.com/problem/conflict","status":409}""");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5, "one"));
        AnswerRefunds(201, "{}");
        await Becomes("REFUNDED 5.00", id);
        Assert.Equal("201", await Refund(id, 5, "one"));
        Assert.Equal(2, Refunds.Count());
    }

    [Fact]
    public async Task A_conflict_over_an_old_payment_says_that_it_is_not_refundable()
    {
        var (_, id) = await Pay();
        Fleet.Pass(600);
        AnswerRefunds(409, "{}");
        Assert.Equal("409 NOT_REFUNDABLE", await Refund(id, 5));
        Assert.Single(Refunds);
    }

    [Fact]
    public async Task A_cloud_that_cannot_be_read_is_asked_for_no_refund()
    {
        var (_, id) = await Pay();
        _isAway = true;
        Assert.Equal("422 PROVIDER_UNAVAILABLE", await Refund(id, 5));
        Assert.Empty(Refunds);
        Assert.Equal("succeeded", (await Kinds(id))[^1]);
    }

    [Fact]
    public async Task A_till_that_waits_too_long_is_told_that_it_is_unknown()
    {
        var (_, id) = await Pay();
        AnswerRefunds(-1, "");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5, "one"));
        _events = """[{"event_type":"REFUND","status":"REFUNDED","amount":5.00}]""";
        await Becomes("REFUNDED 5.00", id);
        Assert.Single(Refunds);
    }

    [Fact]
    public async Task A_key_that_was_used_for_another_request_is_refused()
    {
        var (_, id) = await Pay();
        AnswerRefunds(201, "{}");
        Assert.Equal("201", await Refund(id, 5, "one"));
        _events = """[{"event_type":"REFUND","status":"REFUNDED","amount":5.00}]""";
        Assert.Equal("422 IDEMPOTENCY_KEY_REUSED", await Refund(id, 6, "one"));
        Assert.Single(Refunds);
    }

    [Fact]
    public async Task A_node_that_forgot_everything_finds_the_refund_of_its_ledger()
    {
        var (reader, id) = await Pay();
        AnswerRefunds(504, "{}");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5, "one"));
        var folder = Fleet.Folder;
        await Fleet.Stop();
        _fleet = await FleetApp.Start(folder, Connector.LinkTo(Cloud.Url));
        _events = """[{"event_type":"REFUND","status":"REFUNDED","amount":5.00}]""";
        await Becomes("REFUNDED 5.00", id, 10);
        Assert.Equal("201", await Refund(id, 5, "one"));
        await Fleet.Forget(reader);
        Assert.Equal("REFUNDED 5.00", await Refunded(id));
        Assert.Single(Refunds);
    }

    [Fact]
    public async Task A_refund_whose_sum_fits_neither_way_is_an_incident_until_its_sum_fits()
    {
        var id = await AskInDoubt();
        await Eventually.Equal("refund_unknown 1", () => Till.OpenAbout("checkout_id", id), () => Fleet.Pass(20));
        _events = Given("5.00");
        await Eventually.Equal("resolved/ended/fleet", () => Till.NewestAbout("checkout_id", id),
            () => Fleet.Pass(20));
    }

    [Theory]
    [InlineData("made", "REFUNDED 5.00", "3.00", "0.00")]
    [InlineData("not_made", "SUCCESSFUL 0.00", "3.00", "5.00")]
    public async Task An_operator_records_a_refund_and_the_opposite_that_SumUp_shows_later_is_an_incident(
        string outcome, string told, string before, string after)
    {
        var id = await AskInDoubt();
        _events = Given(before);
        Assert.Equal("TOO_EARLY_TO_RECORD", await Record(id, outcome).Reason());
        Fleet.Pass(300);
        for (var i = 0; i < 2; i++)
        {
            using var recorded = await Record(id, outcome);
            Assert.Equal(HttpStatusCode.OK, recorded.StatusCode);
        }
        Assert.Equal("REFUND_NOT_PENDING", await Record(id, outcome is "made" ? "not_made" : "made").Reason());
        Assert.Equal(told, await Refunded(id));
        Assert.Single(await Till.AuditRows("action=refund.record"));
        var last = (await Till.Timeline(id)).GetProperty("events").EnumerateArray().Last();
        Assert.Equal(("operator", "SumUp says so"), (last.Text("actor"), last.GetProperty("record").Text("reason")));

        _events = Given(after);
        await Eventually.Equal("disputed_result 1", () => Till.OpenAbout("checkout_id", id), () => Fleet.Pass(20));
        Assert.Equal(told, await Refunded(id));
        Assert.Equal("refund_disputed", (await Kinds(id))[^1]);
    }

    [Fact]
    public async Task A_refund_is_recorded_from_the_command_line()
    {
        var id = await AskInDoubt();
        Fleet.Pass(300);

        var shell = new Shell(Fleet, FleetApp.LiveKey);
        Assert.Equal($"Recorded: of checkout {id} 5.00 EUR is given back.\n",
            await shell.Does($"checkout record-refund {id} made --reason \"SumUp says so\""));
    }

    /// <summary>A refund of 5.00 without an answer, beside one of 3.00 that was made at SumUp then.</summary>
    private async Task<Guid> AskInDoubt()
    {
        var (_, id) = await Pay();
        AnswerRefunds(504, "{}");
        Assert.Equal("503 REFUND_UNKNOWN", await Refund(id, 5, "one"));
        _events = Given("3.00");
        return id;
    }

    private static string Given(string amount) =>
        $$"""[{"event_type":"REFUND","status":"REFUNDED","amount":{{amount}}}]""";

    private Task<HttpResponseMessage> Record(Guid id, string outcome) =>
        Till.Post($"/fleet/v1/checkouts/{id}/refund-outcome", new { outcome, reason = "SumUp says so" });

    private IEnumerable<CloudRequest> Refunds =>
        Cloud.Requests.Where(request => request.Path.EndsWith("/refunds", StringComparison.Ordinal));

    private void AnswerRefunds(int status, string body) => _refund = (status, body);

    /// <summary>A reader, and a payment of 15.00 EUR on it.</summary>
    private async Task<(string Reader, Guid Id)> Pay()
    {
        Cloud.Then(201, $$"""
            {"id":"{{CloudReader}}","name":"Lane","status":"paired",
             "device":{"identifier":"U1DT3NA00-CN","model":"solo"} }
            """);
        using var answer = await Till.Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        var reader = (await answer.Json()).GetProperty("id").GetString() ?? "";
        var id = await Till.Charge(reader, Connector.Coffee());
        await Eventually.Equal("successful", () => Till.Outcome(reader, id), () => Fleet.Pass(1));
        return (reader, id);
    }

    private async Task<HttpResponseMessage> Post(Guid id, double? amount, string? key)
    {
        var path = $"/v1.0/merchants/{FleetApp.LiveMerchant}/payments/{id}/refunds";
        var answer = Till.Post(path, amount is null ? new { } : new { amount },
            key is null ? [] : [("Idempotency-Key", key)]);
        // slowly: a busy machine needs more than a moment for an answer, and the refund waits for it for 8.5 s only
        await Eventually.Equal(true, () => Task.FromResult(answer.IsCompleted), () => Fleet.Pass(0.15));
        return await answer;
    }

    private async Task<string> Refund(Guid id, double? amount, string? key = null)
    {
        using var answer = await Post(id, amount, key);
        return answer.StatusCode is HttpStatusCode.Created ? "201" : await answer.Refusal();
    }

    private async Task<string> Refunded(Guid id)
    {
        using var answer = await Till.Get($"/v2.1/merchants/{FleetApp.LiveMerchant}/transactions?id={id}");
        var body = await answer.Json();
        var sum = body.GetProperty("transaction_events").EnumerateArray()
            .Sum(one => one.GetProperty("amount").GetDecimal());
        return FormattableString.Invariant($"{body.GetProperty("status").GetString()} {sum:0.00}");
    }

    private Task Becomes(string refunded, Guid id, double step = 1) =>
        Eventually.Equal(refunded, () => Refunded(id), () => Fleet.Pass(step));

    private async Task<string?[]> Kinds(Guid id) => [.. (await Till.Timeline(id)).GetProperty("events")
        .EnumerateArray().Select(one => one.GetProperty("kind").GetString())];

    /// <summary>Lets time pass until the payment is read once more.</summary>
    private Task Reads()
    {
        var before = Cloud.Requests.Count;
        return Eventually.Equal(true, () => Task.FromResult(Cloud.Requests.Count > before), () => Fleet.Pass(5));
    }

    private Task AnswerReads(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (_isAway) return CloudStandIn.Abort(http);
        if (path.EndsWith("/refunds", StringComparison.Ordinal))
            return _refund.Status switch
            {
                < 0 => CloudStandIn.Hold(http),
                0 => CloudStandIn.Abort(http),
                _ => CloudStandIn.Write(http, _refund.Status, _refund.Body),
            };
        if (path.EndsWith("/transactions", StringComparison.Ordinal)) return CloudStandIn.Write(http, 200, $$"""
            {"id":"tx-1","transaction_code":"TXCODE1","client_transaction_id":"t-1","amount":15.00,"currency":"EUR",
             "status":"SUCCESSFUL","merchant_code":"{{FleetApp.LiveMerchant}}","tip_amount":0,
             "transaction_events":{{_events}} }
            """);
        if (path.Contains("/checkout/", StringComparison.Ordinal)) return CloudStandIn.Write(http, 200, """
            {"data":{"checkout_id":"c-1","client_transaction_id":"t-1","status":"successful",
             "total_amount":{"currency":"EUR","minor_unit":2,"value":1500} } }
            """);
        return CloudStandIn.Write(http, 201, """{"data":{"checkout_id":"c-1","client_transaction_id":"t-1"}}""");
    }
}

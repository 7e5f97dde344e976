using System.Net;
using Microsoft.AspNetCore.Http;

namespace Fleet.Server.Tests;

/// <summary>Starts of which the cloud does not say clearly whether it took them.</summary>
public sealed class UnclearAnswerTests : IAsyncLifetime
{
    private const string CloudReader = "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ";

    private FleetApp? _fleet;
    private CloudStandIn? _cloud;
    private string? _transaction;
    private string _history = """{"items":[],"links":[]}""";

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

    [Theory]
    [InlineData(502, """{"errors":{"detail":"Bad Gateway"}}""")]
    [InlineData(504, """{"errors":{"detail":"Gateway Timeout"}}""")]
    [InlineData(500, """{"errors":{"detail":"Internal Server Error"}}""")]
    [InlineData(502, "<html><body>502 Bad Gateway</body></html>")]
    [InlineData(201, """{"data":{"checkout_id":""")]
    [InlineData(408, "{}")]
    [InlineData(429, "{}")]
    public async Task An_unclear_answer_is_told_as_unknown_and_the_payment_is_found(int status, string body)
    {
        var reader = await PairReader();
        Cloud.Then(status, body);
        var (word, id) = await Start(reader);
        Assert.Equal("503 OUTCOME_UNKNOWN", word);
        Assert.Equal("pending", await Till.Outcome(reader, id));
        _transaction = Paid(id);
        await Becomes(reader, id, "successful");
        Assert.Single(Creates);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_told_as_unknown_and_holds_the_reader()
    {
        var reader = await PairReader();
        Cloud.Then(CloudStandIn.Abort);
        var (word, id) = await Start(reader);
        Assert.Equal("503 OUTCOME_UNKNOWN", word);
        using var other = await Till.Post($"readers/{reader}/checkout", Connector.Coffee());
        Assert.Equal("422 READER_BUSY", await other.Refusal());
        Assert.Equal($"{id}", (await other.Json()).GetProperty("errors").GetProperty("checkout_id").GetString());
    }

    [Fact]
    public async Task A_repeat_with_the_same_key_finds_the_checkout_and_sends_nothing()
    {
        var reader = await PairReader();
        Cloud.Then(502, "{}");
        var (order, key) = (Connector.Coffee(), ("Idempotency-Key", "one-sale"));
        var (first, id) = await Start(reader, order, key);
        var (second, same) = await Start(reader, order, key);
        Assert.Equal(("503 OUTCOME_UNKNOWN", "503 OUTCOME_UNKNOWN"), (first, second));
        Assert.Equal(id, same);
        _transaction = Paid(id);
        await Becomes(reader, id, "successful");
        Assert.Equal(("201", id), await Start(reader, order, key));
        Assert.Single(Creates);
    }

    [Fact]
    public async Task What_the_cloud_never_had_ends_after_two_minutes_as_not_started()
    {
        var reader = await PairReader();
        Cloud.Then(504, "{}");
        var (_, id) = await Start(reader);
        Fleet.Pass(100);
        Assert.Equal("pending", await Till.Outcome(reader, id));
        await Becomes(reader, id, "cancelled/not_started", 5);
        var charged = await Till.Charge(reader, Connector.Coffee());
        Assert.NotEqual(id, charged);
    }

    [Fact]
    public async Task A_history_that_is_too_long_to_be_read_keeps_no_reader_from_its_next_payment()
    {
        var reader = await PairReader();
        _history = """{"items":[],"links":[{"rel":"next","href":"limit=100&oldest_ref=1"}]}""";
        Cloud.Then(502, "{}");
        var (_, id) = await Start(reader);
        await Becomes(reader, id, "cancelled/not_started", 5);
        await Till.Charge(reader, Connector.Coffee());
    }

    [Fact]
    public async Task A_charge_of_another_amount_is_a_dispute_and_no_success()
    {
        var reader = await PairReader();
        Cloud.Then(502, "{}");
        var (_, id) = await Start(reader);
        _transaction = Paid(id, "99.00");
        await Eventually.Equal(true, async () =>
            (await Till.Timeline(id)).GetProperty("disputed").GetBoolean(),
            () => Fleet.Pass(1));
        Assert.Equal("pending", await Till.Outcome(reader, id));
    }

    [Fact]
    public async Task A_cloud_that_takes_no_connection_is_said_to_be_away()
    {
        var reader = await PairReader();
        await Cloud.DisposeAsync();
        var (word, _) = await Start(reader);
        Assert.Equal("422 PROVIDER_UNAVAILABLE", word);
    }

    [Theory]
    [InlineData(401, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(404, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(422, """{"errors":{"detail":"busy or offline"}}""", "422 PROVIDER_REFUSED")]
    [InlineData(422, """{"errors":{"type":"READER_OFFLINE","detail":"-"}}""", "422 READER_OFFLINE")]
    public async Task A_definite_no_is_a_refusal_and_frees_the_reader(int status, string body, string word)
    {
        var reader = await PairReader();
        Cloud.Then(status, body);
        Assert.Equal(word, (await Start(reader)).Word);
        await Till.Charge(reader, Connector.Coffee());
    }

    private IEnumerable<CloudRequest> Creates => Cloud.Requests.Where(request =>
        request.Method == "POST" && request.Path.EndsWith("/checkout", StringComparison.Ordinal));

    private async Task<string> PairReader()
    {
        Cloud.Then(201, $$"""
            {"id":"{{CloudReader}}","name":"Lane","status":"paired",
             "device":{"identifier":"U1DT3NA00-CN","model":"solo"} }
            """);
        using var answer = await Till.Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Json()).GetProperty("id").GetString() ?? "";
    }

    private async Task<(string Word, Guid Id)> Start(
        string reader, object? order = null, params (string Name, string Value)[] headers)
    {
        using var answer = await Till.Post($"readers/{reader}/checkout", order ?? Connector.Coffee(), headers);
        var body = await answer.Json();
        if (answer.StatusCode is HttpStatusCode.Created)
            return ("201", body.GetProperty("data").GetProperty("checkout_id").GetGuid());
        var errors = body.GetProperty("errors");
        return (await answer.Refusal(),
            errors.TryGetProperty("checkout_id", out var id) ? id.GetGuid() : Guid.Empty);
    }

    private Task Becomes(string reader, Guid id, string outcome, double step = 1) =>
        Eventually.Equal(outcome, () => Till.Outcome(reader, id), () => Fleet.Pass(step));

    private static string Paid(Guid id, string amount = "15.00") => $$"""
        {"id":"tx-1","transaction_code":"TXCODE1","client_transaction_id":"urn:client:1","amount":{{amount}},
         "foreign_transaction_id":"fleet-{{id:N}}","currency":"EUR","status":"SUCCESSFUL",
         "merchant_code":"{{FleetApp.LiveMerchant}}","card":{"last_4_digits":"4242","type":"VISA"} }
        """;

    private Task AnswerReads(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (path.EndsWith("/status", StringComparison.Ordinal))
            return CloudStandIn.Write(http, 200, """{"data":{"status":"ONLINE","state":"IDLE"}}""");
        if (path.EndsWith("/history", StringComparison.Ordinal))
            return CloudStandIn.Write(http, 200, _history);
        if (path.EndsWith("/transactions", StringComparison.Ordinal) && _transaction is { } body)
            return CloudStandIn.Write(http, 200, body);
        return http.Request.Method == "POST" && path.EndsWith("/checkout", StringComparison.Ordinal)
            ? CloudStandIn.Write(http, 201, """{"data":{"checkout_id":"c-1","client_transaction_id":"t-1"}}""")
            : CloudStandIn.Write(http, 404, "{}");
    }
}

using System.Globalization;
using Fleet.Server.Cloud;

namespace Fleet.Server.Tests;

/// <summary>The other calls: their paths, their retries, and bodies that differ from the documentation.</summary>
public sealed class CloudReadTests : IAsyncLifetime
{
    private const string Reader = CloudWorld.ReaderId;

    private static readonly Dictionary<string, Func<CloudClient, Task>> Calls = new()
    {
        [$"GET /v0.1/merchants/MCLOUD01/readers/{Reader}/checkout/00e3"] =
            c => c.ReadCheckout(Reader, "00e3", null, Cancel),
        [$"POST /v0.1/merchants/MCLOUD01/readers/{Reader}/terminate"] = c => c.TerminateCheckout(Reader, null, Cancel),
        [$"GET /v0.1/merchants/MCLOUD01/readers/{Reader}/status"] = c => c.ReadStatus(Reader, null, Cancel),
        ["GET /v0.1/merchants/MCLOUD01/readers"] = c => c.ListReaders(Cancel),
        [$"GET /v0.1/merchants/MCLOUD01/readers/{Reader}"] = c => c.ReadReader(Reader, Cancel),
        ["POST /v0.1/merchants/MCLOUD01/readers"] =
            c => c.PairReader(new() { PairingCode = "4WLFDSBF", Name = "Till 1" }, Cancel),
        [$"DELETE /v0.1/merchants/MCLOUD01/readers/{Reader}"] = c => c.DeleteReader(Reader, Cancel),
        ["GET /v2.1/merchants/MCLOUD01/transactions?client_transaction_id=urn%3Asumup%3A1%3B2%26"] =
            c => c.ReadTransactionByClientId("urn:sumup:1;2&", null, Cancel),
        ["GET /v2.1/merchants/MCLOUD01/transactions?foreign_transaction_id=fleet-1"] =
            c => c.ReadTransactionByForeignId("fleet-1", null, Cancel),
        ["GET /v2.1/merchants/MCLOUD01/transactions?id=6b42"] = c => c.ReadTransaction("6b42", null, Cancel),
        ["GET /v2.1/merchants/MCLOUD01/transactions/history?limit=100&order=ascending"
            + "&changes_since=2026-11-29T11%3A55%3A00.000Z"] =
            c => c.ListTransactions(new(2026, 11, 29, 12, 55, 0, TimeSpan.FromHours(1)), null, Cancel),
        ["GET /v2.1/merchants/MCLOUD01/transactions/history?limit=10&order=ascending&oldest_ref=090d"] =
            c => c.ListNextTransactions("limit=10&oldest_ref=090d&order=ascending&new=1", null, Cancel),
        ["POST /v1.0/merchants/MCLOUD01/payments/6b42/refunds"] = c => c.RefundTransaction("6b42", 5.50m, Guid.Empty),
        ["GET /v1/merchants/MCLOUD01"] = c => c.ReadMerchant(Cancel),
    };

    private readonly CloudWorld _world = new();

    public static TheoryData<string> Paths => [.. Calls.Keys];

    public static TheoryData<string> Changes => [.. Calls.Keys.Where(path => !IsRead(path))];

    public static TheoryData<string> Reads => [.. Calls.Keys.Where(IsRead)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CloudStandIn Cloud => _world.Cloud;

    private CloudClient Client => _world.Client;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Each_call_has_the_path_that_the_cloud_documents(string path)
    {
        await Calls[path](Client);

        var request = Assert.Single(Cloud.Requests);
        Assert.Equal(path, $"{request}");
        Assert.Equal($"Bearer {CloudWorld.Secret}", request.Headers["Authorization"]);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_call_that_changes_something_is_sent_once(string path)
    {
        Cloud.Usually(503, "{}", ("Retry-After", "0"));
        await Calls[path](Client);
        Cloud.Then(CloudStandIn.Abort);
        await Calls[path](Client);

        Assert.Equal([path, path], Cloud.Requests.Select(request => $"{request}"));
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task A_read_is_repeated_after_a_passing_failure(string path)
    {
        Cloud.Then(502, "<html>").Then(200, "{}");
        await _world.Run(Done(Calls[path](Client)));
        Cloud.Then(CloudStandIn.Abort).Then(200, "{}");
        await _world.Run(Done(Calls[path](Client)));

        Assert.Equal([path, path, path, path], Cloud.Requests.Select(request => $"{request}"));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(307)]
    public async Task A_read_with_a_definite_answer_is_not_repeated(int status)
    {
        Cloud.Usually(status, "{}");

        var answer = await Client.ReadCheckout(Reader, "00e3", null, Cancel);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 404, answer.IsNotFound);
        Assert.Single(Cloud.Requests);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("Sun, 29 Nov 2026 12:00:02 GMT")]
    public async Task A_repetition_comes_no_earlier_than_the_cloud_asks(string after)
    {
        Cloud.Then(429, "{}", ("Retry-After", after)).Then(200, """{"data":{"status":"pending"}}""");

        var answer = await _world.Run(Client.ReadCheckout(Reader, "00e3", null, Cancel));

        Assert.Equal(WireCheckoutStatus.Pending, answer.Body?.Status);
        // The clock may have gone on before the first request; a date means a time, whenever that was.
        var earliest = DateTimeOffset.TryParseExact(
            after, "r", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : Cloud.Requests[0].At.AddSeconds(2);
        Assert.InRange(Cloud.Requests[1].At, earliest, earliest.AddSeconds(1));
    }

    [Theory]
    [InlineData("30", 30)]
    [InlineData("Sun, 29 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("99999999", 600)]
    public async Task A_long_pause_ends_the_call_and_keeps_all_but_payments_back(string after, int seconds)
    {
        Cloud.Then(429, "{}", ("Retry-After", after));
        var slowed = await Client.ReadCheckout(Reader, "00e3", null, Cancel);
        Assert.Equal((429, TimeSpan.FromSeconds(seconds)), (slowed.Status, slowed.RetryAfter));

        var held = Client.ReadStatus(Reader, null, Cancel);
        var payment = await Client.CreateCheckout(Reader, CloudWorld.Coffee);
        var status = await _world.Run(held, step: 0.5);

        Assert.Equal(200, payment.Status);
        Assert.Equal((CloudFailure.Withheld, "the call had no turn in time"), (status.Failure, status.Problem));
        Assert.Equal(2, Cloud.Requests.Count);
    }

    [Fact]
    public async Task A_read_without_an_answer_ends_in_its_time_with_all_attempts()
    {
        Cloud.ThenHold().ThenHold().ThenHold();

        var answer = await _world.Run(Client.ReadCheckout(Reader, "00e3", null, Cancel), step: 0.5);

        Assert.Equal(CloudFailure.TimedOut, answer.Failure);
        Assert.InRange(Cloud.Requests.Count, 1, 2);
        Assert.True(_world.Clock.GetUtcNow() >= _world.Clock.Start.AddSeconds(8));
    }

    [Fact]
    public async Task A_caller_that_leaves_gets_the_exception_that_callers_expect()
    {
        Cloud.ThenHold();
        using var leaves = new CancellationTokenSource();
        var read = Client.ReadStatus(Reader, null, leaves.Token);
        await Cloud.Next();

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task A_checkout_may_have_nulls_unknown_words_and_numbers_as_texts()
    {
        Cloud.Usually(200, """
            {"data":{"checkout_id":"00e3","client_transaction_id":null,"status":"on_hold","payment_status":null,
            "card_type":null,"installments":"2","valid_until":"soon","created_at":"2026-07-07T20:41:16.315434Z",
            "total_amount":{"currency":"EUR","minor_unit":"2","value":"1500"},"payment_failure_reason":"declined"}}
            """);

        var checkout = (await Client.ReadCheckout(Reader, "00e3", null, Cancel)).Body;

        Assert.Equal(new WireCheckout("00e3", null, WireCheckoutStatus.Unknown, null, "declined", new("EUR", 2, 1500),
            null, null, 2, null, null, null, new(2026, 7, 7, 20, 41, 16, 315, 434, TimeSpan.Zero), null), checkout);
    }

    [Theory]
    [InlineData("""{"data":{"status":"ONLINE"}}""", true, "Unknown", null, null)]
    [InlineData("""{"data":{"status":"OFFLINE","state":"IDLE","battery_level":10.5,"battery_temperature":35}}""",
        false, "Idle", 10.5, 35.0)]
    [InlineData("""
        {"data":{"status":"ONLINE","state":"WAITING_FOR_PIN","battery_level":10,"battery_temperature":35.5}}
        """, true, "WaitingForPin", 10.0, 35.5)]
    [InlineData("""{"data":{"status":"ONLINE","state":"DANCING","battery_level":"77"}}""", true, "Unknown", 77.0, null)]
    [InlineData("""{"data":{"status":"ASLEEP","state":3,"battery_level":"full"}}""", null, "Unknown", null, null)]
    [InlineData("{}", null, "Unknown", null, null)]
    public async Task A_status_says_what_it_has_and_null_for_the_rest(
        string body, bool? online, string state, double? battery, double? temperature)
    {
        Cloud.Usually(200, body);

        var status = (await Client.ReadStatus(Reader, null, Cancel)).Body;

        Assert.Equal((online, state), (status?.IsOnline, $"{status?.State}"));
        Assert.Equal(((decimal?)battery, (decimal?)temperature), (status?.BatteryLevel, status?.BatteryTemperature));
    }

    [Fact]
    public async Task A_transaction_keeps_amounts_exactly_and_four_digits_of_the_card()
    {
        Cloud.Usually(200, """
            {"id":"6b42","transaction_code":"TEENSK4W2K","amount":10.10,"tip_amount":"1.10","currency":"EUR",
            "status":"SUCCESSFUL","merchant_code":"MCLOUD01","timestamp":"2026-02-29T10:56:56.876Z",
            "card":{"last_4_digits":"4111111111111234","type":"FUTURECARD"},"entry_mode":"N/A",
            "transaction_events":[{"id":9007199254740991,"event_type":"REFUND","status":"REFUNDED","amount":2.5},{}]}
            """);

        var found = (await Client.ReadTransaction("6b42", null, Cancel)).Body;

        Assert.Equal((10.10m, 1.10m, WireTransactionStatus.Successful),
            (found?.Amount, found?.TipAmount, found?.Status));
        Assert.Equal(("1234", "FUTURECARD", "N/A", null),
            (found?.CardLast4, found?.CardType, found?.EntryMode, found?.At)); // there was no such day
        Assert.Equal(
            new WireTransactionEvent[]
            {
                new(9_007_199_254_740_991, "REFUND", "REFUNDED", 2.5m, null), new(null, null, null, null, null),
            },
            found?.Events ?? []);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"transaction_events":null,"events":null}""", true)]
    [InlineData("""{"transaction_events":null,"events":[]}""", false)]
    public async Task A_missing_list_of_events_is_not_an_empty_one(string body, bool isMissing)
    {
        Cloud.Usually(200, body);

        var found = await Client.ReadTransaction("6b42", null, Cancel);

        Assert.Equal(isMissing, found.Body?.Events is null);
    }

    [Theory]
    [InlineData("""{"items":[{"transaction_id":"1","status":"CHARGE_BACK"}],"links":[]}""", 1, null)]
    [InlineData("""{"items":[],"links":[{"rel":"prev","href":"a=1"},{"rel":"next","href":"limit=10"}]}""", 0,
        "limit=10")]
    [InlineData("""{"items":[],"links":[{"rel":"next","href":""}]}""", 0, null)]
    [InlineData("""{"items":[{},null,7]}""", 3, null)]
    public async Task A_page_of_the_history_says_where_the_next_one_is(string body, int items, string? next)
    {
        Cloud.Usually(200, body);

        var page = (await Client.ListTransactions(_world.Clock.GetUtcNow(), null, Cancel)).Body;

        Assert.Equal((items, next), (page?.Items.Count, page?.Next));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"items":null,"links":[]}""")]
    [InlineData("""{"error":"busy"}""")]
    public async Task A_page_without_a_list_does_not_say_that_there_is_nothing(string body)
    {
        Cloud.Usually(200, body);

        Assert.Null((await Client.ListTransactions(_world.Clock.GetUtcNow(), null, Cancel)).Body);
    }

    [Fact]
    public async Task Readers_are_listed_with_what_each_of_them_has()
    {
        Cloud.Usually(200, """
            {"items":[{"id":"rdr_1","name":"Till","status":"paired","device":{"identifier":"U1","model":"solo-3"}},
            {"id":"rdr_2","status":"lost","device":null}]}
            """);

        var readers = (await Client.ListReaders(Cancel)).Body?.Readers;

        Assert.Equal(
            new WireReader[]
            {
                new("rdr_1", "Till", WirePairing.Paired, "U1", "solo-3", null, null),
                new("rdr_2", null, WirePairing.Unknown, null, null, null, null),
            },
            readers ?? []);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"data":{"status":"SUCCESSFUL"}}""")]
    public async Task The_body_of_a_done_change_does_not_matter(string body)
    {
        Cloud.Usually(202, body);

        Assert.True((await Client.TerminateCheckout(Reader, null, Cancel)).IsSuccess);
        Assert.Equal("0", Cloud.Requests[0].Headers["Content-Length"]);
    }

    [Fact]
    public async Task A_refund_has_its_amount_or_an_empty_body()
    {
        await Client.RefundTransaction("6b42", 5.50m, Guid.Empty);
        await Client.RefundTransaction("6b42", null, Guid.Empty);

        Assert.Equal(["""{"amount":5.50}""", "{}"], Cloud.Requests.Select(request => request.Body));
    }

    private static bool IsRead(string path) => path.StartsWith("GET ", StringComparison.Ordinal);

    private static async Task<bool> Done(Task call)
    {
        await call;
        return true;
    }
}

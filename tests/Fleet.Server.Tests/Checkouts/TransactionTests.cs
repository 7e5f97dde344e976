using System.Net;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>What became of a payment, asked by transaction: by its ids, as a receipt, and refunded.</summary>
public sealed class TransactionTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private static readonly PresentedCard Visa = new("4242", "VISA", EntryModes.Contactless, "053201");

    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private static string Transactions => $"/v2.1/merchants/{FleetApp.Merchant}/transactions";

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task A_running_payment_is_pending_from_the_first_second_by_each_of_its_ids()
    {
        var order = $"order-{Guid.NewGuid()}";
        var id = await fleet.Till.Charge(Device.ReaderId, Sale(order));
        var client = (await fleet.Till.Checkout(Device.ReaderId, id)).GetProperty("client_transaction_id").GetString();

        foreach (var by in new[] { $"id={id}", $"client_transaction_id={client}", $"foreign_transaction_id={order}" })
        {
            var found = await Get(by);
            Assert.Equal(("PENDING", id.ToString()),
                (found.GetProperty("status").GetString(), found.GetProperty("id").GetString()));
            Assert.False(found.TryGetProperty("transaction_code", out _));
        }
    }

    [Fact]
    public async Task A_paid_one_tells_all_that_is_known_of_it()
    {
        var id = await Pay(tip: 150, card: Visa, body: new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, description = "Two coffees",
            tip_rates = new[] { 0.1 },
        });

        var paid = await Get($"id={id}");

        Assert.Equal(("16.50", "1.50", "EUR"),
            (Raw(paid, "amount"), Raw(paid, "tip_amount"), paid.GetProperty("currency").GetString()));
        Assert.Equal("SUCCESSFUL POS CONTACTLESS 053201 Two coffees",
            string.Join(' ', new[] { "status", "payment_type", "entry_mode", "auth_code", "product_summary" }
            .Select(name => paid.GetProperty(name).GetString())));
        Assert.Equal(("4242", "VISA"),
            (paid.GetProperty("card").GetProperty("last_4_digits").GetString(),
                paid.GetProperty("card").GetProperty("type").GetString()));
        Assert.Matches("^T[0-9A-Z]{11}$", paid.GetProperty("transaction_code").GetString());
        Assert.All(paid.GetProperty("links").EnumerateArray(), link =>
            Assert.StartsWith($"{fleet.Address}v1.", link.Text("href"), StringComparison.Ordinal));
        Assert.Equal(["receipt", "refund"],
            paid.GetProperty("links").EnumerateArray().Select(link => link.GetProperty("rel").GetString()));
        Assert.DoesNotContain(paid.EnumerateObject(), member => member.Value.ValueKind is JsonValueKind.Null);
    }

    [Fact]
    public async Task A_long_description_is_cut_on_the_screen_and_whole_in_the_transaction()
    {
        var whole = string.Concat(Enumerable.Repeat("🧑‍🤝‍🧑, two coffees and a cake. ", 500));
        var id = await fleet.Till.Charge(Device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, description = whole,
        });
        var shown = (await Device.Expect<ShowCheckout>()).Checkout.Description;
        Assert.True(await Device.AskStart(id));
        await Device.Approve(id);

        Assert.InRange(shown?.Length ?? 0, 1_900, 2_000);
        Assert.EndsWith("…", shown, StringComparison.Ordinal);
        Assert.StartsWith(shown?[..^1] ?? "", whole, StringComparison.Ordinal);
        Assert.Equal(whole, (await Get($"id={id}")).GetProperty("product_summary").GetString());
    }

    [Fact]
    public async Task A_transaction_is_found_by_its_code_as_soon_as_it_has_one()
    {
        var id = await Pay();
        var code = (await Get($"id={id}")).GetProperty("transaction_code").GetString();

        Assert.Equal(id.ToString(), (await Get($"transaction_code={code}")).GetProperty("id").GetString());
        Assert.Equal(id.ToString(), (await Get($"transaction_code={code}&id={id}")).GetProperty("id").GetString());
        using var contradiction = await fleet.Till.Get($"{Transactions}?transaction_code={code}&id={Guid.NewGuid()}");
        Assert.Equal(404, (int)contradiction.StatusCode);
    }

    [Theory]
    [InlineData(Outcomes.Failed, "declined", "FAILED")]
    [InlineData(Outcomes.Cancelled, "customer_cancelled", "CANCELLED")]
    public async Task One_that_charged_nothing_says_so(string outcome, string reason, string status)
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        await Device.AskStart(id);
        await Device.Report(new Result(Device.Epoch, id, outcome, reason));

        var found = await Get($"id={id}");

        Assert.Equal((status, reason, "15.00"),
            (found.GetProperty("status").GetString(), found.GetProperty("failure_reason").GetString(),
                Raw(found, "amount")));
        Assert.Equal(["receipt"],
            found.GetProperty("links").EnumerateArray().Select(link => link.GetProperty("rel").GetString()));
    }

    [Fact]
    public async Task A_window_that_is_over_is_told_as_over()
    {
        var order = $"order-{Guid.NewGuid()}";
        await fleet.Till.Charge(Device.ReaderId, Sale(order));
        fleet.Pass(60);

        Assert.Equal("CANCELLED", (await Get($"foreign_transaction_id={order}")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Of_several_tries_under_one_reference_the_paid_one_answers()
    {
        var order = $"order-{Guid.NewGuid()}";
        await Decline(Sale(order));
        await Decline(Sale(order));
        var paid = await Pay(body: Sale(order));

        Assert.Equal(paid.ToString(), (await Get($"foreign_transaction_id={order}")).GetProperty("id").GetString());
    }

    /// <summary>Stores that number their sales alike must not hide them from each other.</summary>
    [Fact]
    public async Task A_key_of_a_store_finds_its_own_sale_under_a_reference_that_others_use_too()
    {
        var store = $"s{Guid.NewGuid():n}"[..20];
        using var made = await fleet.Till.Post("/fleet/v1/stores", new { store });
        var key = await fleet.Till.MakeKey(new { name = "store", scopes = new[] { "transactions.read" }, store });
        await using var device = await fleet.Device();
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using var paired = await fleet.Till.Post(
            "/fleet/v1/readers", new { pairing_code = code, name = "Lane", store });
        await device.ConfirmPairing();
        var order = $"order-{Guid.NewGuid()}";
        var mine = await fleet.Till.Charge(device.ReaderId, Sale(order));
        using (await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { })) { }
        var elsewhere = await Pay(body: Sale(order));

        using var found = await fleet.TillOf(FleetApp.Merchant, key.Key)
            .Get($"{Transactions}?foreign_transaction_id={order}");

        Assert.Equal($"{mine}", (await found.Json()).GetProperty("id").GetString());
        Assert.Equal($"{elsewhere}", (await Get($"foreign_transaction_id={order}")).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("id=00000000-0000-7000-8000-000000000000", 404)]
    [InlineData("id=not-a-uuid", 404)]
    [InlineData("client_transaction_id=urn:sumup:pos:sale:X", 404)]
    [InlineData("transaction_code=TNOSUCHCODE1", 404)]
    [InlineData("foreign_transaction_id=%27%3B--", 404)]
    [InlineData("foreign_transaction_id=%00", 404)]
    [InlineData("transaction_code=T%00", 404)]
    [InlineData("", 400)]
    [InlineData("id=", 400)]
    [InlineData("reader=7", 400)]
    public async Task What_is_not_there_is_told_in_the_words_of_the_Transactions_API(string query, int status)
    {
        using var answer = await fleet.Till.Get($"{Transactions}?{query}");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 404 ? "NOT_FOUND" : "INVALID",
            (await answer.Json()).GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task Another_merchants_transaction_is_not_there()
    {
        var id = await Pay();
        var other = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        foreach (var path in new[]
        {
            $"/v2.1/merchants/{FleetApp.OtherMerchant}/transactions?id={id}",
            $"/v1.1/receipts/{id}?mid={FleetApp.OtherMerchant}",
            $"/v1.1/receipts/{id}?mid={FleetApp.Merchant}", $"/v0.1/me/transactions?id={id}",
        })
        {
            using var theirs = await other.Get(path);
            using var nobodys = await other.Get(path.Replace($"{id}", $"{Guid.CreateVersion7()}"));
            Assert.Equal(404, (int)theirs.StatusCode);
            Assert.Equal($"{await nobodys.Json()}", $"{await theirs.Json()}");
        }
        using var refund = await other.Send(
            HttpMethod.Post, $"/v1.0/merchants/{FleetApp.OtherMerchant}/payments/{id}/refunds", null);
        Assert.Equal(404, (int)refund.StatusCode);
    }

    [Fact]
    public async Task A_receipt_has_its_amounts_as_text()
    {
        var id = await Pay(card: Visa);
        await Refund(id, new { amount = 5 });

        var receipt = await Json($"/v1.1/receipts/{id}?mid={FleetApp.Merchant}");

        var data = receipt.GetProperty("transaction_data");
        Assert.Equal(("15.00", "0.00", "REFUNDED"),
            (data.GetProperty("amount").GetString(), data.GetProperty("tip_amount").GetString(),
                data.GetProperty("status").GetString()));
        Assert.Equal("5.00", data.GetProperty("events")[0].GetProperty("amount").GetString());
        Assert.Equal(("virtual-solo", "CREDIT"),
            (data.GetProperty("card_reader").GetProperty("type").GetString(),
                data.GetProperty("process_as").GetString()));
        Assert.Equal(FleetApp.Merchant, receipt.GetProperty("merchant_data").GetProperty("merchant_profile")
            .GetProperty("merchant_code").GetString());
        Assert.Equal("053201", receipt.GetProperty("acquirer_data").GetProperty("authorization_code").GetString());
        var code = data.GetProperty("transaction_code").GetString();
        Assert.Equal($"{receipt}", $"{await Json($"/v1.1/receipts/{code}?mid={FleetApp.Merchant}")}");
    }

    [Fact]
    public async Task A_receipt_shows_the_event_it_is_asked_for()
    {
        var id = await Pay();
        await Refund(id, new { amount = 5 });
        await Refund(id, new { amount = 3 });
        var events = (await Get($"id={id}")).GetProperty("transaction_events");

        var second = events[1].GetProperty("id").GetInt64();
        var receipt = await Json($"/v1.1/receipts/{id}?mid={FleetApp.Merchant}&tx_event_id={second}");
        Assert.Equal(["3.00"], receipt.GetProperty("transaction_data").GetProperty("events").EnumerateArray()
            .Select(one => one.GetProperty("amount").GetString()));

        using var unknown = await fleet.Till.Get($"/v1.1/receipts/{id}?mid={FleetApp.Merchant}&tx_event_id=7");
        Assert.Equal($"No such tx event (ID=7) for transaction {id}",
            (await unknown.Json()).GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("?mid=", 400)]
    [InlineData("?mid=MTILL001&tx_event_id=x", 400)]
    [InlineData("?mid=mtill001", 404)]
    public async Task A_receipt_needs_its_merchant(string query, int status)
    {
        var id = await Pay();
        using var answer = await fleet.Till.Get($"/v1.1/receipts/{id}{query}");

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task There_is_no_receipt_of_what_has_not_ended()
    {
        var id = await fleet.Till.Charge(Device.ReaderId);
        using var answer = await fleet.Till.Get($"/v1.1/receipts/{id}?mid={FleetApp.Merchant}");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Parts_are_refunded_until_nothing_is_left()
    {
        var id = await Pay();

        Assert.Equal("201", await Refund(id, new { amount = 5.00 }));
        Assert.Equal("422 INVALID_AMOUNT max 10.00", await Refund(id, new { amount = 10.01 }));
        Assert.Equal("201", await Refund(id, null));
        Assert.Equal("409 NOT_REFUNDABLE", await Refund(id, null));
        Assert.Equal("409 NOT_REFUNDABLE", await Refund(id, new { amount = 0.01 }));

        var refunded = await Get($"id={id}");
        Assert.Equal("REFUNDED", refunded.GetProperty("status").GetString());
        Assert.Equal(["5.00", "10.00"],
            refunded.GetProperty("transaction_events").EnumerateArray().Select(one => Raw(one, "amount")));
        Assert.Equal("successful", await fleet.Till.Outcome(Device.ReaderId, id));
    }

    [Theory]
    [InlineData("{\"amount\":0}", "amount")]
    [InlineData("{\"amount\":-1}", "amount")]
    [InlineData("{\"amount\":5.005}", "amount")]
    [InlineData("{\"amount\":1e28}", "amount")]
    [InlineData("{\"amount\":1e400}", "amount")]
    [InlineData("{\"amount\":\"5\"}", "amount")]
    [InlineData("{\"amount\":5,\"amount\":6}", null)]
    [InlineData("{\"amount\":0.00999999999999999999999999999999}", "amount")]
    [InlineData("{\"amount\":10.00000000000000000000000000000001}", "amount")]
    [InlineData("{\"Amount\":5}", "amount")]
    [InlineData("{\"value\":5}", "amount")]
    [InlineData("{\"amount\":null,\"reason\":\"broken\"}", "amount")]
    [InlineData("[1]", null)]
    [InlineData("[{}]", null)]
    public async Task An_amount_that_cannot_be_paid_is_refused_and_refunds_nothing(string body, string? field)
    {
        var id = await Pay();
        using var answer = await fleet.Till.Send(HttpMethod.Post, Refunds(id), Lane.Json(body));

        await answer.MustRefuse(400, field);
        Assert.Equal("SUCCESSFUL", (await Get($"id={id}")).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"amount\":null}")]
    [InlineData("{\"amount\":15}")]
    [InlineData("{\"amount\":1.5e1,\"reason\":\"broken\"}")]
    [InlineData("{\"amount\":15.00,}")]
    public async Task A_full_refund_may_be_asked_in_many_ways(string body)
    {
        var id = await Pay();
        using var answer = await fleet.Till.Send(HttpMethod.Post, Refunds(id), Lane.Json(body));

        Assert.Equal((201, "{}"),
            ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task The_same_key_refunds_once()
    {
        var (id, key) = (await Pay(), $"refund-{Guid.NewGuid()}");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Refund(id, new { amount = 1 }, key)));

        Assert.All(answers, answer => Assert.Equal("201", answer));
        Assert.Equal("422 IDEMPOTENCY_KEY_REUSED", await Refund(id, new { amount = 2 }, key));
        Assert.Equal(1, (await Get($"id={id}")).GetProperty("transaction_events").GetArrayLength());
    }

    [Fact]
    public async Task Refunds_at_once_never_give_back_more_than_was_paid()
    {
        var id = await Pay();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Refund(id, new { amount = 2 })));

        Assert.Equal(7, answers.Count(answer => answer == "201"));
        Assert.Equal(13, answers.Count(answer => answer == "422 INVALID_AMOUNT max 1.00"));
    }

    [Fact]
    public async Task A_payment_outlives_its_reader_and_can_still_be_refunded()
    {
        await using var device = await fleet.PairedDevice("Short-lived");
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.AskStart(id);
        await device.Approve(id);
        using var deleted = await fleet.Till.Delete($"readers/{device.ReaderId}");

        Assert.Equal("201", await Refund(id, null));
        Assert.Equal("REFUNDED", (await Get($"id={id}")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_payment_with_a_real_card_is_refunded_elsewhere()
    {
        var till = fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);
        await using var device = await fleet.Device(model: "solo");
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using (await till.Post("readers", new { pairing_code = code, name = "Lane" })) await device.ConfirmPairing();
        var id = await till.Charge(device.ReaderId, Sale("real-card", FleetApp.LiveAffiliateKey));
        await device.Pay();

        using var refused = await till.Send(HttpMethod.Post, $"/v0.1/me/refund/{id}", null);

        await refused.MustRefuse(409, code: "REFUNDED_ELSEWHERE");
    }

    [Fact]
    public async Task The_older_paths_answer_too()
    {
        var id = await Pay();
        var client = (await Get($"id={id}")).GetProperty("client_transaction_id").GetString();

        Assert.Equal(FleetApp.Merchant,
            (await Json("/v0.1/me")).GetProperty("merchant_profile").GetProperty("merchant_code").GetString());
        Assert.Equal(id.ToString(),
            (await Json($"/v0.1/me/transactions?client_transaction_id={client}")).GetProperty("id").GetString());
        foreach (var status in new[] { 204, 409 })
        {
            using var answer = await fleet.Till.Send(HttpMethod.Post, $"/v0.1/me/refund/{id}", null);
            Assert.Equal(status, (int)answer.StatusCode);
        }
        using var unknown = await fleet.Till.Send(HttpMethod.Post, $"/v0.1/me/refund/{Guid.NewGuid()}", null);
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    private static object Sale(string order, string key = "afk") => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new { app_id = "till", key, foreign_transaction_id = order },
    };

    private static string Refunds(Guid id) => $"/v1.0/merchants/{FleetApp.Merchant}/payments/{id}/refunds";

    private static string Raw(JsonElement json, string name) => json.GetProperty(name).GetRawText();

    private async Task<Guid> Pay(object? body = null, long tip = 0, PresentedCard? card = null)
    {
        var id = await fleet.Till.Charge(Device.ReaderId, body);
        Assert.True(await Device.AskStart(id));
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Approved, null, 1500, tip, card));
        return id;
    }

    private async Task Decline(object body)
    {
        var id = await fleet.Till.Charge(Device.ReaderId, body);
        await Device.AskStart(id);
        await Device.Report(new Result(Device.Epoch, id, Outcomes.Failed, Reasons.Declined));
    }

    private Task<JsonElement> Get(string by) => Json($"{Transactions}?{by}");

    private async Task<JsonElement> Json(string path)
    {
        using var answer = await fleet.Till.Get(path);
        Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        return await answer.Json();
    }

    /// <summary>Asks for a refund and says what came of it in a few words.</summary>
    private async Task<string> Refund(Guid id, object? body, string? key = null)
    {
        (string, string)[] headers = key is null ? [] : [("Idempotency-Key", key)];
        using var answer = body is null
            ? await fleet.Till.Send(HttpMethod.Post, Refunds(id), null, headers)
            : await fleet.Till.Post(Refunds(id), body, headers);
        if (answer.IsSuccessStatusCode) return $"{(int)answer.StatusCode}";
        var errors = (await answer.Json()).GetProperty("errors");
        return errors.ValueKind is JsonValueKind.Array
            ? $"{(int)answer.StatusCode} {errors[0].GetProperty("code").GetString()} max "
                + $"{Raw(errors[0], "max_refundable_amount")}"
            : await answer.Refusal();
    }
}

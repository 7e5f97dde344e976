using System.Text.Json;
using Fleet.Protocol;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>An operator records how a payment ended whose device cannot tell it any more.</summary>
public sealed class OutcomeTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Why = "The acquirer settled it", Reference = "ARN 74620";

    private static readonly object Tipped = new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, tip_rates = new[] { 0.1 },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Till Office => fleet.HeadOffice();

    [Theory]
    [InlineData("SUCCESSFUL", "successful")]
    [InlineData("FAILED", "failed/recorded_by_operator")]
    [InlineData("CANCELLED", "cancelled/recorded_by_operator")]
    public async Task A_lost_payment_gets_the_outcome_that_was_looked_up_and_its_reader_is_free(
        string outcome, string told)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Lost(device);
        var recorded = await Recorded(checkout, outcome);

        Assert.Equal(outcome, recorded.Text("state"));
        Assert.Equal(told, await fleet.Till.Outcome(device.ReaderId, checkout));
        var history = await Read($"/v2.1/merchants/{FleetApp.Merchant}/transactions/history?limit=1000");
        Assert.Contains(history.GetProperty("items").EnumerateArray(),
            item => item.Text("transaction_id") == $"{checkout}" && item.Text("status") == outcome);
        Assert.Equal(
            outcome, (await Read($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={checkout}")).Text("status"));
        await using var again = await device.ConnectAgain();
        Assert.Null((await again.Resume()).Checkout);
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task The_timeline_and_the_audit_say_who_recorded_it_and_why()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Lost(device);
        await Recorded(checkout, "SUCCESSFUL");

        var timeline = await fleet.Till.Timeline(checkout);
        var last = timeline.GetProperty("events").EnumerateArray().Last();
        Assert.Equal(("succeeded", "operator", "1500"), (last.Text("kind"), last.Text("actor"), last.Text("amount")));
        Assert.Equal((Why, Reference, "head office"),
            (last.GetProperty("record").Text("reason"), last.GetProperty("record").Text("reference"),
                last.GetProperty("record").Text("key_name")));
        Assert.All(timeline.GetProperty("events").EnumerateArray().SkipLast(1),
            one => Assert.False(one.TryGetProperty("record", out _)));
        var row = Assert.Single(await Rows(checkout));
        Assert.Equal((last.GetProperty("record").Text("key_id"), $"{device.ReaderId} successful"),
            (row.Text("key_id"), row.Text("detail")));
    }

    [Fact]
    public async Task A_record_said_again_is_one_outcome_one_row_and_one_webhook()
    {
        await using var hooked = await FleetApp.Start();
        await using var device = await hooked.PairedDevice();
        var checkout = await Lost(device, hooked, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            return_url = "https://till.example/hook",
        });
        foreach (var _ in Enumerable.Range(0, 3)) await Recorded(checkout, "FAILED", hooked);

        Assert.Single(await Rows(checkout, hooked));
        var told = (await hooked.Till.Deliveries()).GetProperty("items").EnumerateArray();
        Assert.Equal($"{checkout}", Assert.Single(told).Text("id"));
        Assert.Equal(["accepted", "started", "failed"], await Kinds(checkout, hooked));
        Assert.Equal("CHECKOUT_FINAL", await Refused(checkout, "SUCCESSFUL", hooked));
    }

    [Fact]
    public async Task What_the_device_tells_later_agrees_or_is_a_dispute_and_is_never_lost()
    {
        await using var device = await fleet.PairedDevice();
        var (paid, failed) = (await Lost(device), Guid.Empty);
        await Recorded(paid, "SUCCESSFUL");
        await using (var again = await device.ConnectAgain())
        {
            await again.Resume();
            await again.Approve(paid);
            Assert.False((await fleet.Till.Timeline(paid)).GetProperty("disputed").GetBoolean());
            failed = await fleet.Till.Charge(device.ReaderId);
            Assert.True(await again.AskStart(failed));
            await again.HangUp();
        }
        await fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        await Recorded(failed, "FAILED");
        await using var last = await device.ConnectAgain();
        await last.Resume();
        await last.Approve(failed);

        Assert.Equal("failed/recorded_by_operator", await fleet.Till.Outcome(device.ReaderId, failed));
        Assert.Equal(["accepted", "started", "failed", "disputed"], await Kinds(failed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_checkout_of_a_deleted_or_repaired_reader_is_recorded_all_the_same(bool again)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Lost(device);
        using var deleted = await fleet.Till.Delete($"readers/{device.ReaderId}");
        Assert.True(deleted.IsSuccessStatusCode);
        if (again) await (await fleet.PairedDevice()).DisposeAsync();
        await fleet.Forget(device.ReaderId);
        await Recorded(checkout, "SUCCESSFUL");

        Assert.Equal("SUCCESSFUL",
            (await Read($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={checkout}")).Text("status"));
    }

    [Fact]
    public async Task A_device_that_contradicts_itself_may_be_connected_and_is_told_to_stop()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        Assert.Equal("READER_ONLINE", await Refused(checkout, "FAILED"));
        await device.Approve(checkout, amount: 1);
        await Recorded(checkout, "FAILED");

        Assert.Equal(checkout, (await device.Expect<Terminate>()).CheckoutId);
        Assert.Equal("failed/recorded_by_operator", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task What_has_not_started_is_terminated_instead()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);

        Assert.Equal("CHECKOUT_NOT_STARTED", await Refused(checkout, "FAILED"));
        Assert.Empty(await Rows(checkout));
    }

    [Theory]
    [InlineData("SUCCESSFUL", 150, null)]
    [InlineData("SUCCESSFUL", 151, "tip")]
    [InlineData("FAILED", 150, "tip")]
    public async Task A_tip_must_be_one_that_was_offered(string outcome, long tip, string? wrong)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Lost(device, body: Tipped);
        var tried = await fleet.Till.Post(
            Path(checkout), new { outcome, tip, reason = Why, reference = Reference }).Tried();

        Assert.Equal(wrong is null ? "200" : $"400 {wrong}", tried);
        if (wrong is null)
            Assert.Equal(16.5m, (await Read($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={checkout}"))
                .GetProperty("amount").GetDecimal());
    }

    [Theory]
    [InlineData("""{"reason":"x","reference":"y"}""", "outcome")]
    [InlineData("""{"outcome":"STARTED","reason":"x","reference":"y"}""", "outcome")]
    [InlineData("""{"outcome":"FAILED","reference":"y"}""", "reason")]
    [InlineData("""{"outcome":"FAILED","reason":" ","reference":""}""", "reason,reference")]
    [InlineData("""{"outcome":"FAILED","reason":"a\u0000b","reference":"y"}""", "reason")]
    public async Task Wrong_fields_are_named(string body, string fields)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Lost(device);
        Assert.Equal($"400 {fields}", await fleet.Till.Send(HttpMethod.Post, Path(checkout), Lane.Json(body)).Tried());
        Assert.Equal("400 reason,reference", await fleet.Till.Post(Path(checkout),
            new { outcome = "FAILED", reason = new string('x', 501), reference = new string('y', 256) }).Tried());
        await Recorded(checkout, "FAILED");
    }

    [Fact]
    public async Task It_needs_a_scope_of_its_own()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Lost(device);
        var others = await Office.MakeKey(
            new { name = "clerk", scopes = new[] { "readers.write", "checkouts.write", "refunds.write" } });
        var own = await Office.MakeKey(new { name = "accounts", scopes = new[] { "outcomes.write" } });

        Assert.Equal("403", await fleet.TillOf(FleetApp.Merchant, others.Key)
            .Post(Path(checkout), Ask("FAILED"), ("Fleet-Merchant", FleetApp.Merchant)).Tried());
        Assert.Equal("200", await fleet.TillOf(FleetApp.Merchant, own.Key)
            .Post(Path(checkout), Ask("FAILED"), ("Fleet-Merchant", FleetApp.Merchant)).Tried());
    }

    [Fact]
    public async Task It_is_recorded_over_gRPC_and_from_the_command_line_too()
    {
        await using var device = await fleet.PairedDevice();
        var first = await Lost(device);
        using var caller = new RpcCaller(fleet);
        var told = await caller.Checkouts.RecordOutcomeAsync(new()
        {
            CheckoutId = $"{first}", Outcome = Proto.State.Cancelled, Reason = Why, Reference = Reference,
        }, caller.Headers, cancellationToken: Cancel);
        Assert.Equal((Proto.State.Cancelled, "recorded_by_operator"), (told.State, told.Reason.Code));

        await using var again = await device.ConnectAgain();
        await again.Resume();
        var second = await Lost(again, body: Tipped);
        var shell = new Shell(fleet);
        Assert.Equal(2, (await shell.Run($"checkout record {second} successful --reason Seen")).Code);
        Assert.Equal(2, (await shell.Run($"checkout record {second} lost --reason Seen --reference 7")).Code);
        Assert.Equal($"Recorded: 15.00 EUR successful, checkout {second}.\n",
            await shell.Does(
                $"checkout record {second} successful --tip \"1.50 EUR\" --reason Seen --reference 74620"));
        var story = await shell.Does($"why {second}");
        Assert.Matches("operator +recorded: succeeded", story);
        Assert.Contains("15.00 EUR charged, and a tip of 1.50 EUR.", story, StringComparison.Ordinal);
        Assert.Contains("Reason: Seen. Reference: 74620.", story, StringComparison.Ordinal);
        var late = await shell.Run($"checkout record {second} failed --reason Seen --reference 74620");
        Assert.Equal(1, late.Code);
        Assert.Contains("never changes", late.Error, StringComparison.Ordinal);
    }

    private static string Path(Guid checkout) => $"/fleet/v1/checkouts/{checkout}/outcome";

    private static object Ask(string outcome) => new { outcome, reason = Why, reference = Reference };

    /// <summary>A started checkout whose device is not connected any more.</summary>
    private async Task<Guid> Lost(TestDevice device, FleetApp? node = null, object? body = null)
    {
        var checkout = await Started(device, node, body);
        await device.HangUp();
        await (node ?? fleet).Till.Becomes(device.ReaderId, "OFFLINE");
        return checkout;
    }

    private async Task<Guid> Started(TestDevice device, FleetApp? node = null, object? body = null)
    {
        var checkout = await (node ?? fleet).Till.Charge(device.ReaderId, body);
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    private async Task<JsonElement> Recorded(Guid checkout, string outcome, FleetApp? node = null)
    {
        using var answer = await (node ?? fleet).HeadOffice()
            .Post(Path(checkout), Ask(outcome), ("Fleet-Merchant", FleetApp.Merchant));
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    private async Task<string> Refused(Guid checkout, string outcome, FleetApp? node = null)
    {
        using var caller = new RpcCaller(node ?? fleet);
        return await caller.Checkouts.RecordOutcomeAsync(new()
        {
            CheckoutId = $"{checkout}", Outcome = Enum.Parse<Proto.State>(outcome, ignoreCase: true), Reason = Why,
            Reference = Reference,
        }, caller.Headers, cancellationToken: Cancel).Refused();
    }

    private async Task<List<JsonElement>> Rows(Guid checkout, FleetApp? node = null) =>
        (await (node ?? fleet).HeadOffice().AuditRows("action=outcome.record"))
            .FindAll(row => row.Text("subject") == $"{checkout}");

    private async Task<string[]> Kinds(Guid checkout, FleetApp? node = null) =>
        [.. (await (node ?? fleet).Till.Timeline(checkout)).GetProperty("events").EnumerateArray()
            .Select(one => one.Text("kind"))];

    private async Task<JsonElement> Read(string path)
    {
        using var answer = await fleet.Till.Get(path);
        return await answer.Json();
    }
}

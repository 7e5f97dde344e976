using Fleet.Core;
using Fleet.Protocol;
using Fleet.Server.Checkouts;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>What a device reports is kept once, and only what it was allowed to do is believed.</summary>
public sealed class EvidenceTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Theory]
    [InlineData(Outcomes.Failed, Reasons.Declined, "failed/declined")]
    [InlineData(Outcomes.Failed, Reasons.WrongPin, "failed/wrong_pin")]
    [InlineData(Outcomes.Failed, Reasons.CardRemoved, "failed/card_removed")]
    [InlineData(Outcomes.Failed, Reasons.ReaderLost, "failed/reader_lost")]
    [InlineData(Outcomes.Cancelled, Reasons.CustomerCancelled, "cancelled/customer_cancelled")]
    [InlineData(Outcomes.Cancelled, Reasons.NoCardInTime, "cancelled/no_card_in_time")]
    public async Task A_payment_that_did_not_happen_says_why(string outcome, string reason, string told)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await device.Report(new Result(device.Epoch, checkout, outcome, reason));

        Assert.Equal(told, await fleet.Till.Outcome(device.ReaderId, checkout));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_result_told_twice_is_acknowledged_twice_and_stored_once()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await device.Approve(checkout);
        await device.Approve(checkout);

        Assert.Equal(3, await VersionOf(device)); // accepted, started, succeeded
    }

    [Fact]
    public async Task A_result_that_contradicts_the_first_is_recorded_and_not_applied()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Failed, Reasons.Declined));
        await device.Approve(checkout);
        await device.Approve(checkout);

        Assert.Equal("failed/declined", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal(4, await VersionOf(device)); // the contradiction once
    }

    [Fact]
    public async Task Each_distinct_claim_is_kept_also_after_a_dispute()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await device.Approve(checkout, amount: 1);
        await device.Report(new Terminated(device.Epoch, checkout));
        await device.Approve(checkout);
        await device.Approve(checkout); // repeated; it is saved already

        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal("accepted; started; disputed successful 1; cancelled; disputed successful 1500",
            await Story(checkout));
    }

    [Fact]
    public async Task A_device_that_makes_up_claims_is_slowed_down_and_its_newest_is_kept()
    {
        const int Claims = 200;
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Failed, Reasons.Declined));
        for (var amount = 1; amount <= Claims; amount++) await device.Send(Claim(amount));
        var told = await AllAnswers(device);
        var stored = await ClaimsOf(checkout);

        Assert.Equal(told.OfType<Ack>().Count(), stored.Count);
        Assert.Empty(told.OfType<Refused>()); // CLAIM_TOO_SOON is told to no caller
        Assert.Equal([1, .. Enumerable.Range(2, 15)], stored);

        fleet.Pass(59);
        await device.Send(Claim(Claims));
        Assert.Empty(await AllAnswers(device));
        fleet.Pass(1);
        await device.Send(Claim(Claims));
        Assert.IsType<Ack>(Assert.Single(await AllAnswers(device)));
        Assert.Equal(Claims, (await ClaimsOf(checkout))[^1]);
        Assert.Equal("failed/declined", await fleet.Till.Outcome(device.ReaderId, checkout));
        await fleet.Till.Charge(device.ReaderId);

        Result Claim(int amount) => new(device.Epoch, checkout, Outcomes.Approved, null, amount);
    }

    [Theory]
    [InlineData(150, "successful")]
    [InlineData(75, "successful")]
    [InlineData(0, "successful")]
    [InlineData(149, "pending")]
    [InlineData(151, "pending")]
    [InlineData(300, "pending")]
    [InlineData(999_999_999_999, "pending")]
    public async Task A_tip_that_was_not_offered_is_not_believed(long tip, string outcome)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, tip_rates = new[] { 0.05, 0.1 },
        });
        Assert.True(await device.AskStart(checkout));
        await device.Approve(checkout, tip: tip);

        Assert.Equal(outcome, await fleet.Till.Outcome(device.ReaderId, checkout));
        var told = await fleet.Till.Timeline(checkout);
        Assert.Equal(outcome is "pending", told.GetProperty("disputed").GetBoolean());
        if (outcome is "pending")
            Assert.Equal(tip, told.GetProperty("events").EnumerateArray().Last().GetProperty("claim").GetProperty("tip")
                .GetInt64());
    }

    [Theory]
    [InlineData(false, 1500)]
    [InlineData(true, 1501)]
    public async Task A_charge_that_was_not_granted_is_never_a_success(bool granted, long amount)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = granted ? await Started(device) : await fleet.Till.Charge(device.ReaderId);
        await device.Approve(checkout, amount);

        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_result_for_a_checkout_nobody_knows_is_refused()
    {
        await using var device = await fleet.PairedDevice();
        await device.Send(new Result(device.Epoch, Guid.NewGuid(), Outcomes.Approved, null, 1500));
        await device.Expect<Refused>();
    }

    [Fact]
    public async Task A_device_cannot_report_for_another_reader()
    {
        await using var victim = await fleet.PairedDevice();
        await using var liar = await fleet.PairedDevice();
        var checkout = await Started(victim);
        await liar.Send(new Result(liar.Epoch, checkout, Outcomes.Approved, null, 1500));
        await liar.Expect<Refused>();

        Assert.Equal("pending", await fleet.Till.Outcome(victim.ReaderId, checkout));
    }

    [Theory]
    [InlineData(1500, "successful")]
    [InlineData(1501, "pending")]
    public async Task A_result_that_was_kept_until_the_device_is_another_reader_counts_for_the_first(
        long amount, string outcome)
    {
        await using var device = await fleet.PairedDevice();
        var (first, checkout) = (device.ReaderId, await Started(device));
        await using var again = await PairedAnew(device, fleet.Till);
        await again.Approve(checkout, amount);
        await again.Approve(checkout, amount);

        Assert.NotEqual(first, again.ReaderId);
        using var transaction = await fleet.Till.Get(
            $"/v2.1/merchants/{FleetApp.Merchant}/transactions"
            + $"?client_transaction_id={Ids.ClientTransactionOf(checkout)}");
        Assert.Equal(outcome, (await transaction.Json()).Text("status").ToLowerInvariant());
        Assert.EndsWith(
            outcome is "pending" ? "disputed successful 1501" : "succeeded", await Story(checkout),
            StringComparison.Ordinal);
        await fleet.Till.Charge(again.ReaderId);
    }

    [Fact]
    public async Task A_result_that_was_kept_over_two_deleted_readers_of_a_merchant_counts_for_the_first()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await using var second = await PairedAnew(device, fleet.Till);
        await second.HangUp();
        using (await fleet.Till.Delete($"readers/{second.ReaderId}")) { }
        await using var again = await second.ConnectAgain();
        await again.Send(new Hello(again.Serial, "virtual-solo", again.Firmware, again.ReaderId, again.Credential));
        await again.Expect<Unpaired>();
        await again.Send(new Result(0, checkout, Outcomes.Approved, null, 1500));
        await again.Expect<Ack>();

        Assert.EndsWith("succeeded", await Story(checkout), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_that_was_kept_until_the_device_is_with_another_merchant_is_a_claim()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await using var again = await PairedAnew(device, fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey));
        await again.Approve(checkout);
        await again.Approve(checkout);

        Assert.Equal("accepted; started; terminate_requested; disputed successful 1500", await Story(checkout));
    }

    [Fact]
    public async Task A_result_for_a_checkout_that_was_never_granted_is_refused_from_another_merchant()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await using var again = await PairedAnew(device, fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey));
        await again.Send(new Result(again.Epoch, Guid.NewGuid(), Outcomes.Approved, null, 1500));
        await again.Expect<Refused>();
        await again.Approve(checkout); // it is over: a contradiction is kept

        Assert.Equal("accepted; cancelled; disputed successful 1500", await Story(checkout));
    }

    [Fact]
    public async Task A_device_of_another_serial_number_reports_nothing_for_a_deleted_reader()
    {
        await using var victim = await fleet.PairedDevice();
        var checkout = await Started(victim);
        await victim.HangUp();
        using (await fleet.Till.Delete($"readers/{victim.ReaderId}")) { }
        await using var liar = await fleet.PairedDevice();
        await liar.Send(new Result(liar.Epoch, checkout, Outcomes.Approved, null, 1500));
        await liar.Expect<Refused>();
    }

    [Fact]
    public async Task A_tip_comes_on_top_of_what_was_asked()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            tip_rates = new[] { 0.05, 0.1 },
            tip_timeout = 60,
            card_type = "debit",
            installments = 3,
            description = "Two coffees",
            affiliate = new { app_id = "app", key = "key", foreign_transaction_id = "order-7" },
        });
        var order = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.Equal("Two coffees debit 3 60 order-7 0.05 0.10", string.Join(' ',
            [order.Description, order.CardType, order.Installments, order.TipTimeoutSeconds, order.ForeignTransactionId,
                .. order.TipRates ?? []]));

        Assert.True(await device.AskStart(checkout));
        await device.Approve(checkout, 1500, tip: 150);

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    /// <summary>Its reader is deleted while it is away; it learns that, and is paired by another code.</summary>
    private async Task<TestDevice> PairedAnew(TestDevice device, Till till)
    {
        await device.HangUp();
        using (await fleet.Till.Delete($"readers/{device.ReaderId}")) { }
        var again = await device.ConnectAgain();
        await again.Send(new Hello(again.Serial, "virtual-solo", again.Firmware, again.ReaderId, again.Credential));
        await again.Expect<Unpaired>();
        await again.Introduce();
        var code = await again.Expect<PairingCode>();
        using (await till.Post("readers", new { pairing_code = code.Code, name = "Again" })) { }
        await again.ConfirmPairing();
        return again;
    }

    private async Task<Guid> Started(TestDevice device)
    {
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    /// <summary>What happened, in order; of a dispute also what was claimed.</summary>
    private async Task<string> Story(Guid checkout) => string.Join("; ",
        (await fleet.Till.Timeline(checkout)).GetProperty("events").EnumerateArray().Select(one =>
            one.TryGetProperty("claim", out var claim)
                ? $"{one.Text("kind")} {claim.Text("outcome")} {claim.Text("amount")}"
                : one.Text("kind")));

    private async Task<List<long>> ClaimsOf(Guid checkout) =>
    [
        .. (await fleet.Till.Timeline(checkout)).GetProperty("events").EnumerateArray()
            .Where(one => one.TryGetProperty("claim", out _))
            .Select(one => one.GetProperty("claim").GetProperty("amount").GetInt64()),
    ];

    /// <summary>All that was answered to what the device said before: frames are handled in their order.</summary>
    private static async Task<List<ServerFrame>> AllAnswers(TestDevice device)
    {
        var (told, last) = (new List<ServerFrame>(), Guid.NewGuid());
        await device.Send(new Start(device.Epoch, last));
        while (await device.Next() is var frame && frame is not Refused { Of: Refused.OfStart }) told.Add(frame);
        return told;
    }

    private async Task<long> VersionOf(TestDevice device) =>
        (await fleet.Services.GetRequiredService<ILedger>()
            .LoadHead(device.ReaderId, TestContext.Current.CancellationToken)).Version;
}

using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Anyone can say a serial number. That takes no reader from its merchant, least of all in the middle of a payment.</summary>
public sealed class TakeoverTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Fact]
    public async Task A_reader_in_the_middle_of_a_payment_is_not_taken_by_its_serial_number()
    {
        await using var victim = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(victim.ReaderId);
        Assert.True(await victim.AskStart(checkout));
        var (otherStore, key) = await KeyOfAnotherStore();

        await using var thief = await fleet.Device(victim.Serial);
        await thief.Introduce();
        var code = (await thief.Expect<PairingCode>()).Code;
        Assert.Equal("409 PAIRED_ELSEWHERE", await Pair(fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey), code));
        Assert.Equal("409 PAIRED_ELSEWHERE", await Pair(fleet.TillOf(FleetApp.Merchant, key), code, otherStore));
        Assert.Equal("409 DEVICE_CONNECTED", await Pair(fleet.Till, code));

        await victim.Approve(checkout);
        Assert.Equal("successful", await fleet.Till.Outcome(victim.ReaderId, checkout));
        await fleet.Till.Charge(victim.ReaderId);
    }

    [Fact]
    public async Task A_reader_whose_device_is_away_with_an_open_payment_is_not_taken_and_the_payment_is_named()
    {
        await using var victim = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(victim.ReaderId);
        Assert.True(await victim.AskStart(checkout));
        await victim.HangUp();
        await using var thief = await fleet.Device(victim.Serial);
        await thief.Introduce();
        var code = (await thief.Expect<PairingCode>()).Code;
        fleet.Pass(120);

        await Eventually.Equal("409 DEVICE_HAS_CHECKOUT", () => Pair(fleet.Till, code));
        using var refused = await fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        Assert.Equal($"{checkout}", (await refused.Json()).GetProperty("errors").Text("checkout_id"));
        await using var back = await victim.ConnectAgain();
        await back.Resume();
        await back.Approve(checkout);
        Assert.Equal("successful", await fleet.Till.Outcome(victim.ReaderId, checkout));
    }

    [Fact]
    public async Task A_device_that_was_reset_is_paired_anew_when_its_old_connection_is_gone_for_a_minute()
    {
        await using var before = await fleet.PairedDevice();
        await before.HangUp();
        await using var reset = await fleet.Device(before.Serial);
        await reset.Introduce();
        var code = (await reset.Expect<PairingCode>()).Code;
        await Eventually.Equal("409 DEVICE_JUST_GONE", () => Pair(fleet.Till, code));
        using (var refused = await fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" }))
            Assert.InRange(refused.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        fleet.Pass(60);

        Assert.Equal("201", await Pair(fleet.Till, code));
        await reset.ConfirmPairing();
        using var old = await fleet.Till.Get($"readers/{before.ReaderId}");
        Assert.Equal("expired", (await old.Json()).Text("status"));
        await fleet.Till.Charge(reset.ReaderId);
    }

    [Fact]
    public async Task A_device_whose_reader_was_deleted_is_paired_at_once_by_any_merchant()
    {
        await using var before = await fleet.PairedDevice();
        await before.HangUp();
        using (await fleet.Till.Delete($"readers/{before.ReaderId}")) { }
        await using var reset = await fleet.Device(before.Serial);
        await reset.Introduce();

        var code = (await reset.Expect<PairingCode>()).Code;
        Assert.Equal("201", await Pair(fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey), code));
    }

    [Fact]
    public async Task The_old_credential_stays_good_for_results_and_disturbs_nobody()
    {
        await using var before = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(before.ReaderId);
        Assert.True(await before.AskStart(checkout));
        await before.HangUp();
        using (await fleet.Till.Delete($"readers/{before.ReaderId}")) { }
        await using var now = await fleet.Device(before.Serial);
        await now.Introduce();
        Assert.Equal("201", await Pair(fleet.Till, (await now.Expect<PairingCode>()).Code));
        await now.ConfirmPairing();

        await using var old = await before.ConnectAgain();
        await old.Send(new Hello(old.Serial, "virtual-solo", old.Firmware, before.ReaderId, before.Credential));
        await old.Expect<Unpaired>();
        await old.Send(new Result(0, checkout, Outcomes.Approved, null, 1500));
        await old.Expect<Ack>();
        using var paid = await fleet.Till.Get($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={checkout}");
        Assert.Equal("SUCCESSFUL", (await paid.Json()).Text("status"));
        var next = await fleet.Till.Charge(now.ReaderId);
        Assert.True(await now.AskStart(next));
    }

    [Fact]
    public async Task A_refused_pairing_is_no_wrong_code_and_leaves_the_code_on_the_screen()
    {
        await using var victim = await fleet.PairedDevice();
        await using var other = await fleet.Device(victim.Serial);
        await other.Introduce();
        var code = (await other.Expect<PairingCode>()).Code;
        for (var i = 0; i < 25; i++) Assert.Equal("409 DEVICE_CONNECTED", await Pair(fleet.Till, code));
        using (await fleet.Till.Delete($"readers/{victim.ReaderId}")) { }

        Assert.Equal("201", await Pair(fleet.Till, code));
    }

    private async Task<(string Store, string Key)> KeyOfAnotherStore()
    {
        var store = $"s{Guid.NewGuid():n}"[..20];
        using (await fleet.Till.Post("/fleet/v1/stores", new { store })) { }
        var key = await fleet.Till.MakeKey(new { name = "store", scopes = new[] { "readers.read", "readers.write" }, store });
        return (store, key.Key);
    }

    private static async Task<string> Pair(Till till, string code, string? store = null)
    {
        using var answer = store is null
            ? await till.Post("readers", new { pairing_code = code, name = "Mine" })
            : await till.Post("readers", new { pairing_code = code, name = "Mine", metadata = new { store } });
        return answer.StatusCode is HttpStatusCode.Created ? "201" : await answer.Refusal();
    }
}

using System.Net;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>kill -9 at the moments that matter: nothing acknowledged is lost, nothing is charged twice.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_checkout_survives_a_kill_right_after_its_201()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        var checkout = await server.Till.Charge(device.ReaderId);
        await server.Kill();
        await server.Start();

        Assert.Equal("pending", await server.Till.Outcome(device.ReaderId, checkout));
        using var second = await server.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
        Assert.Equal("422 READER_BUSY", await second.Refusal());
        await using var again = await device.ConnectAgain();
        Assert.Equal(checkout, (await again.Resume()).Checkout?.CheckoutId);
        Assert.True(await again.AskStart(checkout));
        await again.Approve(checkout);
        Assert.Equal("successful", await server.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_sale_whose_answer_was_lost_in_a_kill_is_the_same_checkout_and_is_paid_once()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        var checkout = await server.Till.Charge(device.ReaderId, Sale);
        await server.Kill();
        await server.Start();

        Assert.Equal(checkout, await server.Till.Charge(device.ReaderId, Sale));
        await using var again = await device.ConnectAgain();
        Assert.Equal(checkout, (await again.Resume()).Checkout?.CheckoutId);
        Assert.True(await again.AskStart(checkout));
        await again.Approve(checkout);
        await server.Kill();
        await server.Start();
        await using var last = await device.ConnectAgain();
        await last.Resume();

        using var third = await server.Till.Post($"readers/{device.ReaderId}/checkout", Sale);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await third.Refusal());
    }

    [Fact]
    public async Task A_result_kept_over_deletion_kill_and_a_new_pairing_counts_for_its_checkout()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        var (first, checkout) = (device.ReaderId, await Granted(server, device));
        await device.HangUp();
        using (await server.Till.Delete($"readers/{first}")) { }
        await server.Kill();
        await server.Start();
        await using var again = await device.ConnectAgain();
        await again.Send(new Hello(again.Serial, "virtual-solo", again.Firmware, first, again.Credential));
        await again.Expect<Unpaired>();
        await again.Introduce();
        var code = (await again.Expect<PairingCode>()).Code;
        using (await server.Till.Post("readers", new { pairing_code = code, name = "Again" })) { }
        await again.ConfirmPairing();
        await again.Approve(checkout);

        using var paid = await server.Till.Get($"/v2.1/merchants/{ServerProcess.Merchant}/transactions?id={checkout}");
        Assert.Equal("SUCCESSFUL", (await paid.Json()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_reader_is_not_taken_by_its_serial_number_right_after_a_kill()
    {
        await using var server = await ServerProcess.Started();
        await using var victim = await server.Paired();
        var checkout = await Granted(server, victim);
        await server.Kill();
        await server.Start();
        await using var thief = await TestDevice.Connect(server.LinkAddress, victim.Serial);
        await thief.Introduce();
        var code = (await thief.Expect<PairingCode>()).Code;
        Assert.Equal("409 DEVICE_HAS_CHECKOUT", await Taken(server, code));
        await ResumeAndRepeat(victim, checkout);
        await server.Kill();
        await server.Start();

        await using var again = await TestDevice.Connect(server.LinkAddress, victim.Serial);
        await again.Introduce();
        var next = (await again.Expect<PairingCode>()).Code;
        Assert.Equal("409 DEVICE_JUST_GONE", await Taken(server, next));
        Assert.Equal("successful", await server.Till.Outcome(victim.ReaderId, checkout));
        using (await server.Till.Delete($"readers/{victim.ReaderId}")) { }
        using var paired = await server.Till.Post("readers", new { pairing_code = next, name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, paired.StatusCode);
    }

    [Fact]
    public async Task A_result_the_server_never_read_arrives_again()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        var checkout = await Granted(server, device);
        server.Freeze();
        await device.Send(new Result(device.Epoch, checkout, Outcomes.Approved, null, 1500));
        await server.Kill();
        await server.Start();

        Assert.Equal("pending", await server.Till.Outcome(device.ReaderId, checkout));
        await ResumeAndRepeat(device, checkout);
        Assert.Equal("successful", await server.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_result_committed_but_not_acknowledged_is_one_final_state()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        var checkout = await Granted(server, device);
        await device.Send(new Result(device.Epoch, checkout, Outcomes.Approved, null, 1500));
        await Eventually.Equal("successful", () => server.Till.Outcome(device.ReaderId, checkout));
        var told = (await server.Till.Checkout(device.ReaderId, checkout)).GetRawText();
        await server.Kill();
        await server.Start();

        await ResumeAndRepeat(device, checkout);
        Assert.Equal(told, (await server.Till.Checkout(device.ReaderId, checkout)).GetRawText());
    }

    /// <summary>A virtual reader with its journal, and a server killed somewhere in the middle of each payment.</summary>
    [Fact]
    public async Task A_virtual_reader_charges_once_however_often_the_server_is_killed()
    {
        const int Rounds = 6;
        const int Step = 45; // milliseconds: the kills sweep over a payment that takes about 250 at this pace
        await using var server = await ServerProcess.Started();
        await using var device = await PoweredOn.Reader(server);
        var outcomes = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var checkout = await server.Till.Charge(await device.ReaderId());
            await Task.WhenAny(device.Charged(round + 1), Moment(round * Step));
            await server.Kill();
            await server.Start();
            await Eventually.Equal(false, async () => await server.Till.Outcome(await device.ReaderId(), checkout) == "pending");
            outcomes.Add(await server.Till.Outcome(await device.ReaderId(), checkout));
        }

        Assert.All(outcomes, outcome => Assert.Equal("successful", outcome));
        Assert.Equal(Rounds, device.Charges.Count);
        Assert.Equal(Rounds, device.Charges.Select(charge => charge.CheckoutId).Distinct().Count());
    }

    private static async Task Moment(int milliseconds)
    {
        if (milliseconds == 0) return;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds));
        await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<Guid> Granted(ServerProcess server, TestDevice device)
    {
        var checkout = await server.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    private static async Task ResumeAndRepeat(TestDevice device, Guid checkout)
    {
        await using var again = await device.ConnectAgain();
        await again.Resume();
        await again.Approve(checkout);
    }

    private static async Task<string> Taken(ServerProcess server, string code)
    {
        using var answer = await server.Till.Post("readers", new { pairing_code = code, name = "Mine" });
        return await answer.Refusal();
    }

    private static readonly object Sale = new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = "order-77" },
    };
}

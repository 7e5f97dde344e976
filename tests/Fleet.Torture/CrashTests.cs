using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>kill -9 at the critical moments: nothing acknowledged is lost, nothing is charged twice.</summary>
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
    public async Task A_result_the_server_never_read_arrives_again()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        var checkout = await Granted(server, device);
        await server.Freeze();
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

    /// <summary>
    /// A virtual reader with its journal, and a server killed somewhere in the middle of each payment.
    /// </summary>
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
            await Eventually.Equal(false,
                async () => await server.Till.Outcome(await device.ReaderId(), checkout) == "pending");
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

    private static readonly object Sale = new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = "order-77" },
    };
}

using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A device is lost in the middle of a payment, and its node is killed between all that follows.</summary>
public sealed class LostDeviceTests
{
    [Fact]
    public async Task A_kill_between_any_two_steps_loses_no_claim_and_no_wish_to_end()
    {
        await using var server = await ServerProcess.Started();
        await using var device = await server.Paired();
        await device.Send(new ScreenState(device.Epoch, Screens.Idle));
        var id = await server.Till.Charge(device.ReaderId);
        await KillAndStart(server);
        Assert.Equal("WAITING_FOR_CARD", (await server.Till.HowIs(device.ReaderId)).GetProperty("state").GetString());
        await using (var granted = await device.ConnectAgain())
        {
            await granted.Resume();
            Assert.True(await granted.AskStart(id));
            await granted.Approve(id, amount: 1);
            await KillAndStart(server); // between the dispute and the terminate
        }
        using var asked = await server.Till.Post(
            $"readers/{device.ReaderId}/terminate", new { expected_checkout_id = id });
        Assert.Equal(202, (int)asked.StatusCode);
        await KillAndStart(server); // between the terminate and the device that comes back
        Assert.True((await server.Till.Checkout(device.ReaderId, id)).GetProperty("terminate_requested").GetBoolean());
        await using var again = await device.ConnectAgain();
        Assert.True((await again.Resume()).Checkout?.Terminate);
        await again.Report(new Terminated(again.Epoch, id));
        await again.Approve(id, amount: 1);
        await again.Approve(id);

        var told = (await server.Till.Timeline(id)).GetProperty("events").EnumerateArray().Select(one =>
            one.TryGetProperty("claim", out var claim) ? $"claimed {claim.GetProperty("amount")}"
                : one.GetProperty("kind").GetString());
        Assert.Equal(["accepted", "started", "claimed 1", "terminate_requested", "cancelled", "claimed 1500"], told);
    }

    private static async Task KillAndStart(ServerProcess server)
    {
        await server.Kill();
        await server.Start();
    }
}

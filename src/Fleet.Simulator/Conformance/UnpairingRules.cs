using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>How a device stops being a reader, and what it still says.</summary>
internal static class UnpairingRules
{
    public static readonly IReadOnlyList<Rule> All =
    [
        new("4.1", "unpaired of another reader is ignored.", IgnoresOtherReader),
        new("4.2", "unpaired ends a payment that has not begun authorisation, as by terminate.", EndsPayment),
        new("4.3", "After unpaired, results are sent and acknowledged before the next hello.", SendsResults),
        new("4.4", "After unpaired nothing else of a reader is sent, and no work is taken.", TakesNoWork),
        new("4.5", "unpaired as the answer to hello: results are sent with epoch 0.", SendsWithEpochZero),
        new("4.6", "Results without an answer are kept over unpairing, for the next welcome.", KeepsResults),
        new("4.7", "After unpairing the credential is gone from the disk.", ForgetsCredential),
    ];

    private static async Task IgnoresOtherReader(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Talk.Link.Send(new Unpaired("rdr_ZZZZZZZZZZZZZZZZZZZZZZZZZZ"));
        await fleet.Talk.Watch(frame => frame is Hello ? "It gave up its pairing." : null);
        await fleet.AskedOrder();
    }

    private static async Task EndsPayment(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Talk.Link.Send(new Unpaired(fleet.Identity.ReaderId));
        await fleet.Talk.Expect<Terminated>("terminated", ended => ended.CheckoutId == order.CheckoutId);
        await fleet.Talk.Acknowledge(order.CheckoutId);
        fleet.Identity.Forget(await fleet.Talk.Expect<Hello>("The hello", within: CheckLimits.Leave));
    }

    private static async Task SendsResults(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await LeaveResult(fleet);
        fleet.Talk.Forbid(frame => frame is Hello ? "It said hello before its result was acknowledged." : null);
        await fleet.Talk.Link.Send(new Unpaired(fleet.Identity.ReaderId));
        await fleet.AwaitResult(order, "The result after unpaired");
        await fleet.Talk.Watch();
        fleet.Talk.Forbid(null);
        await fleet.Talk.Acknowledge(order.CheckoutId);
        fleet.Identity.Forget(await fleet.Talk.Expect<Hello>("The hello", within: CheckLimits.Leave));
    }

    private static async Task TakesNoWork(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await LeaveResult(fleet);
        fleet.Talk.Forbid(frame => frame is Start or ScreenState or DeviceStatus
            ? $"A {frame.GetType().Name} came after unpaired."
            : null);
        await fleet.Talk.Link.Send(new Unpaired(fleet.Identity.ReaderId));
        await fleet.Talk.Show(Payments.NewOrder());
        await fleet.Unpair();
        await fleet.Talk.Watch();
    }

    private static async Task SendsWithEpochZero(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await LeaveResult(fleet);
        await fleet.Reconnect();
        await fleet.Talk.Link.Send(new Unpaired(fleet.Identity.ReaderId));
        await fleet.AwaitResult(order, "The result with epoch 0");
        await fleet.Talk.Acknowledge(order.CheckoutId);
        fleet.Identity.Forget(await fleet.Talk.Expect<Hello>("The hello", within: CheckLimits.Leave));
    }

    private static async Task KeepsResults(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await LeaveResult(fleet);
        await fleet.Talk.Link.Send(new Unpaired(fleet.Identity.ReaderId));
        var hello = await fleet.Talk.Expect<Hello>("The hello without an answer", within: CheckLimits.Leave);
        fleet.Identity.Forget(hello);
        await fleet.Pair();
        await fleet.Welcome();
        await fleet.AwaitResult(order, "The kept result");
        await fleet.Talk.Acknowledge(order.CheckoutId);
    }

    private static async Task ForgetsCredential(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Unpair();
        fleet.Identity.Forget(await fleet.Restart());
    }

    /// <summary>Makes a result that is not acknowledged: one that needs no customer.</summary>
    private static async Task<CheckoutDisplay> LeaveResult(PlayedFleet fleet)
    {
        var order = Payments.NewOrder();
        await fleet.Talk.Grant(order);
        await fleet.AwaitLost(order, "granted for a checkout that it does not have");
        await fleet.Talk.AnswerPing(); // so nothing of it is under way any more
        return order;
    }
}

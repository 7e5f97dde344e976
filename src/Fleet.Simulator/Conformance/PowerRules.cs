using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Lost power, at every moment of a payment.</summary>
internal static class PowerRules
{
    /// <summary>Moments after granted at which the device is killed.</summary>
    private const int Deaths = 4;

    public static readonly IReadOnlyList<Rule> All =
    [
        new("9.1", "Killed before granted, it asks for the start again.", AsksAfterRestart),
        new("9.2", "Killed after granted, it says reader_lost, or the result of the charge that it wrote.",
            KillAfterGranted),
        new("9.3", "Killed between result and ack, it says the same result again.", KillBeforeAck),
        new("9.4", "Killed between terminated and ack, it says terminated again.", KillAfterTerminated),
        new("9.5", "Killed after ack, it still knows the checkout that was paid.", KillAfterAck),
    ];

    private static async Task AsksAfterRestart(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.RestartPaired();
        fleet.Talk.Forbid(frame => Payments.TakesCard(frame, order));
        await fleet.Welcome(order);
        await fleet.AwaitStart(order);
    }

    private static async Task KillAfterGranted(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var deaths = fleet.Device.IsProcess ? Deaths : 1;
        var lasts = TimeSpan.Zero;
        for (var death = 0; death < deaths; death++)
        {
            var order = await fleet.GrantedOrder();
            var since = fleet.Clock.GetTimestamp();
            if (death == 0) await fleet.Talk.AnswerPing(); // so it has read granted
            else await Task.Delay(lasts * death / (deaths - 1), fleet.Clock, fleet.Cancel);
            var before = fleet.Talk;
            await fleet.RestartPaired();
            await fleet.Welcome(order.AsStarted());
            var result = await fleet.AwaitResult(order, "A result after the restart");
            foreach (var told in before.ReadRest().OfType<Result>().Where(told => Payments.IsResult(told, order)))
                Payments.CheckSame(told, result);
            await fleet.Talk.Acknowledge(order.CheckoutId);
            if (death == 0) lasts = await MeasurePayment(fleet);
        }
    }

    private static async Task KillBeforeAck(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, result) = await fleet.PayUnacknowledged();
        await fleet.RestartPaired();
        await fleet.Welcome(order.AsStarted());
        Payments.CheckSame(result, await fleet.AwaitResult(order, "The result after the restart"));
        await fleet.Welcome();
        Payments.CheckSame(result, await fleet.AwaitResult(order, "The result after the next welcome"));
    }

    private static async Task KillAfterTerminated(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Talk.Terminate(order);
        await fleet.Talk.Expect<Terminated>("terminated", ended => ended.CheckoutId == order.CheckoutId);
        await fleet.RestartPaired();
        await fleet.Welcome();
        await fleet.Talk.Expect<Terminated>("terminated after the restart",
            ended => ended.CheckoutId == order.CheckoutId);
    }

    private static async Task KillAfterAck(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, result) = await fleet.Charge();
        await fleet.Talk.AnswerPing(); // so it has read ack
        await fleet.RestartPaired();
        await fleet.Welcome(order);
        Payments.CheckSame(result, await fleet.AwaitResult(order, "The result after the restart"));
    }

    private static async Task<TimeSpan> MeasurePayment(PlayedFleet fleet)
    {
        var order = await fleet.GrantedOrder();
        var since = fleet.Clock.GetTimestamp();
        await fleet.AwaitPayment(order);
        await fleet.Talk.Acknowledge(order.CheckoutId);
        return fleet.Clock.GetElapsedTime(since);
    }
}

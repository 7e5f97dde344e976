using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>The race between terminate and the card.</summary>
internal static class TerminateRules
{
    /// <summary>Moments between granted and the result at which terminate is sent.</summary>
    private const int Moments = 16;

    public static readonly IReadOnlyList<Rule> All =
    [
        new("7.1", "terminate of a checkout that was just shown is answered terminated.", EndsShown),
        new("7.2", "terminate before granted is answered terminated, and repeated until ack.", EndsAsked),
        new("7.3", "terminate in the order of a welcome says the same as the frame.", EndsByWelcome),
        new("7.4", "A welcome with a terminated checkout that it does not know is answered terminated.", EndsUnknown),
        new("7.5", "terminate of another checkout is ignored.", IgnoresOther),
        new("7.6", "terminate of a result that waits for ack repeats that result.", RepeatsCrossed),
        new("7.7", "Swept over a payment, terminate ends it without a charge or comes too late, never both.", Sweep)
        {
            ByItself = true,
        },
    ];

    private static async Task EndsShown(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder();
        fleet.Talk.Forbid(frame => Payments.TakesCard(frame, order));
        await fleet.Talk.Show(order);
        await fleet.Talk.Terminate(order);
        await AwaitTerminated(fleet, order, "terminated");
    }

    private static async Task EndsAsked(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Talk.Terminate(order);
        await AwaitTerminated(fleet, order, "terminated");
        await fleet.Reconnect();
        await fleet.Welcome();
        await AwaitTerminated(fleet, order, "terminated after the next welcome");
        await fleet.Talk.Acknowledge(order.CheckoutId);
        await fleet.Welcome();
        await fleet.Talk.Watch(frame => Payments.IsTerminated(frame, order) ? "It was repeated after ack." : null);
    }

    private static async Task EndsByWelcome(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Welcome(order with { Terminate = true });
        await AwaitTerminated(fleet, order, "terminated");
        await fleet.Talk.Acknowledge(order.CheckoutId);
    }

    private static async Task EndsUnknown(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder();
        await fleet.Welcome(order with { Terminate = true });
        await AwaitTerminated(fleet, order, "terminated");
        await fleet.Talk.Watch(frame => frame is Start ? "A start was asked after terminated." : null);
    }

    private static async Task IgnoresOther(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (before, _) = await fleet.Pay();
        var order = await fleet.AskedOrder();
        await fleet.Talk.Terminate(before);
        await fleet.Talk.Terminate(Payments.NewOrder());
        await fleet.Talk.Watch(frame => frame is Terminated ? "It ended a checkout that was not meant." : null);
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        await fleet.AwaitPayment(order);
    }

    private static async Task RepeatsCrossed(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, result) = await fleet.PayUnacknowledged();
        fleet.Talk.Forbid(frame => frame is Terminated ? "It ended a payment that had a result." : null);
        await fleet.Talk.Terminate(order);
        Payments.CheckSame(result, await fleet.AwaitResult(order, "The result after terminate"));
    }

    private static async Task Sweep(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var measured = await fleet.GrantedOrder();
        var since = fleet.Clock.GetTimestamp();
        await fleet.AwaitPayment(measured);
        var lasts = fleet.Clock.GetElapsedTime(since);
        await fleet.Talk.Acknowledge(measured.CheckoutId);
        for (var moment = 0; moment < Moments; moment++)
        {
            var order = await fleet.GrantedOrder();
            await Task.Delay(lasts * moment / (Moments - 1), fleet.Clock, fleet.Cancel);
            await fleet.Talk.Terminate(order);
            await CheckEnd(fleet, order);
            await fleet.Talk.Acknowledge(order.CheckoutId);
        }
    }

    /// <summary>Either terminated and no result ever, or the result, with or without too_late before it.</summary>
    private static async Task CheckEnd(PlayedFleet fleet, CheckoutDisplay order)
    {
        var end = await fleet.Talk.Find(
            frame => Payments.IsResult(frame, order) || Payments.IsTerminated(frame, order)
                || frame is TooLate late && late.CheckoutId == order.CheckoutId, CheckLimits.Answer, "An answer");
        if (end is null) throw new RuleBrokenException("There was no answer to terminate.");
        if (end is TooLate) end = await fleet.AwaitResult(order, "The result after too_late", fleet.Limits.Payment);
        var terminated = end is Terminated;
        fleet.Talk.Forbid(frame => IsOtherTruth(frame, order, terminated)
            ? "The checkout was answered with terminated and with a result."
            : null);
        await fleet.Welcome(order.AsStarted());
        if (terminated) await AwaitTerminated(fleet, order, "terminated after the next welcome");
        else await fleet.AwaitResult(order, "The result after the next welcome");
        await fleet.Talk.AnswerPing();
        fleet.Talk.Forbid(null);
    }

    private static bool IsOtherTruth(DeviceFrame frame, CheckoutDisplay order, bool terminated) =>
        terminated ? Payments.IsResult(frame, order) : Payments.IsTerminated(frame, order);

    private static Task<Terminated> AwaitTerminated(PlayedFleet fleet, CheckoutDisplay order, string what) =>
        fleet.Talk.Expect<Terminated>(what, ended => ended.CheckoutId == order.CheckoutId);
}

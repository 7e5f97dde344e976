using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>How long a result is repeated, and how long it is known.</summary>
internal static class ResultRules
{
    public static readonly IReadOnlyList<Rule> All =
    [
        new("6.1", "A checkout that was paid is answered with its result.", RemembersCharge),
        new("6.2", "A result is repeated after 10 seconds without ack.", Repeats),
        new("6.3", "ack ends the repetition of a result.", Forgets),
        new("6.4", "refused ends the repetition of a result.", SetsAside),
        new("6.5", "granted for a checkout that has ended is answered with its result.", AnswersLateGrant),
    ];

    private static async Task RemembersCharge(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, result) = await fleet.Charge();
        await fleet.Talk.Watch();
        fleet.Talk.Forbid(frame => frame is Start start && start.CheckoutId == order.CheckoutId
            ? "A checkout that was paid was started again."
            : null);
        await fleet.Talk.Show(order);
        Payments.CheckSame(result, await fleet.AwaitResult(order, "The result of the checkout that was paid"));
    }

    private static async Task Repeats(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder();
        await fleet.Talk.Grant(order);
        await fleet.AwaitLost(order, "granted for a checkout that it does not have");
        await fleet.AwaitResult(order, "The repeated result", CheckLimits.Repetition);
    }

    private static async Task Forgets(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, _) = await fleet.Pay();
        await fleet.Welcome();
        await fleet.Talk.Watch(frame => Payments.IsResult(frame, order) ? "A result was repeated after ack." : null);
    }

    private static async Task SetsAside(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, _) = await fleet.PayUnacknowledged();
        await fleet.Talk.Refuse(order, Refused.OfResult);
        await fleet.Welcome();
        await fleet.Talk.Watch(frame => Payments.IsResult(frame, order) ? "A refused result was repeated." : null);
        await fleet.AskedOrder();
    }

    private static async Task AnswersLateGrant(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var (order, result) = await fleet.Charge();
        await fleet.Talk.Watch();
        await fleet.Talk.Grant(order);
        Payments.CheckSame(result, await fleet.AwaitResult(order, "The result after a late granted"));
    }
}

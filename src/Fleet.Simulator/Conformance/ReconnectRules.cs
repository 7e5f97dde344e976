using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Lost connections, and what a welcome makes of the screen.</summary>
internal static class ReconnectRules
{
    public static readonly IReadOnlyList<Rule> All =
    [
        new("8.1", "Cut after start: no card is taken, and start is asked again after the welcome.", AsksAfterWelcome),
        new("8.2", "A welcome without a checkout clears the screen.", Clears),
        new("8.3", "A welcome with a checkout shows it, as if by checkout.", Shows),
        new("8.4", "A welcome with another checkout drops the one in hand.", Replaces),
        new("8.5", "A welcome with a started checkout that it does not know is answered reader_lost.", SaysLost),
        new("8.6", "Cut after granted: the payment goes on, and its result comes after the welcome.", GoesOn),
    ];

    private static async Task AsksAfterWelcome(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Reconnect();
        fleet.Talk.Forbid(frame => Payments.TakesCard(frame, order));
        await fleet.Welcome(order);
        await fleet.AwaitStart(order);
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        var result = await fleet.AwaitPayment(order);
        if (result.Reason == Reasons.ReaderLost)
            throw new RuleBrokenException("It asked again, was granted, and took no card.");
    }

    private static async Task Clears(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Welcome();
        await fleet.Talk.Grant(order);
        await fleet.AwaitLost(order, "a granted for a checkout that the welcome had not");
    }

    private static async Task Shows(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder();
        await fleet.Welcome(order);
        await fleet.AwaitStart(order);
    }

    private static async Task Replaces(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var before = await fleet.AskedOrder();
        var order = Payments.NewOrder();
        await fleet.Welcome(order);
        await fleet.AwaitStart(order);
        await fleet.PayInsteadOf(before, order, "a granted for the checkout that was dropped");
    }

    private static async Task SaysLost(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder().AsStarted();
        await fleet.Welcome(order);
        await fleet.AwaitLost(order, "a started checkout that it does not know");
    }

    private static async Task GoesOn(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.GrantedOrder();
        await fleet.Talk.AnswerPing(); // so it has read granted
        await fleet.Reconnect();
        await fleet.Welcome(order.AsStarted());
        var result = await fleet.AwaitPayment(order);
        if (result.Reason == Reasons.ReaderLost) throw new RuleBrokenException("The payment was given up.");
    }
}

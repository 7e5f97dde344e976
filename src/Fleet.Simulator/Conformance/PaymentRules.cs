using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>From the checkout to its result, on one connection.</summary>
internal static class PaymentRules
{
    private static readonly TimeSpan ShortWindow = TimeSpan.FromSeconds(2), SoonestAgain = TimeSpan.FromSeconds(3);

    public static readonly IReadOnlyList<Rule> All =
    [
        new("5.1", "A payment is checkout, start, granted, result.", Pays),
        new("5.2", "A tip is one of those that were offered.", TakesTip),
        new("5.3", "No card is taken before granted; after the window granted is answered reader_lost.",
            WaitsForGranted),
        new("5.4", "A checkout whose window is over is not started.", KeepsWindow),
        new("5.5", "Without an answer, start is asked again after 5 seconds.", AsksAgain),
        new("5.6", "The same checkout twice is one payment.", PaysOnce),
        new("5.7", "granted for a checkout that it does not have is answered reader_lost.", AnswersUnknownGrant),
        new("5.8", "refused instead of granted clears the screen.", ClearsWhenRefused),
        new("5.9", "refused after granted: no card is taken, unless authorisation had begun.", StopsWhenRefused),
        new("5.10", "Another checkout replaces the one in hand, unless its authorisation has begun.", TakesNext),
        new("5.11", "Without an answer, start is asked also after the window, until it is answered.", AsksAfterWindow),
    ];

    private static async Task Pays(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Pay();
        await fleet.Pay();
    }

    private static async Task TakesTip(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder() with { TipRates = [0.05m, 0.10m, 0.15m], TipTimeoutSeconds = 5 };
        await fleet.Talk.Show(order);
        await fleet.AwaitStart(order);
        await fleet.Talk.Grant(order);
        await fleet.AwaitPayment(order);
    }

    private static async Task WaitsForGranted(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder(ShortWindow);
        await fleet.Talk.Watch(frame => Payments.TakesCard(frame, order),
            ShortWindow + CheckLimits.Quiet);
        await fleet.Talk.Grant(order);
        await fleet.AwaitLost(order, "a granted that came too late");
    }

    private static async Task KeepsWindow(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Talk.Show(Payments.NewOrder(TimeSpan.Zero));
        await fleet.Talk.Watch(frame => frame is Start ? "A start was asked after the window." : null);
    }

    private static async Task AsksAgain(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        var since = fleet.Clock.GetTimestamp();
        await fleet.Talk.Expect<Start>("The second start", start => start.CheckoutId == order.CheckoutId,
            CheckLimits.AskAgain);
        var wait = fleet.Clock.GetElapsedTime(since);
        if (wait < SoonestAgain) throw new RuleBrokenException($"It asked again after {wait.TotalSeconds:0.0} s.");
    }

    private static async Task PaysOnce(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Talk.Show(order);
        await fleet.Talk.Watch(frame => Payments.TakesCard(frame, order));
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        await fleet.Talk.Grant(order);
        var first = await fleet.AwaitPayment(order);
        await fleet.Talk.Watch(frame => Differs(frame, first));
    }

    private static async Task AnswersUnknownGrant(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder();
        await fleet.Talk.Grant(order);
        await fleet.AwaitLost(order, "granted for a checkout that it does not have");
        await fleet.Welcome();
        await fleet.AwaitLost(order, "the next welcome");
    }

    private static async Task ClearsWhenRefused(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Talk.Refuse(order, Refused.OfStart);
        await fleet.Talk.Watch(frame => Payments.TakesCard(frame, order));
        await fleet.Talk.Grant(order);
        await fleet.AwaitLost(order, "refused and then granted");
        await fleet.Talk.Acknowledge(order.CheckoutId);
        await fleet.AskedOrder();
    }

    private static async Task StopsWhenRefused(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.GrantedOrder();
        await fleet.Talk.Refuse(order, Refused.OfStart);
        await fleet.AwaitResult(order, "A result after refused", fleet.Limits.Payment);
    }

    private static async Task TakesNext(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var before = await fleet.AskedOrder();
        var order = await fleet.AskedOrder();
        await fleet.PayInsteadOf(before, order, "a granted for the checkout that was replaced");
    }

    private static async Task AsksAfterWindow(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder(ShortWindow);
        await fleet.Talk.Watch(during: ShortWindow);
        await fleet.Talk.Expect<Start>("A start after the window", start => start.CheckoutId == order.CheckoutId,
            CheckLimits.AskAgain);
        await fleet.Talk.Refuse(order, Refused.OfStart);
        await fleet.Talk.AnswerPing(); // so a start that was under way has arrived
        await fleet.Talk.Watch(frame => frame is Start ? "A start was asked again after refused." : null,
            CheckLimits.AskAgain);
    }

    private static string? Differs(DeviceFrame frame, Result first) =>
        frame is Result again && again.CheckoutId == first.CheckoutId && !Payments.IsSame(again, first)
            ? "Two results of one checkout differ."
            : null;
}

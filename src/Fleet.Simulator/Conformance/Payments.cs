using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Checkouts as the rules need them, and what may be said of their results.</summary>
internal static class Payments
{
    private const long Amount = 1250;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    /// <summary>A new checkout.</summary>
    /// <param name="window">Time to ask for the start; null for what Fleet gives.</param>
    public static CheckoutDisplay NewOrder(TimeSpan? window = null) => new()
    {
        CheckoutId = Guid.NewGuid(),
        Amount = Amount,
        Currency = "EUR",
        MinorUnit = 2,
        Started = false,
        RemainingMs = (long)(window ?? Window).TotalMilliseconds,
    };

    /// <summary>The same checkout when its start is committed.</summary>
    public static CheckoutDisplay AsStarted(this CheckoutDisplay order) =>
        order with { Started = true, RemainingMs = 0 };

    /// <summary>Shows a checkout and waits until the device asks for the start.</summary>
    public static async Task<CheckoutDisplay> AskedOrder(this PlayedFleet fleet, TimeSpan? window = null)
    {
        var order = NewOrder(window);
        fleet.Talk.Forbid(frame => TakesCard(frame, order));
        await fleet.Talk.Show(order);
        await fleet.AwaitStart(order);
        return order;
    }

    /// <summary>Waits for the request for a start.</summary>
    public static Task<Start> AwaitStart(this PlayedFleet fleet, CheckoutDisplay order) =>
        fleet.Talk.Expect<Start>("A start", start => start.CheckoutId == order.CheckoutId);

    /// <summary>Shows a checkout, waits for the start and grants it.</summary>
    public static async Task<CheckoutDisplay> GrantedOrder(this PlayedFleet fleet)
    {
        var order = await fleet.AskedOrder();
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        return order;
    }

    /// <summary>A whole payment up to its result, which is not acknowledged yet.</summary>
    public static async Task<(CheckoutDisplay Order, Result Result)> PayUnacknowledged(this PlayedFleet fleet)
    {
        var order = await fleet.GrantedOrder();
        return (order, await fleet.AwaitPayment(order));
    }

    /// <summary>A whole payment.</summary>
    public static async Task<(CheckoutDisplay Order, Result Result)> Pay(this PlayedFleet fleet)
    {
        var (order, result) = await fleet.PayUnacknowledged();
        await fleet.Talk.Acknowledge(order.CheckoutId);
        return (order, result);
    }

    /// <summary>A payment after a permission for an earlier checkout, for which no card may be taken now.</summary>
    public static async Task PayInsteadOf(
        this PlayedFleet fleet, CheckoutDisplay before, CheckoutDisplay order, string after)
    {
        await fleet.Talk.Grant(before);
        await fleet.AwaitLost(before, after);
        await fleet.Talk.Acknowledge(before.CheckoutId);
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        await fleet.AwaitPayment(order);
    }

    /// <summary>A whole payment that is approved.</summary>
    public static async Task<(CheckoutDisplay Order, Result Result)> Charge(this PlayedFleet fleet)
    {
        var (order, result) = await fleet.Pay();
        return result.Outcome == Outcomes.Approved
            ? (order, result)
            : throw new RuleSkippedException("the device approved no payment");
    }

    /// <summary>The result of a payment that was granted. It depends on a customer, who may never come.</summary>
    public static async Task<Result> AwaitPayment(this PlayedFleet fleet, CheckoutDisplay order)
    {
        var within = fleet.Limits.Payment;
        var found = await fleet.Talk.Find(frame => IsResult(frame, order), within, "A result");
        if (found is Result result) return CheckResult(result, order);
        throw new RuleSkippedException(
            $"no payment ended within {within.TotalSeconds:0} s: the device waits for a card");
    }

    /// <summary>A result that the device has, so that it says it at once.</summary>
    public static async Task<Result> AwaitResult(
        this PlayedFleet fleet, CheckoutDisplay order, string what, TimeSpan? within = null) => CheckResult(
            await fleet.Talk.Expect<Result>(what, result => result.CheckoutId == order.CheckoutId, within), order);

    /// <summary>The statement that no card was taken.</summary>
    public static async Task AwaitLost(this PlayedFleet fleet, CheckoutDisplay order, string after)
    {
        var result = await fleet.AwaitResult(order, $"A result {Reasons.ReaderLost} after {after}");
        if (result.Reason == Reasons.ReaderLost) return;
        throw new RuleBrokenException($"The result after {after} is not {Reasons.ReaderLost}.");
    }

    /// <summary>Checks that a repeated result says what the first one said.</summary>
    public static void CheckSame(Result first, Result again)
    {
        if (!IsSame(first, again))
            throw new RuleBrokenException("The repeated result says something else than the first one.");
    }

    /// <summary>Whether two results say the same of the money. The card may be missing from a repetition.</summary>
    public static bool IsSame(Result one, Result other) =>
        one with { Epoch = 0, Card = null } == other with { Epoch = 0, Card = null };

    public static bool IsResult(DeviceFrame frame, CheckoutDisplay order) =>
        frame is Result result && result.CheckoutId == order.CheckoutId;

    public static bool IsTerminated(DeviceFrame frame, CheckoutDisplay order) =>
        frame is Terminated ended && ended.CheckoutId == order.CheckoutId;

    /// <summary>A sentence for frames that say that a card was or may be taken for a checkout.</summary>
    public static string? TakesCard(DeviceFrame frame, CheckoutDisplay order) => frame switch
    {
        Result { Outcome: Outcomes.Approved } result when result.CheckoutId == order.CheckoutId =>
            "A payment was approved that was not granted.",
        ScreenState { State: not (Screens.Idle or Screens.UpdatingFirmware) } screen =>
            $"The screen says {screen.State} before the start was granted.",
        _ => null,
    };

    /// <summary>Checks what Fleet would take for a dispute.</summary>
    private static Result CheckResult(Result result, CheckoutDisplay order)
    {
        var approved = result.Outcome == Outcomes.Approved;
        var known = (result.Outcome, result.Reason) is (Outcomes.Approved, null)
            or (Outcomes.Failed, Reasons.Declined or Reasons.WrongPin or Reasons.CardRemoved or Reasons.ReaderLost)
            or (Outcomes.Cancelled, Reasons.CustomerCancelled or Reasons.NoCardInTime);
        if (!known) throw new RuleBrokenException($"No payment ends with {result.Outcome} and {result.Reason ?? "-"}.");
        if (result.Amount != (approved ? order.Amount : 0))
            throw new RuleBrokenException($"A result that is {result.Outcome} has the amount {result.Amount}.");
        if (!IsTip(result.Tip, approved ? order : order with { TipRates = null }))
            throw new RuleBrokenException($"A tip of {result.Tip} was not offered.");
        if (result.Card?.Last4 is { } last4 && !(last4.Length == 4 && last4.All(char.IsAsciiDigit)))
            throw new RuleBrokenException("last4 of the card has something else than four digits.");
        return result;
    }

    /// <summary>Whether the tip is none, or one that was offered, rounded in any way.</summary>
    private static bool IsTip(long tip, CheckoutDisplay order) => tip == 0 || (order.TipRates ?? []).Any(rate =>
        decimal.Floor(order.Amount * rate) <= tip && tip <= decimal.Ceiling(order.Amount * rate));
}

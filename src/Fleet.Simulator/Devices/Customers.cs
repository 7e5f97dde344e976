using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// The customers of a device: they follow the scenario, unless a test says what the next one does. A wish changes what
/// the customer does, never the rules of the link: it has an effect only after the grant and before the authorisation.
/// </summary>
internal sealed class Customers(TestSetup setup)
{
    /// <summary>How long a card waits for the checkout that it is to pay.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);

    private const string MustBeInserted = "This card must be inserted: it is over the limit for a tap.";

    private (Act Act, TimeSpan Until)? _kept;

    /// <summary>Whether a card waits for a checkout.</summary>
    public bool Waiting => _kept is not null;

    /// <summary>When the card that waits is taken away, if no checkout comes.</summary>
    public TimeSpan KeptUntil => _kept?.Until ?? TimeSpan.MaxValue;

    /// <summary>A kept wish that could not be done, and why; null when there is none.</summary>
    public (Guid ActId, string Why)? Failed { get; set; }

    /// <summary>What the customer of this checkout does without a test.</summary>
    public CustomerPlan PlanPayment(CheckoutDisplay order) => PlanPayment(setup.Scenario, order);

    /// <summary>
    /// The start of this payment is granted: the wish that was kept for it is done, or the next of the script.
    /// </summary>
    public void MeetPayment(Payment payment, TimeSpan now)
    {
        var kept = _kept;
        _kept = null;
        if (kept is { } waiting) payment.Wish = waiting.Act.Wish;
        else if (payment.Wish is null && setup.Script.TryDequeue(out var next)) payment.Wish = next;
        if (payment.Wish is not { } wish) return;
        var why = wish.Do switch
        {
            Wishes.Present => PresentCard(wish, payment, now),
            Wishes.Press when wish.Key is DeviceKeys.Cancel => Keypad.Cancel(payment, now),
            Wishes.Show => DoNothing(payment, now),
            _ => Keypad.NoKey,
        };
        if (why is null) return;
        DoNothing(payment, now);
        if (kept is { } failed) Failed = (failed.Act.ActId, why);
    }

    /// <summary>
    /// Presents a card, or keeps it for the checkout that comes. The answer is why not; null when it is done.
    /// </summary>
    public string? PresentCard(Act act, Payment? payment, TimeSpan now)
    {
        switch (payment?.Phase)
        {
            case Phase.Paying: return PresentCard(act.Wish, payment, now);
            case Phase.Authorising: return "The card is being charged already.";
            default:
                if (_kept is not null) return "A card waits to be presented already.";
                if (IsTappedOverLimit(CardOf(act.Wish, null), act.Wish)) return MustBeInserted;
                _kept = (act, now + KeptFor);
                return null;
        }
    }

    /// <summary>Presses a key.</summary>
    public string? PressKey(string? key, Payment? payment, TimeSpan now) => (key, payment?.Screen) switch
    {
        (_, null) => Keypad.NoKey,
        (DeviceKeys.Cancel, _) => Keypad.Cancel(payment, now),
        (DeviceKeys.Ok, Screens.SelectingTip) => Keypad.ChooseTip(0, payment, now),
        (DeviceKeys.Ok, Screens.WaitingForSignature) => Sign(payment, now),
        (DeviceKeys.Back, Screens.WaitingForPin) => Keypad.GoBack(payment, now),
        _ => Keypad.NoKey,
    };

    /// <summary>
    /// Forgets the card that waits, and ends a payment that can still be ended, as by the cancel key.
    /// </summary>
    public void Reset(Payment? payment, TimeSpan now)
    {
        _kept = null;
        if (payment?.Phase is Phase.Paying) Keypad.Cancel(payment, now);
        else if (payment?.Phase is Phase.Shown or Phase.Asking)
        {
            payment.Wish = new() { Do = Wishes.Press, Key = DeviceKeys.Cancel };
            if (payment.Phase is Phase.Shown) payment.MoveAt = now;
        }
    }

    /// <summary>Takes away the card that waited too long.</summary>
    public void AdvanceTime(Payment? payment, TimeSpan now)
    {
        if (_kept is not { } kept || payment is not null || kept.Until > now) return;
        _kept = null;
        Failed = (kept.Act.ActId, "No checkout came for the card within 10 seconds.");
    }

    private CustomerPlan PlanPayment(Scenario scenario, CheckoutDisplay order) =>
        Cardholder.PlanPayment(scenario, setup.Seed, setup.Pace, order);

    private static TestCard CardOf(DeviceWish wish, CheckoutDisplay? order) =>
        wish.Card is { } name && TestCard.FindCard(name) is { } card ? card
        : order is not null ? TestCard.OfOrder(order)
        : new("", "", Script.Approve);

    private static bool IsTappedOverLimit(TestCard card, DeviceWish wish) =>
        card.Script.MustInsert && wish.Method is CardMethods.Tap;

    private string? PresentCard(DeviceWish wish, Payment payment, TimeSpan now)
    {
        if (payment.Screen is Screens.WaitingForPin or Screens.WaitingForSignature)
            return "There is a card in the device already.";
        var (order, card) = (payment.Checkout, CardOf(wish, payment.Checkout));
        if (IsTappedOverLimit(card, wish)) return MustBeInserted;
        var before = new List<PlanStep>();
        if (payment.Screen is null or Screens.SelectingTip && order.TipRates is { Count: > 0 })
        {
            var rate = wish.TipRate ?? 0;
            if (!Keypad.IsOffered(rate, payment)) return Keypad.NotOffered(rate);
            payment.Tip = Cardholder.TipOf(order.Amount, rate);
            if (payment.Screen is null) before.Add(new(Screens.SelectingTip, TimeSpan.Zero));
        }
        if (payment.Screen is not Screens.WaitingForCard) before.Add(new(Screens.WaitingForCard, TimeSpan.Zero));
        var plan = Cardholder.PlanCard(card, wish, setup.Seed, setup.Pace, order);
        payment.FollowPlan(plan with { Steps = [.. before, .. plan.Steps] }, now);
        return null;
    }

    private string? DoNothing(Payment payment, TimeSpan now)
    {
        payment.FollowPlan(PlanPayment(Scenario.Manual, payment.Checkout), now);
        return null;
    }

    private string? Sign(Payment? payment, TimeSpan now)
    {
        if (payment?.Plan.End.Card is not { } card) return Keypad.NoKey;
        var plan = Cardholder.PlanCard(
            new(card.Last4 ?? "", card.Scheme ?? "", Script.Approve), new() { Do = Wishes.Present }, setup.Seed,
            setup.Pace, payment.Checkout);
        var shown = card with { AuthCode = plan.End.Card?.AuthCode };
        payment.FollowPlan(plan with { End = plan.End with { Card = shown } }, now);
        return null;
    }
}

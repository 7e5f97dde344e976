using Fleet.Protocol;

namespace Fleet.Simulator;

/// <summary>
/// Decides what the customer of one checkout does. It has no side effects: the same scenario, seed, pace and checkout
/// give the same plan in every process, so a failed run can be repeated.
/// </summary>
public static class Cardholder
{
    /// <summary>The longest a pace may stretch a human delay.</summary>
    public const double MaxPace = 100;

    /// <summary>The tip screen's time limit when the checkout names none.</summary>
    public const int DefaultTipTimeoutSeconds = 30;

    /// <summary>What a test may say of the PIN: <c>right</c> is the default.</summary>
    internal const string PinRight = "right", PinWrong = "wrong", PinNone = "none";

    /// <summary>Wrong PINs after which the card is blocked.</summary>
    private const int PinTries = 3;

    /// <summary>How long the reader waits for a card, at pace 1.</summary>
    public static readonly TimeSpan CardPatience = TimeSpan.FromSeconds(45);

    /// <summary>How long the issuer of a delayed payment takes, at any pace.</summary>
    public static readonly TimeSpan SlowAuthorisation = TimeSpan.FromSeconds(20);

    // Ranges in seconds at pace 1: our estimates, close enough to make queues and time-outs look like those of a shop.
    private static readonly (double From, double To) WakeUp = (0.3, 1.2), ChooseTip = (2, 7), ShowCard = (2, 7);
    private static readonly string[] Schemes = ["VISA", "MASTERCARD", "MAESTRO", "AMEX"];
    private static readonly (double From, double To) TypePin = (3, 8), Authorise = (0.6, 1.8);

    /// <summary>The plan of one checkout.</summary>
    /// <param name="scenario">How customers behave here.</param>
    /// <param name="seed">Any number; with the checkout's id it decides every random choice.</param>
    /// <param name="pace">Multiplies all delays: 1 as in life, 0 for none, at most <see cref="MaxPace"/>.</param>
    /// <param name="checkout">What is to be paid.</param>
    public static CustomerPlan PlanPayment(Scenario scenario, int seed, double pace, CheckoutDisplay checkout)
    {
        if (!(pace is >= 0 and <= MaxPace))
            throw new ArgumentOutOfRangeException(nameof(pace), pace, $"The pace must be between 0 and {MaxPace}.");
        var dice = Dice.FromId(seed, checkout.CheckoutId);
        var script = Script.ForScenario(scenario, checkout, dice);
        var waits = script.End.Reason is Reasons.NoCardInTime;
        var wakeUp = Take(WakeUp);
        var (steps, tip) =
            TipStep(scenario, checkout, script.Waits ? TimeSpan.MaxValue : Take(ChooseTip), dice);
        var patience = script.Waits ? CardPatience : CardPatience * pace;
        steps.Add(new(Screens.WaitingForCard, waits ? patience : Take(ShowCard)));
        if (script.AsksPin) steps.Add(new(Screens.WaitingForPin, Take(TypePin)));
        var authorisation = script.Authorises ? script.Delay ?? Scale(Authorise, pace) : (TimeSpan?)null;
        return new(script.Starts ? wakeUp : null, steps, authorisation, script.End with
        {
            Tip = script.End.Outcome is Outcomes.Approved ? tip : 0,
            Card = script.Authorises ? TakeCard(script, dice) : null,
        });

        TimeSpan Take((double From, double To) range) => Scale(range, script.Slowness * pace);

        TimeSpan Scale((double From, double To) range, double factor) => TakeTime(dice, range, factor);
    }

    /// <summary>
    /// What follows when a test presents a card now: a PIN or a signature if the card asks for one, then the
    /// authorisation.
    /// </summary>
    /// <param name="card">The card, and how a payment with it goes.</param>
    /// <param name="wish">How it is presented, and which PIN is typed.</param>
    /// <param name="seed">With the checkout's id it decides every random choice.</param>
    /// <param name="pace">Multiplies the time that people and the issuer take.</param>
    /// <param name="checkout">What is to be paid.</param>
    internal static CustomerPlan PlanCard(
        TestCard card, DeviceWish wish, int seed, double pace, CheckoutDisplay checkout)
    {
        var (script, dice, shown) = (card.Script, Dice.FromId(seed, checkout.CheckoutId), card.Present(wish.Method));
        var (typing, authorising) = (TakeTime(dice, TypePin, pace), TakeTime(dice, Authorise, pace));
        if (script.End.Reason is Reasons.NoCardInTime)
            return new(null, [new(Screens.WaitingForCard, CardPatience * pace)], null, script.End);
        if (!script.Authorises) return new(null, [], null, script.End);
        var asks = script.AsksPin ? Screens.WaitingForPin : script.Signs ? Screens.WaitingForSignature : null;
        if (asks is not null && wish.Pin is PinNone)
            return new(null, [new(asks, CardPatience)], null, PlanEnd.Cancelled with { Card = shown });
        if (script.AsksPin && wish.Pin is PinWrong)
        {
            var tries = Enumerable.Repeat(new PlanStep(Screens.WaitingForPin, typing), PinTries);
            return new(null, [.. tries], null, new(Outcomes.Failed, Reasons.WrongPin, Card: shown));
        }
        var authCode = script.End.Outcome is Outcomes.Approved ? $"{dice.Next(1_000_000):000000}" : null;
        return new(null, asks is null ? [] : [new(asks, typing)], script.Delay ?? authorising,
            script.End with { Card = shown with { AuthCode = authCode } });
    }

    private static TimeSpan TakeTime(Random dice, (double From, double To) range, double factor) =>
        TimeSpan.FromMilliseconds(Math.Round(dice.Between(range.From, range.To) * factor * 1000));

    /// <summary>The tip for a rate, in minor units: rounded to the nearest, halves up.</summary>
    public static long TipOf(long amount, decimal rate) =>
        (long)decimal.Round(amount * rate, MidpointRounding.AwayFromZero);

    /// <summary>A card of this customer; when there is a PIN, the card was inserted.</summary>
    private static PresentedCard TakeCard(Script script, Random dice) => new(
        $"{dice.Next(10_000):0000}",
        Schemes[dice.Next(Schemes.Length)],
        script.AsksPin ? EntryModes.Chip : EntryModes.Contactless,
        script.End.Outcome is Outcomes.Approved ? $"{dice.Next(1_000_000):000000}" : null);

    /// <summary>The tip step. A customer who takes longer than the screen waits has chosen no tip.</summary>
    private static (List<PlanStep> Steps, long Tip) TipStep(
        Scenario scenario, CheckoutDisplay checkout, TimeSpan thinks, Random dice)
    {
        if (checkout.TipRates is not { Count: > 0 } rates) return ([], 0);
        var limit = TimeSpan.FromSeconds(Math.Max(0, checkout.TipTimeoutSeconds ?? DefaultTipTimeoutSeconds));
        var rate = ChooseTipRate(scenario, rates, dice);
        return thinks > limit
            ? ([new(Screens.SelectingTip, limit)], 0)
            : ([new(Screens.SelectingTip, thinks)], TipOf(checkout.Amount, rate));
    }

    private static decimal ChooseTipRate(
        Scenario scenario, IReadOnlyList<decimal> rates, Random dice) => scenario switch
        {
            Scenario.Tips => rates[dice.Next(rates.Count)],
            Scenario.Solo or Scenario.Mix => rates.Append(0).ElementAt(dice.Next(rates.Count + 1)),
            _ => 0,
        };
}

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

    /// <summary>How long the reader waits for a card, at pace 1.</summary>
    public static readonly TimeSpan CardPatience = TimeSpan.FromSeconds(45);

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
        var script = Script.ForScenario(scenario, checkout.Amount, dice);
        var waits = script.End.Reason is Reasons.NoCardInTime;
        var wakeUp = Take(WakeUp);
        var (steps, tip) = TipStep(scenario, checkout, Take(ChooseTip), dice);
        steps.Add(new(Screens.WaitingForCard, waits ? CardPatience * pace : Take(ShowCard)));
        if (script.AsksPin) steps.Add(new(Screens.WaitingForPin, Take(TypePin)));
        var authorisation = script.Authorises ? Scale(Authorise, pace) : (TimeSpan?)null;
        return new(script.Starts ? wakeUp : null, steps, authorisation, script.End with
        {
            Tip = script.End.Outcome is Outcomes.Approved ? tip : 0,
            Card = script.Authorises ? TakeCard(script, dice) : null,
        });

        TimeSpan Take((double From, double To) range) => Scale(range, script.Slowness * pace);

        TimeSpan Scale((double From, double To) range, double factor) =>
            TimeSpan.FromMilliseconds(Math.Round(dice.Between(range.From, range.To) * factor * 1000));
    }

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

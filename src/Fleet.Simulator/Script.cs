using Fleet.Protocol;

namespace Fleet.Simulator;

/// <summary>A scenario applied to one checkout.</summary>
internal sealed record Script
{
    public static readonly Script Approve = new();
    public static readonly Script Pin = new() { AsksPin = true };
    public static readonly Script Signature = new() { Signs = true };
    public static readonly Script OverLimit = new() { AsksPin = true, MustInsert = true };
    public static readonly Script Delayed = new() { Delay = Cardholder.SlowAuthorisation };
    public static readonly Script Unsent = new() { End = new(Outcomes.Approved, IsUnsent: true) };
    public static readonly Script Slow = new() { AsksPin = true, Slowness = 5 };
    public static readonly Script NeverStarts = new() { Starts = false };
    public static readonly Script Decline = new() { End = new(Outcomes.Failed, Reasons.Declined) };
    public static readonly Script WrongPin = new() { AsksPin = true, End = new(Outcomes.Failed, Reasons.WrongPin) };

    public static readonly Script CardRemoved =
        new() { Authorises = false, End = new(Outcomes.Failed, Reasons.CardRemoved) };

    public static readonly Script CustomerCancels =
        new() { Authorises = false, End = new(Outcomes.Cancelled, Reasons.CustomerCancelled) };

    public static readonly Script NoCardInTime =
        new() { Authorises = false, End = new(Outcomes.Cancelled, Reasons.NoCardInTime) };

    /// <summary>The customer does nothing: without a wish of a test it ends like <see cref="NoCardInTime"/>.</summary>
    public static readonly Script Manual = NoCardInTime with { Waits = true };

    /// <summary>A normal day in a shop in percent; the weights add up to 100.</summary>
    private static readonly (int Percent, Script Script)[] Day =
    [
        (60, Approve), (17, Pin), (7, Decline), (5, CustomerCancels), (4, Slow),
        (2, WrongPin), (2, CardRemoved), (2, NoCardInTime), (1, NeverStarts),
    ];

    /// <summary>How it ends, before a tip is added.</summary>
    public PlanEnd End { get; private init; } = new(Outcomes.Approved);

    public bool Starts { get; private init; } = true;
    public bool AsksPin { get; private init; }
    public bool Authorises { get; private init; } = true;

    /// <summary>Whether the customer signs.</summary>
    public bool Signs { get; private init; }

    /// <summary>Whether the card is refused when it is tapped.</summary>
    public bool MustInsert { get; private init; }

    /// <summary>Whether the screens wait for as long as they can, at any pace.</summary>
    public bool Waits { get; private init; }

    /// <summary>How long the authorisation takes at any pace; null for the usual time.</summary>
    public TimeSpan? Delay { get; private init; }

    /// <summary>How many times as long as usual the customer takes.</summary>
    public double Slowness { get; private init; } = 1;

    /// <summary>The script for this checkout; only <see cref="Scenario.Mix"/> makes a random choice.</summary>
    public static Script ForScenario(Scenario scenario, CheckoutDisplay order, Random dice) => scenario switch
    {
        Scenario.Manual => Manual,
        _ when OfCents(order) is { } script => script,
        Scenario.Solo => OfAmount(order.Amount) ?? Approve,
        Scenario.Mix => OfDay(dice.Next(100)),
        Scenario.Approve or Scenario.Tips => Approve,
        Scenario.Decline => Decline,
        Scenario.WrongPin => WrongPin,
        Scenario.CardRemoved => CardRemoved,
        Scenario.CustomerCancels => CustomerCancels,
        Scenario.NoCardInTime => NoCardInTime,
        Scenario.Slow => Slow,
        Scenario.Pin => Pin,
        Scenario.NeverStarts => NeverStarts,
        _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, "There is no such scenario."),
    };

    /// <summary>How the amount ends the payment; null when it does not decide.</summary>
    public static Script? OfOrder(CheckoutDisplay order) => OfAmount(order.Amount) ?? OfCents(order);

    private static Script? OfAmount(long amount) => amount switch
    {
        MagicAmounts.Declined => Decline,
        MagicAmounts.WrongPin => WrongPin,
        MagicAmounts.CustomerCancelled => CustomerCancels,
        MagicAmounts.NoCardInTime => NoCardInTime,
        _ => null,
    };

    /// <summary>How the last two digits of the amount end the payment, where a merchant asks for that.</summary>
    private static Script? OfCents(CheckoutDisplay order) => order.TestCents is not true || order.Amount < 0
        ? null
        : OfAmount(order.Amount) ?? (order.Amount % 100) switch
        {
            1 => WrongPin,
            5 or 51 or 54 => Decline,
            55 => Pin,
            65 => OverLimit,
            68 => Delayed,
            76 => CustomerCancels,
            91 => NoCardInTime,
            96 => Unsent,
            _ => null,
        };

    private static Script OfDay(int percent)
    {
        foreach (var (share, script) in Day)
        {
            if (percent < share) return script;
            percent -= share;
        }
        return Approve;
    }
}

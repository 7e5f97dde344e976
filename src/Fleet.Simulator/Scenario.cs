namespace Fleet.Simulator;

/// <summary>How the customers of a virtual reader behave.</summary>
public enum Scenario
{
    /// <summary>Approves, except for the magic amounts of <see cref="MagicAmounts"/>.</summary>
    Solo,

    /// <summary>Approves without a PIN.</summary>
    Approve,

    /// <summary>The issuer declines.</summary>
    Decline,

    /// <summary>The PIN is wrong too often.</summary>
    WrongPin,

    /// <summary>The card leaves the reader before the payment is authorised.</summary>
    CardRemoved,

    /// <summary>The customer presses cancel instead of showing a card.</summary>
    CustomerCancels,

    /// <summary>No card is presented within <see cref="Cardholder.CardPatience"/>.</summary>
    NoCardInTime,

    /// <summary>Approves, but everything takes several times as long, and there is a PIN.</summary>
    Slow,

    /// <summary>Approves, and chooses one of the offered tips.</summary>
    Tips,

    /// <summary>Approves after a PIN.</summary>
    Pin,

    /// <summary>The device shows the checkout and never asks to start, until the window is over.</summary>
    NeverStarts,

    /// <summary>
    /// A normal day in a shop: mostly approvals, and a little of everything else, chosen by the seed.
    /// </summary>
    Mix,
}

/// <summary>Amounts, in minor units, whose outcome is fixed under <see cref="Scenario.Solo"/>.</summary>
public static class MagicAmounts
{
    public const long Declined = 1100, WrongPin = 4201, CustomerCancelled = 4276, NoCardInTime = 4291;
}

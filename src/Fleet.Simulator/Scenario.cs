using System.Text.Json;

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

    /// <summary>The customer does nothing until a test says what (<see cref="Protocol.DeviceWish"/>).</summary>
    Manual,
}

/// <summary>The names of scenarios: <c>wrong-pin</c> for <see cref="Scenario.WrongPin"/>.</summary>
public static class ScenarioNames
{
    private static readonly Dictionary<string, Scenario> Names =
        Enum.GetValues<Scenario>().ToDictionary(one => JsonNamingPolicy.KebabCaseLower.ConvertName(one.ToString()));

    private static readonly Dictionary<Scenario, string> Words =
        Names.ToDictionary(one => one.Value, one => one.Key);

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> All => Names.Keys;

    /// <summary>The scenario of a name; null when there is none.</summary>
    public static Scenario? FindScenario(string name) => Names.TryGetValue(name, out var found) ? found : null;

    /// <summary>The name of a scenario.</summary>
    public static string NameOf(Scenario scenario) => Words[scenario];
}

/// <summary>Amounts, in minor units, whose outcome is fixed under <see cref="Scenario.Solo"/>.</summary>
public static class MagicAmounts
{
    public const long Declined = 1100, WrongPin = 4201, CustomerCancelled = 4276, NoCardInTime = 4291;
}

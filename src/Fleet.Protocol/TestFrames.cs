using System.Text.Json.Serialization;

namespace Fleet.Protocol;

/// <summary>
/// A test moves a virtual device: what the customer, the network or the power does. Sent only to a device that said
/// <see cref="Hello.Helpers"/>. Answered by <see cref="Acted"/>.
/// </summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="ActId">Comes back in the answer.</param>
/// <param name="Wish">What is to happen.</param>
public sealed record Act(long Epoch, Guid ActId, DeviceWish Wish) : ServerFrame;

/// <summary>What a virtual device made of an <see cref="Act"/>.</summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="ActId">That of the question.</param>
/// <param name="Scene">What is on the device now.</param>
/// <param name="Refused">Why it cannot be done now, in a sentence; absent when it was done.</param>
public sealed record Acted(long Epoch, Guid ActId, DeviceScene Scene, string? Refused = null) : DeviceFrame;

/// <summary>What is to happen at a virtual device. Members that do not belong to <see cref="Do"/> are absent.</summary>
public sealed record DeviceWish
{
    /// <summary>One of <see cref="Wishes"/>.</summary>
    public required string Do { get; init; }

    /// <summary>Whether the device answers at once, because its connection ends then.</summary>
    [JsonIgnore]
    public bool EndsConnection => Do is Wishes.Power || this is { Do: Wishes.Link, CutMs: > 0 };

    /// <summary>
    /// How long the answer may wait, in milliseconds: for <see cref="Wishes.Show"/> until the scene is newer than
    /// <see cref="Since"/>, for all others until no payment is in hand and every result is acknowledged.
    /// </summary>
    public int? WaitMs { get; init; }

    /// <summary><see cref="DeviceScene.Version"/> that the caller has seen.</summary>
    public long? Since { get; init; }

    /// <summary>One of <see cref="TestCards"/>; absent for a card of which the amount decides the outcome.</summary>
    public string? Card { get; init; }

    /// <summary>How the card is presented, one of <see cref="CardMethods"/>; absent for what suits the card.</summary>
    public string? Method { get; init; }

    /// <summary><c>right</c>, <c>wrong</c> (three times) or <c>none</c> (the screen waits for it).</summary>
    public string? Pin { get; init; }

    /// <summary>The tip that is chosen: one of the offered rates, or 0 for none.</summary>
    public decimal? TipRate { get; init; }

    /// <summary>The key that is pressed, one of <see cref="DeviceKeys"/>.</summary>
    public string? Key { get; init; }

    /// <summary>Without power for so long: the payment in hand is lost, and the journal is not.</summary>
    public int? OffMs { get; init; }

    /// <summary>Without a connection for so long.</summary>
    public int? CutMs { get; init; }

    /// <summary>Every frame in both directions comes so much later; 0 ends it.</summary>
    public int? LagMs { get; init; }

    /// <summary>So many of the next results are written to the journal and not sent once.</summary>
    public int? SwallowResults { get; init; }

    /// <summary>So many of the next results are sent twice.</summary>
    public int? RepeatResults { get; init; }

    /// <summary>The next charge is written to the journal; then the power is gone for <see cref="OffMs"/>.</summary>
    public bool? DieAfterCharge { get; init; }

    /// <summary>Percent.</summary>
    public double? Battery { get; init; }

    /// <summary>One of <see cref="Connections"/>.</summary>
    public string? Connection { get; init; }

    /// <summary>
    /// The version that it says from its next connection on; it connects again at once when it is idle.
    /// </summary>
    public string? Firmware { get; init; }

    /// <summary>Whether the screen says that the firmware is being updated.</summary>
    public bool? Updating { get; init; }

    /// <summary>What the customers of the next checkouts do, one wish for each.</summary>
    public IReadOnlyList<DeviceWish>? Steps { get; init; }

    /// <summary>How customers behave without a helper, by its name on the command line of the simulator.</summary>
    public string? Scenario { get; init; }

    /// <summary>Decides every random choice of a scenario.</summary>
    public int? Seed { get; init; }

    /// <summary>Multiplies the time that people take.</summary>
    public double? Pace { get; init; }
}

/// <summary>The words of <see cref="DeviceWish.Do"/>.</summary>
public static class Wishes
{
    public const string Show = "show", Present = "present", RemoveCard = "remove_card", Press = "press";
    public const string ChooseTip = "choose_tip", Power = "power", Link = "link", Set = "set";
    public const string Script = "script", Scenario = "scenario", Reset = "reset";

    public static readonly IReadOnlyList<string> All =
        [Show, Present, RemoveCard, Press, ChooseTip, Power, Link, Set, Script, Scenario, Reset];
}

/// <summary>The words of <see cref="DeviceWish.Method"/>.</summary>
public static class CardMethods
{
    public const string Tap = "tap", Insert = "insert", Swipe = "swipe";

    public static readonly IReadOnlyList<string> All = [Tap, Insert, Swipe];
}

/// <summary>The words of <see cref="DeviceWish.Key"/>.</summary>
public static class DeviceKeys
{
    public const string Cancel = "cancel", Ok = "ok", Back = "back";

    public static readonly IReadOnlyList<string> All = [Cancel, Ok, Back];
}

/// <summary>What is on a virtual device now.</summary>
public sealed record DeviceScene
{
    /// <summary>Higher with every change of the scene. It begins anew when the device is switched on.</summary>
    public required long Version { get; init; }

    /// <summary>What its screen shows, one of <see cref="SceneScreens"/>.</summary>
    public required string Screen { get; init; }

    /// <summary>The checkout in hand; absent when there is none.</summary>
    public Guid? CheckoutId { get; init; }

    /// <summary>Minor units to charge, without a tip, of the checkout in hand.</summary>
    public long? Amount { get; init; }

    /// <summary>ISO 4217, of the checkout in hand.</summary>
    public string? Currency { get; init; }

    /// <summary>Minor units of tip that were chosen for it.</summary>
    public long? Tip { get; init; }

    /// <summary>The last checkout that ended on the device; absent before the first.</summary>
    public Guid? LastCheckoutId { get; init; }

    /// <summary>How it ended: one of <see cref="Outcomes"/>, or <c>terminated</c>.</summary>
    public string? LastOutcome { get; init; }

    /// <summary>One of <see cref="Reasons"/>; absent for a success.</summary>
    public string? LastReason { get; init; }

    /// <summary>Results that Fleet has not acknowledged.</summary>
    public int WaitingResults { get; init; }

    /// <summary>Cards that were ever charged.</summary>
    public int Charges { get; init; }

    /// <summary>Wishes for the next checkouts that are left.</summary>
    public int Scripted { get; init; }

    /// <summary>How customers behave without a helper.</summary>
    public string? Scenario { get; init; }

    /// <summary>Percent.</summary>
    public double? Battery { get; init; }

    /// <summary>One of <see cref="Connections"/>.</summary>
    public string? Connection { get; init; }

    public string? Firmware { get; init; }
}

/// <summary>The words of <see cref="DeviceScene.Screen"/>.</summary>
public static class SceneScreens
{
    /// <summary>Nothing is in hand, or the checkout in hand was not granted yet.</summary>
    public const string Idle = "idle", Asking = "asking";

    /// <summary>The customer is to do something.</summary>
    public const string Tip = "tip", Card = "card", Pin = "pin", Signature = "signature";

    /// <summary>The card is being charged: too late to end it.</summary>
    public const string Authorising = "authorising";

    /// <summary>The firmware is being updated.</summary>
    public const string Updating = "updating";

    public static readonly IReadOnlyList<string> All =
        [Idle, Asking, Tip, Card, Pin, Signature, Authorising, Updating];
}

/// <summary>The words of <see cref="DeviceScene.LastOutcome"/>.</summary>
public static class SceneOutcomes
{
    public const string Terminated = "terminated";

    public static readonly IReadOnlyList<string> All =
        [Outcomes.Approved, Outcomes.Failed, Outcomes.Cancelled, Terminated];
}

/// <summary>The cards of a test, by their names.</summary>
public static class TestCards
{
    public const string Visa = "visa", VisaDebit = "visa_debit", Mastercard = "mastercard";
    public const string MastercardDebit = "mastercard_debit", Amex = "amex", Maestro = "maestro";

    /// <summary>
    /// Cards that are approved after something more: a PIN, a signature, or the chip instead of a tap.
    /// </summary>
    public const string AsksPin = "asks_pin", AsksSignature = "asks_signature", OverLimit = "over_limit";

    /// <summary>Cards that are declined.</summary>
    public const string Declined = "declined", Expired = "expired", NoFunds = "no_funds", Unknown = "unknown";

    public static readonly IReadOnlyList<string> All =
    [
        Visa, VisaDebit, Mastercard, MastercardDebit, Amex, Maestro, AsksPin, AsksSignature, OverLimit, Declined,
        Expired, NoFunds, Unknown,
    ];
}

using System.Text.Json.Serialization;

namespace Fleet.Protocol;

/// <summary>
/// A frame from the device. Every frame of a paired device carries the epoch of its <see cref="Welcome"/>; a frame
/// of another epoch belongs to a connection that was replaced, and is ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Start), "start")]
[JsonDerivedType(typeof(Result), "result")]
[JsonDerivedType(typeof(Terminated), "terminated")]
[JsonDerivedType(typeof(TooLate), "too_late")]
[JsonDerivedType(typeof(ScreenState), "state")]
[JsonDerivedType(typeof(DeviceStatus), "status")]
[JsonDerivedType(typeof(Pong), "pong")]
[JsonDerivedType(typeof(Acted), "acted")]
[JsonDerivedType(typeof(Configured), "configured")]
public abstract record DeviceFrame;

/// <summary>
/// The first frame of a connection. Without a credential the device asks for a pairing code. With a credential it
/// connects as its reader, which also confirms a pairing that was just made.
/// </summary>
/// <param name="Serial">Serial number, at most 64 characters.</param>
/// <param name="Model"><c>solo</c> or <c>virtual-solo</c>.</param>
/// <param name="Firmware">Version of the device's software, at most 64 characters.</param>
/// <param name="ReaderId">The reader it was paired as; goes with <paramref name="Credential"/>.</param>
/// <param name="Credential">The secret from <see cref="Paired"/>.</param>
/// <param name="ShownCode">
/// The code that it showed last, when it has no credential: it proves that a pairing that the device missed was for it.
/// </param>
/// <param name="Helpers">Whether it is a virtual device that obeys <see cref="Act"/>; absent for no.</param>
/// <param name="Settings">Whether it obeys <see cref="Configure"/>; absent for no.</param>
public sealed record Hello(
    string Serial, string Model, string Firmware, string? ReaderId = null, string? Credential = null,
    string? ShownCode = null, bool? Helpers = null, bool? Settings = null) : DeviceFrame;

/// <summary>
/// Asks whether the device may take a card for this checkout. Answered by <see cref="Granted"/> or
/// <see cref="Refused"/>.
/// </summary>
public sealed record Start(long Epoch, Guid CheckoutId) : DeviceFrame;

/// <summary>
/// How the payment ended. The device writes it to its journal before it shows it, and repeats it after every
/// <see cref="Welcome"/> until <see cref="Ack"/>.
/// </summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="Outcome">See <see cref="Outcomes"/>.</param>
/// <param name="Reason">Why nothing was charged, see <see cref="Reasons"/>; absent for a success.</param>
/// <param name="Amount">Minor units charged without the tip; 0 unless approved.</param>
/// <param name="Tip">Minor units of tip charged on top.</param>
/// <param name="Card">The card that was presented, for receipts; absent when none was.</param>
public sealed record Result(
    long Epoch, Guid CheckoutId, string Outcome, string? Reason = null, long Amount = 0, long Tip = 0,
    PresentedCard? Card = null) : DeviceFrame;

/// <summary>
/// What may be reported of a card, never its number: of a text longer than the last four digits Fleet keeps nothing.
/// </summary>
/// <param name="Last4">The last four digits.</param>
/// <param name="Scheme">Upper case, for example <c>VISA</c> or <c>MASTERCARD</c>.</param>
/// <param name="EntryMode">One of <see cref="EntryModes"/>.</param>
/// <param name="AuthCode">The issuer's authorisation code: at most 16 letters and digits.</param>
public sealed record PresentedCard(
    string? Last4 = null, string? Scheme = null, string? EntryMode = null, string? AuthCode = null);

/// <summary>
/// The answer to <see cref="Terminate"/> when no authorisation had begun: nothing was charged. Repeated until
/// <see cref="Ack"/>.
/// </summary>
public sealed record Terminated(long Epoch, Guid CheckoutId) : DeviceFrame;

/// <summary>
/// The answer to <see cref="Terminate"/> when authorisation had begun: the real <see cref="Result"/> follows.
/// </summary>
public sealed record TooLate(long Epoch, Guid CheckoutId) : DeviceFrame;

/// <summary>What the screen shows now, one of <see cref="Screens"/>.</summary>
public sealed record ScreenState(long Epoch, string State) : DeviceFrame;

/// <summary>
/// The device's battery, connection and menu lock. Sent after <see cref="Welcome"/> and on change. Unknown parts are
/// left out.
/// </summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="BatteryLevel">Percent, 0 to 100.</param>
/// <param name="BatteryTemperature">Whole degrees Celsius.</param>
/// <param name="ConnectionType">One of <see cref="Connections"/>.</param>
/// <param name="MenuLock">
/// How its menu is locked, with the passcode; only from a device that obeys <see cref="Configure"/>.
/// </param>
public sealed record DeviceStatus(
    long Epoch, double? BatteryLevel = null, int? BatteryTemperature = null, string? ConnectionType = null,
    MenuLockSettings? MenuLock = null) : DeviceFrame;

/// <summary>
/// The answer to <see cref="Configure"/>. It is sent after the settings were applied and kept for the next start of
/// the device, or to refuse them; then the device has those of before.
/// </summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="ConfigureId">That of the question.</param>
/// <param name="Refused">Why they are not applied, in a sentence; absent when they are.</param>
public sealed record Configured(long Epoch, Guid ConfigureId, string? Refused = null) : DeviceFrame;

/// <summary>The answer to <see cref="Ping"/>.</summary>
public sealed record Pong : DeviceFrame;

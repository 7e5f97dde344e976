using System.Text.Json.Serialization;

namespace Fleet.Protocol;

/// <summary>A frame from Fleet to the device.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(PairingCode), "pairing_code")]
[JsonDerivedType(typeof(Paired), "paired")]
[JsonDerivedType(typeof(Unpaired), "unpaired")]
[JsonDerivedType(typeof(Welcome), "welcome")]
[JsonDerivedType(typeof(ShowCheckout), ShowCheckout.Type)]
[JsonDerivedType(typeof(Granted), "granted")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Ack), "ack")]
[JsonDerivedType(typeof(Terminate), "terminate")]
[JsonDerivedType(typeof(Ping), "ping")]
[JsonDerivedType(typeof(Act), "act")]
[JsonDerivedType(typeof(Configure), "configure")]
public abstract record ServerFrame;

/// <summary>
/// Show this code. It is valid for one pairing until <paramref name="ExpiresAt"/>; a new one follows.
/// </summary>
public sealed record PairingCode(string Code, DateTimeOffset ExpiresAt) : ServerFrame;

/// <summary>
/// A till entered the code. Save the credential, then send <see cref="Hello"/> again with it: that confirms the
/// pairing. Fleet keeps only a hash of the credential and never sends it twice.
/// </summary>
public sealed record Paired(string ReaderId, string Name, string MerchantCode, string Credential) : ServerFrame;

/// <summary>
/// The pairing is over. Results still in the journal are accepted on this connection; then delete the credential and
/// send <see cref="Hello"/> without it.
/// </summary>
public sealed record Unpaired(string ReaderId) : ServerFrame;

/// <summary>
/// The device is connected as its reader. The frame holds the whole state, not a change: this is what the screen should
/// show now.
/// </summary>
/// <param name="Epoch">Every frame of this connection must hold it.</param>
/// <param name="Name">The reader's name.</param>
/// <param name="Checkout">The open checkout, or null: then the screen is idle.</param>
public sealed record Welcome(long Epoch, string Name, CheckoutDisplay? Checkout = null) : ServerFrame;

/// <summary>Show this checkout and send <see cref="Start"/>.</summary>
public sealed record ShowCheckout(long Epoch, CheckoutDisplay Checkout) : ServerFrame
{
    internal const string Type = "checkout";
}

/// <summary>The grant is committed: take the card.</summary>
public sealed record Granted(long Epoch, Guid CheckoutId) : ServerFrame;

/// <summary>
/// A refusal. To a <see cref="Start"/>: the checkout is over, take no card. To a <see cref="Result"/> or
/// <see cref="Terminated"/>: Fleet does not know the checkout; stop repeating it, keep it in the journal.
/// </summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="Of">What is refused: <see cref="OfStart"/> or <see cref="OfResult"/>.</param>
public sealed record Refused(long Epoch, Guid CheckoutId, string Of) : ServerFrame
{
    public const string OfStart = "start", OfResult = "result";
}

/// <summary>The result is committed: the device may forget it.</summary>
public sealed record Ack(long Epoch, Guid CheckoutId) : ServerFrame;

/// <summary>
/// End this checkout if no authorisation has begun. The frame is not about any other checkout on the screen.
/// </summary>
public sealed record Terminate(long Epoch, Guid CheckoutId) : ServerFrame;

/// <summary>
/// Change these settings, and answer with <see cref="Configured"/>. Sent only to a device that said
/// <see cref="Hello.Settings"/>.
/// </summary>
/// <param name="Epoch">Epoch of the connection.</param>
/// <param name="ConfigureId">Comes back in the answer.</param>
/// <param name="MenuLock">The menu lock. What it does not say stays as it is.</param>
public sealed record Configure(long Epoch, Guid ConfigureId, MenuLockSettings MenuLock) : ServerFrame;

/// <summary>The lock of the device's menu: while it is on, the menu asks for the passcode.</summary>
/// <param name="Enabled">Whether the menu is locked.</param>
/// <param name="Passcode">Four digits. A secret: it is in no text of this record.</param>
public sealed record MenuLockSettings(bool? Enabled = null, string? Passcode = null)
{
    /// <summary>The settings without the passcode.</summary>
    public override string ToString() => $"enabled: {Enabled}, passcode: {(Passcode is null ? "none" : "[passcode]")}";
}

/// <summary>Asks whether the device is there. Any frame answers it; <see cref="Pong"/> is the shortest.</summary>
public sealed record Ping : ServerFrame;

/// <summary>What the device is to charge.</summary>
public sealed record CheckoutDisplay
{
    public required Guid CheckoutId { get; init; }

    /// <summary>Minor units to charge, without a tip.</summary>
    public required long Amount { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>Decimals of the currency.</summary>
    public required int MinorUnit { get; init; }

    public string? Description { get; init; }

    /// <summary><c>credit</c> or <c>debit</c>, when the till wants one of them.</summary>
    public string? CardType { get; init; }

    /// <summary>1 to 12.</summary>
    public int? Installments { get; init; }

    /// <summary>Shares to offer as a tip; absent for no tip screen.</summary>
    public IReadOnlyList<decimal>? TipRates { get; init; }

    /// <summary>Seconds the customer has to choose one.</summary>
    public int? TipTimeoutSeconds { get; init; }

    /// <summary>The integrator's reference, for the receipt.</summary>
    public string? ForeignTransactionId { get; init; }

    /// <summary>Whether the start grant is already committed.</summary>
    public required bool Started { get; init; }

    /// <summary>
    /// Milliseconds left to ask for the start, measured when the frame was sent: a duration and not a time of day,
    /// because the device's clock may be wrong. 0 when started.
    /// </summary>
    public required long RemainingMs { get; init; }

    /// <summary>Whether a till has asked to end it.</summary>
    public bool Terminate { get; init; }

    /// <summary>
    /// Whether a virtual device lets the last two digits of the amount decide how the payment ends; absent for no.
    /// </summary>
    public bool? TestCents { get; init; }
}

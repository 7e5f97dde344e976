using Fleet.Core.Stores;
using Orleans;

namespace Fleet.Core;

/// <summary>
/// Why Fleet refused. What callers are told about each refusal, and what they can do, is in
/// <see cref="Errors.ErrorCatalogue"/>. New codes go to the end: nodes of different versions tell each other the
/// number.
/// </summary>
public enum RefusalCode
{
    /// <summary>There is no such object, or the caller's key does not reach it; both get the same answer.</summary>
    NotFound,

    /// <summary>The request breaks a rule of its fields; <see cref="Refusal.Fields"/> names them.</summary>
    Invalid,

    /// <summary>Another checkout holds the reader; <see cref="Refusal.Holder"/> says which and until when.</summary>
    ReaderBusy,

    /// <summary>The reader is not connected, or its device has not confirmed the pairing.</summary>
    ReaderOffline,

    /// <summary>The idempotency key was used in the last 24 hours for another request.</summary>
    KeyReused,

    /// <summary>The checkout that was named is not the one that is open on the reader.</summary>
    CheckoutNotOpen,

    /// <summary>The pairing code is known, but its device does not wait for it any more.</summary>
    PairingCodeUsed,

    /// <summary>Virtual readers pair with sandbox merchants only, real ones with live merchants only.</summary>
    WrongKindOfReader,

    /// <summary>
    /// Nothing can be refunded: the payment was not charged, is fully refunded, or has too many refunds.
    /// </summary>
    NotRefundable,

    /// <summary>
    /// The amount is larger than what can be refunded; <see cref="Refusal.Refundable"/> says how much that is.
    /// </summary>
    RefundTooLarge,

    /// <summary>The API key was revoked, has expired, or was replaced already.</summary>
    KeyNotActive,

    /// <summary>Only the processor that charged a real card can refund it.</summary>
    RefundedElsewhere,

    /// <summary>No reader of the store fits what the till asked for; waiting would not help.</summary>
    NoReader,

    /// <summary>
    /// Some readers fit, and none of them is free; <see cref="Refusal.Counts"/> says how many are busy, how many
    /// offline.
    /// </summary>
    NoFreeReader,

    /// <summary>The queue for a reader of the store is full.</summary>
    QueueFull,

    /// <summary>No reader became free in the time the till wanted to wait. Nothing was accepted.</summary>
    QueueTimeout,

    /// <summary>The merchant has a store of this id already.</summary>
    StoreExists,

    /// <summary>The store still has readers: move them first.</summary>
    StoreNotEmpty,

    /// <summary>
    /// The device has sent enough different claims about a checkout; it sends the newest again later.
    /// </summary>
    ClaimTooSoon,

    /// <summary>The device is connected and nothing is in doubt: it reports the outcome itself.</summary>
    ReaderOnline,

    /// <summary>The checkout has not started, so no card was taken: it can be terminated.</summary>
    CheckoutNotStarted,

    /// <summary>The checkout has its outcome, which never changes.</summary>
    CheckoutFinal,

    /// <summary>No device shows this pairing code, or its five minutes are over.</summary>
    PairingCodeUnknown,

    /// <summary>
    /// The sale has a checkout that was paid, may have been, or still may be; <see cref="Refusal.Holder"/> says which,
    /// if the caller's key reaches it.
    /// </summary>
    DuplicateTransaction,

    /// <summary>The device that showed the code is connected as a reader.</summary>
    DeviceConnected,

    /// <summary>The device is offline and its reader has an open checkout: <see cref="Refusal.Holder"/>.</summary>
    DeviceHasCheckout,

    /// <summary>The device was connected a moment ago; <see cref="Refusal.Wait"/> says how long to wait.</summary>
    DeviceJustGone,

    /// <summary>
    /// The device is paired as a reader that the caller's key does not reach, and that was not deleted.
    /// </summary>
    PairedElsewhere,

    /// <summary>SumUp's cloud refused it; <see cref="Refusal.Why"/> says why, in SumUp's words.</summary>
    ProviderRefused,

    /// <summary>SumUp's cloud could not be reached, and nothing was sent to it.</summary>
    ProviderUnavailable,

    /// <summary>
    /// It is not known whether SumUp's cloud took the checkout that <see cref="Refusal.Holder"/> names. It holds its
    /// reader until that is known.
    /// </summary>
    OutcomeUnknown,

    /// <summary>SumUp's cloud is asked for another refund of the payment already.</summary>
    RefundPending,

    /// <summary>It is not known yet whether SumUp's cloud makes the refund. It is not sent again meanwhile.</summary>
    RefundUnknown,

    /// <summary>The reader is no virtual device that a test can move.</summary>
    NotTestable,

    /// <summary>
    /// A virtual device cannot do now what a test wants; <see cref="Refusal.Why"/> is its sentence about that.
    /// </summary>
    TestRefused,

    /// <summary>The node has as many test readers as it may have.</summary>
    TooManyTestReaders,

    /// <summary>The merchant is suspended: it starts nothing.</summary>
    MerchantSuspended,

    /// <summary>The merchant takes one currency only, and this is another one.</summary>
    CurrencyNotTaken,

    /// <summary>The amount is larger than the largest of the merchant.</summary>
    AmountOverLimit,

    /// <summary>There is a merchant of this code already.</summary>
    MerchantExists,

    /// <summary>The merchant is in the configuration, so it is not changed over the API.</summary>
    MerchantConfigured,

    /// <summary>The merchant was changed since the revision that the caller knows.</summary>
    MerchantChanged,

    /// <summary>The caller's own id of a payment was used for another one.</summary>
    CallersIdReused,

    /// <summary>The device has no settings that can be changed: its firmware is too old for it.</summary>
    SettingsUnsupported,

    /// <summary>The device refused the settings, and keeps those that it has.</summary>
    SettingsRefused,

    /// <summary>It is not known whether the device applied the settings: its answer did not come.</summary>
    SettingsUnknown,

    /// <summary>The incident is resolved already.</summary>
    IncidentResolved,

    /// <summary>It may still become known by itself how the payment or the refund ends.</summary>
    TooEarlyToRecord,

    /// <summary>No refund of the payment is pending.</summary>
    RefundNotPending,
}

/// <summary>
/// A refusal that the caller can act on. What only a bug or an outage can cause is an exception instead.
/// </summary>
/// <param name="Code">The stable code.</param>
/// <param name="Holder">
/// The checkout in the way, for <see cref="RefusalCode.ReaderBusy"/> and
/// <see cref="RefusalCode.DuplicateTransaction"/>; the checkout itself for <see cref="RefusalCode.OutcomeUnknown"/>.
/// </param>
/// <param name="Fields">What is wrong with which field, for <see cref="RefusalCode.Invalid"/>.</param>
/// <param name="Refundable">How much is left, for <see cref="RefusalCode.RefundTooLarge"/>; may be 0.</param>
/// <param name="Wait">After which to try again, for <see cref="RefusalCode.DeviceJustGone"/>.</param>
/// <param name="Counts">The readers that fit, for <see cref="RefusalCode.NoFreeReader"/>.</param>
/// <param name="Reader">
/// The reader as which the device is paired, for refusals to pair it again; null when the caller's key does not reach
/// it.
/// </param>
/// <param name="Why">
/// The type of the provider's error, for example <c>not-found</c>, for <see cref="RefusalCode.ProviderRefused"/>; the
/// sentence of the device, for <see cref="RefusalCode.TestRefused"/>; the currency that is taken, or the largest
/// amount, for <see cref="RefusalCode.CurrencyNotTaken"/> and <see cref="RefusalCode.AmountOverLimit"/>.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.refusal")]
public sealed record Refusal(
    [property: Id(0)] RefusalCode Code,
    [property: Id(1)] Holder? Holder = null,
    [property: Id(2)] IReadOnlyList<FieldError>? Fields = null,
    [property: Id(3)] Checkouts.Money? Refundable = null,
    [property: Id(4)] RouteCounts? Counts = null,
    [property: Id(5)] TimeSpan? Wait = null,
    [property: Id(6)] NamedReader? Reader = null,
    [property: Id(7)] string? Why = null)
{
    public static readonly Refusal NotFound = new(RefusalCode.NotFound);
    public static readonly Refusal ReaderOffline = new(RefusalCode.ReaderOffline);
    public static readonly Refusal KeyReused = new(RefusalCode.KeyReused);
    public static readonly Refusal CallersIdReused = new(RefusalCode.CallersIdReused);
    public static readonly Refusal CheckoutNotOpen = new(RefusalCode.CheckoutNotOpen);
    public static readonly Refusal PairingCodeUnknown = new(RefusalCode.PairingCodeUnknown);
    public static readonly Refusal PairingCodeUsed = new(RefusalCode.PairingCodeUsed);
    public static readonly Refusal WrongKindOfReader = new(RefusalCode.WrongKindOfReader);
    public static readonly Refusal PairedElsewhere = new(RefusalCode.PairedElsewhere);
    public static readonly Refusal KeyNotActive = new(RefusalCode.KeyNotActive);
    public static readonly Refusal NotRefundable = new(RefusalCode.NotRefundable);
    public static readonly Refusal RefundedElsewhere = new(RefusalCode.RefundedElsewhere);

    public static readonly Refusal NoReader = new(RefusalCode.NoReader);
    public static readonly Refusal QueueFull = new(RefusalCode.QueueFull);
    public static readonly Refusal QueueTimeout = new(RefusalCode.QueueTimeout);
    public static readonly Refusal StoreExists = new(RefusalCode.StoreExists);
    public static readonly Refusal StoreNotEmpty = new(RefusalCode.StoreNotEmpty);
    public static readonly Refusal ClaimTooSoon = new(RefusalCode.ClaimTooSoon);
    public static readonly Refusal ReaderOnline = new(RefusalCode.ReaderOnline);
    public static readonly Refusal CheckoutNotStarted = new(RefusalCode.CheckoutNotStarted);
    public static readonly Refusal CheckoutFinal = new(RefusalCode.CheckoutFinal);
    public static readonly Refusal ProviderUnavailable = new(RefusalCode.ProviderUnavailable);
    public static readonly Refusal RefundPending = new(RefusalCode.RefundPending);
    public static readonly Refusal RefundUnknown = new(RefusalCode.RefundUnknown);
    public static readonly Refusal NotTestable = new(RefusalCode.NotTestable);
    public static readonly Refusal TooManyTestReaders = new(RefusalCode.TooManyTestReaders);
    public static readonly Refusal MerchantSuspended = new(RefusalCode.MerchantSuspended);
    public static readonly Refusal MerchantExists = new(RefusalCode.MerchantExists);
    public static readonly Refusal MerchantConfigured = new(RefusalCode.MerchantConfigured);
    public static readonly Refusal MerchantChanged = new(RefusalCode.MerchantChanged);
    public static readonly Refusal SettingsUnsupported = new(RefusalCode.SettingsUnsupported);
    public static readonly Refusal SettingsRefused = new(RefusalCode.SettingsRefused);
    public static readonly Refusal SettingsUnknown = new(RefusalCode.SettingsUnknown);
    public static readonly Refusal IncidentResolved = new(RefusalCode.IncidentResolved);
    public static readonly Refusal TooEarlyToRecord = new(RefusalCode.TooEarlyToRecord);
    public static readonly Refusal RefundNotPending = new(RefusalCode.RefundNotPending);

    /// <summary>The refusal that names the wrong fields of a request.</summary>
    public static Refusal InvalidFields(IReadOnlyList<FieldError> fields) => new(RefusalCode.Invalid, Fields: fields);

    /// <summary>The refusal that names the amount that can still be refunded.</summary>
    public static Refusal RefundTooLarge(Checkouts.Money left) => new(RefusalCode.RefundTooLarge, Refundable: left);

    /// <summary>The refusal that says why no reader is free, or that none fits.</summary>
    public static Refusal NotRouted(RouteCounts counts) =>
        counts.NoneFits ? NoReader : new(RefusalCode.NoFreeReader, Counts: counts);

    /// <summary>The refusal that names the checkout in the way.</summary>
    public static Refusal ReaderBusy(Holder holder) => new(RefusalCode.ReaderBusy, holder);

    /// <summary>The refusal that names the reader as which a device is connected.</summary>
    public static Refusal DeviceConnected(NamedReader reader) => new(RefusalCode.DeviceConnected, Reader: reader);

    /// <summary>The refusal that names the open checkout of a device that is offline.</summary>
    public static Refusal DeviceHasCheckout(NamedReader reader, Holder holder) =>
        new(RefusalCode.DeviceHasCheckout, holder, Reader: reader);

    /// <summary>The refusal that says how long to wait for a device that was just connected.</summary>
    public static Refusal DeviceJustGone(NamedReader reader, TimeSpan wait) =>
        new(RefusalCode.DeviceJustGone, Wait: wait, Reader: reader);

    /// <summary>The refusal that says why SumUp's cloud refused.</summary>
    public static Refusal ProviderRefused(string why) => new(RefusalCode.ProviderRefused, Why: why);

    /// <summary>The refusal that says, in a sentence, why a virtual device cannot do what a test wants.</summary>
    public static Refusal TestRefused(string why) => new(RefusalCode.TestRefused, Why: why);

    /// <summary>The refusal that names the only currency that is taken.</summary>
    public static Refusal CurrencyNotTaken(string only) => new(RefusalCode.CurrencyNotTaken, Why: only);

    /// <summary>The refusal that names the largest amount of the merchant.</summary>
    public static Refusal AmountOverLimit(Checkouts.Money largest) => new(RefusalCode.AmountOverLimit,
        Why: largest.TextOf(largest.Value));

    /// <summary>The refusal that names the checkout of which it is not known whether SumUp's cloud took it.</summary>
    public static Refusal OutcomeUnknown(Holder holder) => new(RefusalCode.OutcomeUnknown, holder);

    /// <summary>
    /// The refusal that names the checkout that a sale already has; null when the caller may not see it.
    /// </summary>
    public static Refusal DuplicateTransaction(Holder? holder) => new(RefusalCode.DuplicateTransaction, holder);
}

/// <summary>A reader, as its merchant knows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
[GenerateSerializer, Immutable, Alias("fleet.named-reader")]
public sealed record NamedReader([property: Id(0)] string Id, [property: Id(1)] string Name);

/// <summary>The checkout that holds a reader, or a sale.</summary>
/// <param name="CheckoutId">Its id.</param>
/// <param name="State">How far it is.</param>
/// <param name="Until">
/// When it ends at the latest if it does not start; null when only the customer decides that.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.holder")]
public sealed record Holder(
    [property: Id(0)] Guid CheckoutId,
    [property: Id(1)] Checkouts.CheckoutState State,
    [property: Id(2)] DateTimeOffset? Until)
{
    /// <summary>Whether it has no outcome yet.</summary>
    public bool IsOpen => State is Checkouts.CheckoutState.Accepted or Checkouts.CheckoutState.Started;
}

/// <summary>One broken rule of one field, in the public API's words (<c>tip_rates</c>, <c>must be …</c>).</summary>
[GenerateSerializer, Immutable, Alias("fleet.field-error")]
public sealed record FieldError([property: Id(0)] string Field, [property: Id(1)] string Message);

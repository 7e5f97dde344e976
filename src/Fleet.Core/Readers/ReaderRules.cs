using Fleet.Core.Checkouts;
using Orleans;

namespace Fleet.Core.Readers;

/// <summary>A till's request to take one payment. Both ids are made before the first attempt.</summary>
/// <param name="CheckoutId">A repeat with this id means the same checkout.</param>
/// <param name="ClientTransactionId">The id under which the transaction is found later.</param>
/// <param name="Terms">What to charge, checked.</param>
/// <param name="Trace">The trace it belongs to; null when it is not traced.</param>
/// <param name="SinglePayment">Whether its <c>foreign_transaction_id</c> may be paid once only.</param>
/// <param name="Barred">
/// Why its merchant starts no such checkout now; null when it does. A request that was accepted before gets its answer
/// again all the same.
/// </param>
/// <param name="StrictSixtySeconds">
/// Keeps the slot closed for the whole window after an acceptance, as SumUp describes it; otherwise the slot is free as
/// soon as a checkout is final.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.start-checkout")]
public sealed record StartCheckout(
    [property: Id(0)] Guid CheckoutId,
    [property: Id(1)] Guid ClientTransactionId,
    [property: Id(2)] CheckoutTerms Terms,
    [property: Id(3)] string? Trace = null,
    [property: Id(4)] bool SinglePayment = false,
    [property: Id(5)] Refusal? Barred = null,
    [property: Id(6)] bool StrictSixtySeconds = false);

/// <summary>A device that was paired as another reader when it took a checkout.</summary>
/// <param name="Serial">Its serial number, which the checkout must have, too.</param>
/// <param name="MerchantCode">The merchant it has proved to be a reader of now; null when that is not known.</param>
[GenerateSerializer, Immutable, Alias("fleet.witness")]
public sealed record Witness([property: Id(0)] string Serial, [property: Id(1)] string? MerchantCode);

/// <summary>
/// The rules of one reader: they take the state and a request, and return events or a refusal. The time is an argument;
/// what other readers have committed is not known here.
/// </summary>
public static class ReaderRules
{
    /// <summary>
    /// SumUp's window: an accepted checkout must start within it, or it expires.
    /// </summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    /// <summary>Decides whether this checkout may have the reader.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="ask">The checkout.</param>
    /// <param name="now">The time.</param>
    public static Decision StartCheckout(Reader reader, StartCheckout ask, DateTimeOffset now)
    {
        if (reader.Latest?.Id == ask.CheckoutId) return Decision.AlreadySo;
        var cleared = ExpireCheckout(reader, now).Events;
        if (cleared.IsEmpty && reader.Open is { } open) return Refusal.ReaderBusy(HolderOf(open));
        if (ask.Barred is { } barred) return new(cleared, barred);
        if (ask.StrictSixtySeconds && reader.Latest is { } last && !Deadline.IsOver(last.AcceptedAt, Window, now))
            return Refusal.ReaderBusy(new(last.Id, last.State, last.AcceptedAt + Window));
        if (!reader.Online) return new(cleared, Refusal.ReaderOffline);
        return new(cleared.Add(new(EventKind.Accepted, AcceptCheckout(reader, ask, now))));
    }

    /// <summary>
    /// Whether a start that was refused can certainly not be saved any more by an earlier try, whose statement may be
    /// under way: since then the reader has another checkout, so its version has changed, or the key, the id or the
    /// sale is taken for good. A reader that is offline refuses without a trace.
    /// </summary>
    public static bool ExcludesEarlierStart(Refusal refusal) => refusal is
    { Code: RefusalCode.ReaderBusy or RefusalCode.KeyReused or RefusalCode.CallersIdReused }
        or { Code: RefusalCode.DuplicateTransaction, Holder.IsOpen: false };

    /// <summary>
    /// Decides whether the device may take a card for this checkout. Committing the answer is the start grant.
    /// </summary>
    public static Decision GrantStart(Reader reader, Guid checkoutId, DateTimeOffset now) => reader.Open switch
    {
        { } open when open.Id != checkoutId => Refusal.CheckoutNotOpen,
        { State: CheckoutState.Started } => Decision.AlreadySo,
        { Disputed: true } => Refusal.CheckoutNotOpen, // the device claims to have charged already
        { } open when open.IsOverdue(now) => new(ExpireCheckout(reader, now).Events, Refusal.CheckoutNotOpen),
        { } open => new ReaderEvent(EventKind.Started, open with { State = CheckoutState.Started, UpdatedAt = now }),
        null => Refusal.CheckoutNotOpen,
    };

    /// <summary>
    /// Ends the open checkout: at once when it has not started, otherwise by asking the device. The device need not be
    /// connected: without a grant it takes no card, and a device that is offline is asked when it is back.
    /// </summary>
    /// <param name="reader">The reader.</param>
    /// <param name="expected">The checkout the till means; null means whichever is open.</param>
    /// <param name="now">The time.</param>
    public static Decision TerminateCheckout(Reader reader, Guid? expected, DateTimeOffset now) =>
        CheckTerminate(reader.Open?.Id, reader.Terminated, reader.Online, expected) is { } refusal
            ? refusal
            : StopCheckout(reader, now);

    /// <summary>Why a terminate is refused; null when it is not, also when it has nothing to do.</summary>
    /// <param name="open">The open checkout; null for none.</param>
    /// <param name="terminated">The latest checkout, if it was terminated.</param>
    /// <param name="online">Whether the device is connected.</param>
    /// <param name="expected">The checkout the till means; null means whichever is open.</param>
    public static Refusal? CheckTerminate(Guid? open, Guid? terminated, bool online, Guid? expected)
    {
        if (open is null && expected is not null && expected == terminated)
            return null; // A till that missed the answer asks again; the terminate is already requested.
        if (open is null && !online) return Refusal.ReaderOffline;
        return expected is null || expected == open ? null : Refusal.CheckoutNotOpen;
    }

    /// <summary>Ends what can be ended when the pairing ends. A started payment can still report its outcome.</summary>
    public static Decision EndPairing(Reader reader, DateTimeOffset now) => StopCheckout(reader, now);

    /// <summary>Takes a device's report about a checkout that was shown on it.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="named">The checkout the device named, as the ledger has it.</param>
    /// <param name="report">The report; a charge is believed only after a grant.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeReport(Reader reader, Checkout? named, DeviceReport report, DateTimeOffset now) =>
        named switch
        {
            null => Refusal.NotFound,
            _ when named.ReaderId != reader.Id => Refusal.NotFound,
            { IsOpen: false } when AgreesWith(named, report) => Decision.AlreadySo,
            { IsOpen: true } when IsBelievable(named, report) => ConcludeCheckout(named, report, now),
            _ => ClaimRules.KeepClaim(named, report, now),
        };

    /// <summary>
    /// Takes a device's report about a checkout that it took as another reader: a result that it kept until it was
    /// paired anew. Within the same merchant that is evidence like any other. With another merchant it is a claim and
    /// ends nothing: once a reader is deleted, every device that sends its serial number can be paired.
    /// </summary>
    /// <param name="reader">The reader that took the checkout.</param>
    /// <param name="named">The checkout the device named, as the ledger has it.</param>
    /// <param name="report">The report.</param>
    /// <param name="witness">The device that reports.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeTestimony(
        Reader reader, Checkout? named, DeviceReport report, Witness witness, DateTimeOffset now)
    {
        if (named is null || named.ReaderId != reader.Id || named.Serial != witness.Serial) return Refusal.NotFound;
        if (named.MerchantCode == witness.MerchantCode) return TakeReport(reader, named, report, now);
        if (named.State is CheckoutState.Accepted) return Refusal.NotFound; // it was granted to no device
        return !named.IsOpen && AgreesWith(named, report)
            ? Decision.AlreadySo
            : ClaimRules.KeepClaim(named, report, now);
    }

    /// <summary>
    /// Cancels the open checkout when its window, or its deadline, is over and it has not started; otherwise does
    /// nothing.
    /// </summary>
    public static Decision ExpireCheckout(Reader reader, DateTimeOffset now) =>
        reader.Open is { } open && open.IsOverdue(now)
            ? CancelCheckout(open, ExpiryOf(open), now)
            : Decision.AlreadySo;

    /// <summary>
    /// Asks to end a started checkout when its deadline is over, as a terminate does; otherwise does nothing.
    /// </summary>
    public static Decision StopLateCheckout(Reader reader, DateTimeOffset now) =>
        reader.Open is { } open && open.IsLate(now)
            ? RequestEnd(open with { StoppedByDeadline = true }, now)
            : Decision.AlreadySo;

    /// <summary>The first of the two that has something to do.</summary>
    public static Decision EndLateCheckout(Reader reader, DateTimeOffset now) =>
        ExpireCheckout(reader, now) is { Events.IsEmpty: false } expired ? expired : StopLateCheckout(reader, now);

    private static Checkout AcceptCheckout(Reader reader, StartCheckout ask, DateTimeOffset now) => new()
    {
        Id = ask.CheckoutId,
        ClientTransactionId = ask.ClientTransactionId,
        MerchantCode = reader.MerchantCode,
        Store = reader.Store,
        ReaderId = reader.Id,
        Terms = ask.Terms,
        Serial = reader.Device.Serial,
        Firmware = reader.Device.Firmware,
        AcceptedAt = now,
        ValidUntil = now.AddSeconds(Math.Min(ask.Terms.DeadlineSeconds ?? int.MaxValue, Window.TotalSeconds)),
        UpdatedAt = now,
        State = CheckoutState.Accepted,
        Trace = ask.Trace,
    };

    private static Decision StopCheckout(Reader reader, DateTimeOffset now) => reader.Open switch
    {
        { State: CheckoutState.Accepted } open =>
            CancelCheckout(open, open.IsOverdue(now) ? ExpiryOf(open) : Reason.Terminated, now),
        { TerminateRequested: false } open => RequestEnd(open, now),
        _ => Decision.AlreadySo,
    };

    private static ReaderEvent RequestEnd(Checkout open, DateTimeOffset now) =>
        new(EventKind.TerminateRequested,
            open with { TerminateRequested = true, EndAskedAt = now, UpdatedAt = now });

    /// <summary>Why a checkout ends that did not start in time.</summary>
    private static Reason ExpiryOf(Checkout open) =>
        open.DeadlineAt <= open.ValidUntil ? Reason.Deadline : Reason.Expired;

    private static ReaderEvent ConcludeCheckout(Checkout open, DeviceReport report, DateTimeOffset now) =>
        new(KindOf(report.Outcome), open with
        {
            State = report.Outcome,
            Reason = report.Reason is Reason.Terminated && open.StoppedByDeadline ? Reason.Deadline : report.Reason,
            Tip = report.Charged ? report.Tip + (open.Terms.FixedTip ?? 0) : 0,
            Card = report.Card,
            EndedAt = now,
            UpdatedAt = now,
        });

    internal static ReaderEvent CancelCheckout(Checkout open, Reason reason, DateTimeOffset now) =>
        ConcludeCheckout(open, new(CheckoutState.Cancelled, reason), now);

    internal static EventKind KindOf(CheckoutState outcome) => outcome switch
    {
        CheckoutState.Successful => EventKind.Succeeded,
        CheckoutState.Failed => EventKind.Failed,
        CheckoutState.Cancelled => EventKind.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "An open state is not an outcome."),
    };

    /// <summary>
    /// Two reports agree when the same amount was charged; if nothing was charged, the reasons may differ.
    /// </summary>
    private static bool AgreesWith(Checkout final, DeviceReport report) =>
        report.Charged == (final.State is CheckoutState.Successful)
        && (!report.Charged || (report.Amount == final.Terms.Charge.Value && report.Tip == final.ChosenTip));

    private static bool IsBelievable(Checkout open, DeviceReport report) =>
        report.IsValid
        && (!report.Charged || (open.State is CheckoutState.Started && IsWhatWasAsked(open, report)));

    private static bool IsWhatWasAsked(Checkout checkout, DeviceReport report) =>
        report.Amount == checkout.Terms.Charge.Value && checkout.Terms.AllowsTip(report.Tip);

    internal static Holder HolderOf(Checkout open) =>
        new(open.Id, open.State, open.State is CheckoutState.Accepted ? open.ValidUntil : null);
}

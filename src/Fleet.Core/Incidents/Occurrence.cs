using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;

namespace Fleet.Core.Incidents;

/// <summary>
/// One time that a thing was seen at which a person must look. It opens an incident, or counts one up that is open. The
/// same occurrence is counted once, however often it is reported.
/// </summary>
/// <param name="Kind">Of what kind.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Detail">What happened, in a sentence.</param>
/// <param name="At">When it was seen.</param>
/// <param name="Since">
/// The begin of a lasting state: an incident that was resolved after it had this state, and is not opened again. Null
/// for a thing that happens at a moment.
/// </param>
public sealed record Occurrence(
    IncidentKind Kind, IncidentSubject Subject, string Detail, DateTimeOffset At, DateTimeOffset? Since = null)
{
    /// <summary>The occurrence that an event of the ledger is; null for nearly all events.</summary>
    public static Occurrence? FromEvent(ReaderEvent happened) => happened switch
    {
        { Kind: EventKind.Disputed, Checkout: var checkout } =>
            new(IncidentKind.DisputedResult, About(checkout), DisputeOf(happened), checkout.UpdatedAt),
        { Kind: EventKind.RefundDisputed, Checkout: { RecordedRefund: { } record } checkout } =>
            new(IncidentKind.DisputedResult, About(checkout),
                $"A refund was recorded as {(record.Made ? "made" : "not made")}, and SumUp shows the opposite.",
                checkout.UpdatedAt),
        _ => null,
    };

    /// <summary>A payment whose outcome is unknown for long; null when it is not.</summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="now">The time.</param>
    public static Occurrence? FromUnknown(Checkout checkout, DateTimeOffset now) =>
        checkout.State is CheckoutState.Started
        && Deadline.IsOver(checkout.AcceptedAt, IncidentRules.UnknownAfter, now)
            ? new(IncidentKind.UnknownOutcome, About(checkout),
                checkout.Cloud?.Doubt?.ToSentence() ?? "The device has started the payment and has sent no result.",
                checkout.AcceptedAt, checkout.AcceptedAt)
            : null;

    /// <summary>A refund of which it is unknown for long whether it was made; null when it is not.</summary>
    /// <param name="paid">The payment.</param>
    /// <param name="now">The time.</param>
    public static Occurrence? FromRefund(Checkout paid, DateTimeOffset now) =>
        paid.PendingRefund is { } pending && Deadline.IsOver(pending.SentAt, IncidentRules.UnknownAfter, now)
            ? new(IncidentKind.RefundUnknown, About(paid),
                "SumUp was asked for a refund, and the sum of all refunds does not show whether it made it.",
                pending.SentAt, pending.SentAt)
            : null;

    /// <summary>A reader that SumUp refuses as busy again and again; null when it does not.</summary>
    /// <param name="reader">The reader after an event.</param>
    public static Occurrence? FromTrouble(Reader reader) =>
        ReaderTrouble.Find(reader) is { Kind: TroubleKind.Stuck } trouble
            ? new(IncidentKind.ReaderStuck, About(reader), trouble.Kind.ToSentence(), trouble.Since)
            : null;

    /// <summary>A reader that comes and goes too often.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="now">The time.</param>
    public static Occurrence ForFlapping(Reader reader, DateTimeOffset now) => new(
        IncidentKind.ReaderFlapping, About(reader),
        $"The reader connected {FlappingRules.TooMany} times within {FlappingRules.Window.TotalMinutes:0} minutes.",
        now);

    /// <summary>A host to which the delivery of events was given up.</summary>
    /// <param name="merchantCode">The merchant whose events they are.</param>
    /// <param name="host">The host.</param>
    /// <param name="at">When the last one was given up.</param>
    public static Occurrence ForHost(string merchantCode, string host, DateTimeOffset at) => new(
        IncidentKind.WebhookHostGivenUp, new() { MerchantCode = merchantCode, Host = host },
        "All attempts to deliver an event failed; it is kept for a replay.", at, at);

    /// <summary>A day that differs from SumUp's history.</summary>
    /// <param name="merchantCode">The merchant.</param>
    /// <param name="day">The day.</param>
    /// <param name="differences">How many differences there are, at least 1.</param>
    /// <param name="at">When the comparison ended.</param>
    public static Occurrence ForDay(string merchantCode, string day, int differences, DateTimeOffset at) => new(
        IncidentKind.ReconcileDifference, new() { MerchantCode = merchantCode, Day = day },
        $"{differences} of the day's payments differ from SumUp's history.", at, at);

    private static IncidentSubject About(Checkout checkout) => new()
    {
        MerchantCode = checkout.MerchantCode, Store = checkout.Store, ReaderId = checkout.ReaderId,
        Serial = checkout.Serial, CheckoutId = checkout.Id,
    };

    private static IncidentSubject About(Reader reader) => new()
    {
        MerchantCode = reader.MerchantCode, Store = reader.Store, ReaderId = reader.Id, Serial = reader.Device.Serial,
    };

    private static string DisputeOf(ReaderEvent happened) =>
        $"The record is {happened.Checkout.StateWord}, and it is claimed that the card was "
        + (happened.Claim is { Charged: true } ? "charged." : "not charged.");
}

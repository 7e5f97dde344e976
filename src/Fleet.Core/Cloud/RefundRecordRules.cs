using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules of recording by hand what became of a refund, when the sum of all refunds shows neither that it was made
/// nor that it was not. The sum is read for a while after that; what contradicts the record is kept, and changes
/// nothing.
/// </summary>
public static class RefundRecordRules
{
    /// <summary>How long the sum is read after a record, chosen by us: as long as a payment is.</summary>
    public static readonly TimeSpan WatchedFor = TimeSpan.FromMinutes(30);

    /// <summary>Decides whether this may be recorded.</summary>
    /// <param name="paid">The payment, as the ledger has it; null when there is none.</param>
    /// <param name="ask">What is to be recorded.</param>
    /// <param name="now">The time.</param>
    public static Decision RecordRefund(Checkout? paid, RecordRefund ask, DateTimeOffset now) => paid switch
    {
        null => Refusal.NotFound,
        { PendingRefund: null, RecordedRefund: { } known } when known.Made == ask.Made && known.Reason == ask.Reason =>
            Decision.AlreadySo,
        { PendingRefund: null } => Refusal.RefundNotPending,
        { PendingRefund: { } pending } when !Deadline.IsOver(pending.SentAt, OutcomeRules.ReleaseAfter, now) =>
            Refusal.TooEarlyToRecord,
        { PendingRefund: { } pending } => Record(paid, pending, ask, now),
    };

    /// <summary>Whether the sum of all refunds must be read although none is pending.</summary>
    /// <param name="paid">The payment.</param>
    /// <param name="now">The time.</param>
    public static bool IsWatched(Checkout paid, DateTimeOffset now) =>
        paid is { PendingRefund: null, RecordedRefund: { Contradicted: false } record }
        && !Deadline.IsOver(record.At, WatchedFor, now);

    /// <summary>Takes what was read after a record: nothing, unless the sum shows the opposite of it.</summary>
    /// <param name="paid">The payment; null when there is none.</param>
    /// <param name="refundId">The refund.</param>
    /// <param name="reads">The last reads, in order.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeReads(
        Checkout? paid, Guid refundId, IReadOnlyList<RefundRead> reads, DateTimeOffset now)
    {
        if (paid is null || !IsWatched(paid, now) || paid.RecordedRefund is not { } record || record.Id != refundId
            || reads is not [.., { Refunded: { } sum }]) return Decision.AlreadySo;
        var opposite = record.Made ? record.RefundedBefore : record.RefundedBefore + record.Amount;
        return sum != opposite
            ? Decision.AlreadySo
            : new ReaderEvent(EventKind.RefundDisputed,
                paid with { RecordedRefund = record with { Contradicted = true }, UpdatedAt = now });
    }

    private static ReaderEvent Record(Checkout paid, PendingRefund pending, RecordRefund ask, DateTimeOffset now)
    {
        var recorded = paid with
        {
            PendingRefund = null,
            RecordedRefund = new(pending.Id, ask.Made, pending.Amount, pending.RefundedBefore, ask.Reason, ask.KeyId,
                ask.KeyName, now),
        };
        return ask.Made
            ? RefundRules.AddRefund(recorded, pending.Id, pending.Amount, now)
            : new(EventKind.RefundDropped, recorded with { UpdatedAt = now });
    }
}

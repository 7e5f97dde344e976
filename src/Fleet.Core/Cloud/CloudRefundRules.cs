using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for refunds that SumUp's cloud makes. The cloud has no key that would make a repeat safe. So each attempt
/// is committed before it is sent, and after an unclear answer the sum of all refunds decides what became of it.
/// </summary>
public static class CloudRefundRules
{
    /// <summary>The word for a refund that the cloud did not answer, and has not made.</summary>
    public const string NotMade = "not-made";

    /// <summary>
    /// Attempts of one refund. There is a second one only after the cloud said that the payment cannot be refunded yet.
    /// </summary>
    public const int MaxSends = 6;

    /// <summary>
    /// How long after its outcome a payment may be too new for a refund, and the pause until the next attempt.
    /// </summary>
    public static readonly TimeSpan NewFor = TimeSpan.FromMinutes(2), RetryPause = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The earliest time after the attempt at which an unchanged sum may prove that the refund was not made, and how
    /// far apart the two reads must be that prove it. The cloud may show a refund late.
    /// </summary>
    public static readonly TimeSpan UnmadeAfter = TimeSpan.FromSeconds(120), ReadsApart = TimeSpan.FromSeconds(10);

    /// <summary>The pause between two reads: at first, after a minute, and after an hour.</summary>
    public static readonly TimeSpan OftenPause = TimeSpan.FromSeconds(5), RarePause = TimeSpan.FromSeconds(60),
        LastPause = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan OftenFor = TimeSpan.FromSeconds(60), RareFor = TimeSpan.FromHours(1);

    /// <summary>
    /// Decides whether a refund may be sent. Only the call that commits a new <see cref="EventKind.RefundBegun"/> may
    /// send it, and once only.
    /// </summary>
    /// <param name="paid">The payment, as the ledger has it; null when there is none.</param>
    /// <param name="ask">How much, and under which id.</param>
    /// <param name="refunded">What the cloud has given back, in minor units; null when it does not tell it.</param>
    /// <param name="now">The time.</param>
    public static Decision BeginRefund(Checkout? paid, RefundTransaction ask, long? refunded, DateTimeOffset now)
    {
        if (paid is null) return Refusal.NotFound;
        if (paid.PendingRefund?.Id == ask.RefundId || paid.Refunds.Any(one => one.Id == ask.RefundId))
            return Decision.AlreadySo;
        if (paid.Cloud is null) return Refusal.RefundedElsewhere;
        if (paid.PendingRefund is not null) return Refusal.RefundPending;
        // A refund that was made at SumUp itself is not in the ledger.
        var before = Math.Max(refunded ?? 0, paid.RefundedAmount());
        var (amount, refusal) = RefundRules.CheckAmount(paid, ask, before);
        if (refusal is not null) return refusal;
        var next = paid with { PendingRefund = new(ask.RefundId, amount, refunded ?? before, now), UpdatedAt = now };
        return new ReaderEvent(EventKind.RefundBegun, next with { RecordedRefund = null }); // the sum ends its watch
    }

    /// <summary>Takes the sorted answer to the attempt.</summary>
    /// <param name="paid">The payment, as the ledger has it; null when there is none.</param>
    /// <param name="refundId">The refund.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeAnswer(Checkout? paid, Guid refundId, Sorted answer, DateTimeOffset now) =>
        FindPending(paid, refundId) is not var (checkout, pending) ? Decision.AlreadySo : answer switch
        {
            { Verdict: Verdict.Accepted } => Conclude(checkout, pending, now),
            { Refusal: not null } => Drop(checkout, now),
            { Doubt: { } doubt } when pending.Doubt is null => new ReaderEvent(EventKind.RefundDoubted,
                checkout with { PendingRefund = pending with { Doubt = doubt }, UpdatedAt = now }),
            _ => Decision.AlreadySo,
        };

    /// <summary>
    /// Takes what was read after the attempt: whether the refund was made or not, or that it may be sent again. While
    /// the sum fits neither, as after a refund that was made at SumUp itself at the same time, it stays as it is.
    /// </summary>
    /// <param name="paid">The payment, as the ledger has it; null when there is none.</param>
    /// <param name="refundId">The refund.</param>
    /// <param name="reads">The last reads, in order.</param>
    /// <param name="now">The time.</param>
    public static Decision TakeReads(
        Checkout? paid, Guid refundId, IReadOnlyList<RefundRead> reads, DateTimeOffset now)
    {
        if (FindPending(paid, refundId) is not var (checkout, pending))
            return RefundRecordRules.TakeReads(paid, refundId, reads, now);
        if (reads is not [.., { Refunded: { } sum } last] || last.ReadAt < pending.SentAt) return Decision.AlreadySo;
        if (sum == pending.RefundedBefore + pending.Amount) return Conclude(checkout, pending, now);
        if (sum != pending.RefundedBefore) return Decision.AlreadySo;
        if (pending.Doubt is Doubt.Conflict) return TakeConflict(checkout, pending, last, now);
        return IsUnmade(pending, reads) ? Drop(checkout, now) : Decision.AlreadySo;
    }

    /// <summary>What the till that asked for a refund is told: null when it was made.</summary>
    /// <param name="paid">The payment, as the ledger has it.</param>
    /// <param name="refundId">The refund.</param>
    public static Refusal? AnswerTill(Checkout paid, Guid refundId) =>
        paid.Refunds.Any(made => made.Id == refundId) ? null
        : paid.PendingRefund?.Id == refundId ? Refusal.RefundUnknown
        : Refusal.ProviderRefused(NotMade);

    /// <summary>The time of the next read; null when no refund is pending.</summary>
    /// <param name="paid">The payment.</param>
    /// <param name="lastRead">When it was read last; null when it was not.</param>
    public static DateTimeOffset? NextRead(Checkout paid, DateTimeOffset? lastRead)
    {
        if (paid.PendingRefund is not { } pending) return null;
        var first = pending.SentAt + FirstPause(paid, pending);
        if (lastRead is not { } last || last < first) return first;
        var age = last - pending.SentAt;
        return last + (age < OftenFor ? OftenPause : age < RareFor ? RarePause : LastPause);
    }

    /// <summary>Whether the payment may have been too new for a refund when that was sent.</summary>
    private static bool WasNew(Checkout paid, PendingRefund pending) => pending.SentAt - paid.OccurredAt() < NewFor;

    private static TimeSpan FirstPause(Checkout paid, PendingRefund pending) => pending.Doubt switch
    {
        Doubt.Conflict => WasNew(paid, pending) ? RetryPause : TimeSpan.Zero,
        _ => OftenPause,
    };

    /// <summary>
    /// The cloud said that the payment is not refundable in its present state. If the payment was new, it may be later.
    /// </summary>
    private static Decision TakeConflict(Checkout paid, PendingRefund pending, RefundRead last, DateTimeOffset now)
    {
        if (!WasNew(paid, pending) || pending.Sends >= MaxSends) return Drop(paid, now);
        if (now - pending.SentAt < RetryPause || last.TransactionId is null) return Decision.AlreadySo;
        var again = pending with { SentAt = now, Sends = pending.Sends + 1, Doubt = null };
        return new ReaderEvent(EventKind.RefundBegun, paid with { PendingRefund = again, UpdatedAt = now });
    }

    private static bool IsUnmade(PendingRefund pending, IReadOnlyList<RefundRead> reads)
    {
        var unchanged = reads.Where(read => read.Refunded == pending.RefundedBefore
            && read.ReadAt - pending.SentAt >= UnmadeAfter).ToList();
        return unchanged is [var first, .., var last] && last.ReadAt - first.ReadAt >= ReadsApart;
    }

    private static ReaderEvent Conclude(Checkout paid, PendingRefund pending, DateTimeOffset now) =>
        RefundRules.AddRefund(paid with { PendingRefund = null }, pending.Id, pending.Amount, now);

    private static ReaderEvent Drop(Checkout paid, DateTimeOffset now) =>
        new(EventKind.RefundDropped, paid with { PendingRefund = null, UpdatedAt = now });

    private static (Checkout Paid, PendingRefund Pending)? FindPending(Checkout? paid, Guid refundId) =>
        paid is { PendingRefund: { } pending } && pending.Id == refundId ? (paid, pending) : null;
}

using Fleet.Core.Checkouts;

namespace Fleet.Core.Retention;

/// <summary>What may be removed, and at what speed.</summary>
public static class RetentionRules
{
    /// <summary>
    /// Days that payments and the audit are kept at least. So long the reference of a sale is known, and it cannot be
    /// paid again.
    /// </summary>
    public const int MinLongDays = 90;

    /// <summary>Days that everything else is kept at least.</summary>
    public const int MinDays = 1;

    /// <summary>Days that anything can be kept before it is removed.</summary>
    public const int MaxDays = 36_500;

    /// <summary>Between two steps of a removal, at least.</summary>
    public static readonly TimeSpan MinPause = TimeSpan.FromSeconds(0.25);

    /// <summary>Between two steps, at most.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    /// <summary>A step that takes longer means that the database is busy with other things.</summary>
    public static readonly TimeSpan SlowStep = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What is from before this day may be removed. Only whole days of UTC are, so a row can stay a day longer.
    /// </summary>
    /// <param name="days">Days that rows are kept.</param>
    /// <param name="now">The time.</param>
    public static DateOnly FindEnd(int days, DateTimeOffset now) =>
        DateOnly.FromDateTime(now.UtcDateTime).AddDays(-days);

    /// <summary>The last day that a caller may name as the end of what is removed.</summary>
    public static DateOnly FindLatestEnd(RetentionKind kind, DateTimeOffset now) =>
        FindEnd(kind is RetentionKind.Checkouts or RetentionKind.Audit ? MinLongDays : MinDays, now);

    /// <summary>
    /// Whether a checkout stays, however old it is: it is open or disputed, a refund is under way, or something
    /// happened to it since.
    /// </summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="end">What is from before this time may be removed.</param>
    public static bool MustStay(Checkout checkout, DateTimeOffset end) =>
        checkout is { IsOpen: true } or { Disputed: true } or { PendingRefund: not null } || checkout.UpdatedAt >= end;

    /// <summary>The pause after a step: twice as long after a slow one, half as long after another.</summary>
    /// <param name="pause">The pause before it.</param>
    /// <param name="took">How long the step took.</param>
    public static TimeSpan FindPause(TimeSpan pause, TimeSpan took)
    {
        var next = took > SlowStep ? pause * 2 : pause / 2;
        return next < MinPause ? MinPause : next > MaxPause ? MaxPause : next;
    }
}

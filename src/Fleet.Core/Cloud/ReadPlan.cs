using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>
/// How much one read of a payment is needed. New members go to the end: nodes of different versions tell each other the
/// number.
/// </summary>
public enum ReadNeed
{
    /// <summary>It may find a quick result, and is made when the key has requests to spare.</summary>
    Early,

    /// <summary>It is time to know how the payment is.</summary>
    Due,

    /// <summary>There is a hint that the payment has ended.</summary>
    Result,

    /// <summary>As <see cref="Due"/>, and all that may know of the payment is asked.</summary>
    Thorough,
}

/// <summary>
/// When the cloud is asked about an open checkout. One key may ask only some times in a second, for all of its readers.
/// So a payment is read often only while a quick result is likely, and when it takes longer than payments take.
/// </summary>
public static class ReadPlan
{
    /// <summary>The pause when a result is likely.</summary>
    public static readonly TimeSpan OftenPause = TimeSpan.FromSeconds(2);

    /// <summary>The shortest and the longest pause while the customer pays; each checkout has its own.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(10), LongestPause = TimeSpan.FromSeconds(12);

    /// <summary>The pause for a payment without a result.</summary>
    public static readonly TimeSpan RarePause = TimeSpan.FromSeconds(60);

    /// <summary>A result is likely in the first seconds: a reader that is offline or busy refuses at once.</summary>
    public static readonly TimeSpan YoungFor = TimeSpan.FromSeconds(10);

    /// <summary>From then on a payment without a result is read rarely.</summary>
    public static readonly TimeSpan RareFrom = TimeSpan.FromSeconds(180);

    /// <summary>
    /// How long a checkout is read after it ended without a word of the cloud, because it may be charged late; and the
    /// pause for it. After that the comparison of the day finds it.
    /// </summary>
    public static readonly TimeSpan WatchFor = TimeSpan.FromMinutes(30), WatchPause = TimeSpan.FromMinutes(2);

    /// <summary>The time of the next read; null when there is nothing to read.</summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="lastRead">When it was read last; null when it was not.</param>
    /// <param name="called">Whether a callback came since then. It proves nothing, but makes a read worth it.</param>
    /// <param name="now">The time.</param>
    public static DateTimeOffset? NextRead(
        Checkout checkout, DateTimeOffset? lastRead, bool called, DateTimeOffset now)
    {
        if (checkout is not { Cloud: { Refused: null } attempt }) return null;
        if (checkout.EndedAt is { } ended) return NextWatch(checkout, ended, lastRead, called ? now : null);
        if (checkout.State is not CheckoutState.Started) return null;
        if (called) return now;
        var last = lastRead ?? attempt.SentAt;
        var next = last + PauseAt(checkout.Id, last - attempt.SentAt);
        var lateFrom = attempt.SentAt + ReaderRules.Window;
        return last < lateFrom && next > lateFrom ? lateFrom : next;
    }

    /// <summary>How much a read is needed now, when nothing special calls for it.</summary>
    /// <param name="attempt">The attempt that is read.</param>
    /// <param name="lastAnswer">When a read of it was answered last; null when none was.</param>
    /// <param name="now">The time.</param>
    public static ReadNeed NeedAt(CloudAttempt attempt, DateTimeOffset? lastAnswer, DateTimeOffset now) =>
        now - (lastAnswer ?? attempt.SentAt) < ShortestPause ? ReadNeed.Early : ReadNeed.Due;

    private static DateTimeOffset? NextWatch(
        Checkout checkout, DateTimeOffset ended, DateTimeOffset? lastRead, DateTimeOffset? called)
    {
        if (checkout is not ({ Reason: Reason.NotStarted } or { Record: not null })) return null;
        if (called is not null) return called;
        var next = (lastRead > ended ? lastRead.Value : ended) + WatchPause;
        return next - ended <= WatchFor ? next : null;
    }

    private static TimeSpan PauseAt(Guid checkoutId, TimeSpan age)
    {
        if (age >= RareFrom) return RarePause;
        if (age < YoungFor || age >= ReaderRules.Window) return OftenPause;
        // By its id, so that the reads of many checkouts are spread and a spec knows each.
        var share = checkoutId.ToByteArray()[^1] / (double)byte.MaxValue;
        return ShortestPause + (share * (LongestPause - ShortestPause));
    }
}

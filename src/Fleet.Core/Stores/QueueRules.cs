namespace Fleet.Core.Stores;

/// <summary>How long the queue of a store may be, and how long a till may wait in it.</summary>
public static class QueueRules
{
    /// <summary>Tills that wait in one store, chosen by us.</summary>
    public const int MaxWaiting = 32;

    /// <summary>May one more till wait? Null when it may, and else why not.</summary>
    /// <param name="waiting">The tills that wait already.</param>
    public static Refusal? EnterQueue(int waiting) => waiting < MaxWaiting ? null : Refusal.QueueFull;

    /// <summary>May a till wait on? Null when it may, and else why not.</summary>
    /// <param name="until">When it gives up; null when it does not wait, and gets an answer at once.</param>
    /// <param name="now">The time.</param>
    public static Refusal? KeepWaiting(DateTimeOffset? until, DateTimeOffset now) =>
        until is null || now < until ? null : Refusal.QueueTimeout;
}

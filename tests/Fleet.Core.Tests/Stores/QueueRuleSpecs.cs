using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

/// <summary>How many tills wait in a store, and for how long.</summary>
public sealed class QueueRuleSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_thirty_second_till_of_a_store_may_wait() =>
        Assert.Null(QueueRules.EnterQueue(waiting: 31));

    [Fact]
    public void The_thirty_third_till_of_a_store_is_refused() =>
        Assert.Equal(RefusalCode.QueueFull, QueueRules.EnterQueue(waiting: 32)?.Code);

    [Fact]
    public void A_till_waits_on_until_its_time_is_over() =>
        Assert.Null(QueueRules.KeepWaiting(Now.AddTicks(1), Now));

    [Fact]
    public void A_till_whose_time_is_over_is_refused() =>
        Assert.Equal(RefusalCode.QueueTimeout, QueueRules.KeepWaiting(Now, Now)?.Code);

    [Fact]
    public void A_till_that_does_not_wait_is_never_late() =>
        Assert.Null(QueueRules.KeepWaiting(until: null, Now));
}

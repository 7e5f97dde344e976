namespace Fleet.Core.Tests;

public sealed class WalkSpecs
{
    private const int Steps = 10_000;

    public static readonly TheoryData<int> Seeds = [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_random_walk_ever_breaks_a_promise(int seed)
    {
        var walk = new Walk(seed);

        for (var step = 0; step < Steps; step++) walk.Step();

        Assert.Equal(Enum.GetValues<EventKind>(), walk.Happened.Order());
        Assert.Equal(
            [RefusalCode.NotFound, RefusalCode.Invalid, RefusalCode.ReaderBusy, RefusalCode.ReaderOffline,
                RefusalCode.CheckoutNotOpen,
                RefusalCode.NotRefundable, RefusalCode.RefundTooLarge, RefusalCode.RefundedElsewhere,
                RefusalCode.ReaderOnline,
                RefusalCode.CheckoutNotStarted, RefusalCode.CheckoutFinal, RefusalCode.RefundPending,
                RefusalCode.TooEarlyToRecord, RefusalCode.RefundNotPending],
            walk.Refused.Order());
    }
}

using Fleet.Core.Cloud;
using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class RefundRecordSpecs
{
    private static readonly Guid First = new("0e000000-0000-7000-8000-000000000001");

    private static readonly Checkout Paid = CoffeeTaken.Succeeds(at: 20).Checkout;

    /// <summary>Its refund of 1.00 EUR was sent 100 seconds after noon, when nothing had been given back.</summary>
    private static readonly Checkout Asked = Paid with
    {
        PendingRefund = new(First, 100, 0, At(100), Doubt: Doubt.NoAnswer),
    };

    [Fact]
    public void A_refund_that_was_made_is_recorded_as_given_back()
    {
        var (happened, after) = Record(Asked, made: true, at: 400);

        Assert.Equal(EventKind.Refunded, happened);
        Assert.Equal((100, null), (after.RefundedAmount(), after.PendingRefund));
        Assert.Equal(First, Assert.Single(after.Refunds).Id);
        Assert.Equal((true, "seen", At(400)),
            (after.RecordedRefund?.Made, after.RecordedRefund?.Reason, after.RecordedRefund?.At));
    }

    [Fact]
    public void A_refund_that_was_not_made_is_recorded_as_dropped()
    {
        var (happened, after) = Record(Asked, made: false, at: 400);

        Assert.Equal(EventKind.RefundDropped, happened);
        Assert.Equal((0, null, false), (after.RefundedAmount(), after.PendingRefund, after.RecordedRefund?.Made));
    }

    [Fact]
    public void A_refund_is_not_recorded_in_its_first_five_minutes() =>
        Assert.Equal(RefusalCode.TooEarlyToRecord, Ask(Asked, made: true, at: 399).Refusal?.Code);

    [Fact]
    public void Without_a_pending_refund_there_is_nothing_to_record()
    {
        var (_, recorded) = Record(Asked, made: true, at: 400);

        Assert.Equal(RefusalCode.RefundNotPending, Ask(Paid, made: true, at: 400).Refusal?.Code);
        Assert.Equal(RefusalCode.RefundNotPending, Ask(recorded, made: false, at: 500).Refusal?.Code);
        Assert.Equal(RefusalCode.NotFound, Ask(null, made: false, at: 500).Refusal?.Code);
    }

    [Fact]
    public void A_record_of_a_refund_said_again_changes_nothing()
    {
        var again = Ask(Record(Asked, made: true, at: 400).After, made: true, at: 500);

        Assert.True(again is { Refusal: null, Events.IsEmpty: true });
    }

    [Theory]
    [InlineData(true, 100, false)]
    [InlineData(true, 0, true)]
    [InlineData(false, 0, false)]
    [InlineData(false, 100, true)]
    [InlineData(false, 40, false)]
    public void A_sum_that_shows_the_opposite_is_kept(bool made, long sum, bool disputed)
    {
        var recorded = Record(Asked, made, at: 400).After;
        var read = CloudRefundRules.TakeReads(
            recorded, First, [new(ReadResult.Found, At(500), Refunded: sum)], At(500));

        Assert.Equal(disputed, read.Events is [{ Kind: EventKind.RefundDisputed }]);
        if (!disputed) return;
        var after = read.Events[0].Checkout;
        Assert.True(after.RecordedRefund?.Contradicted);
        Assert.Equal(recorded.RefundedAmount(), after.RefundedAmount());
        Assert.False(RefundRecordRules.IsWatched(after, At(501)));
    }

    [Fact]
    public void A_record_of_a_refund_is_watched_for_thirty_minutes()
    {
        var recorded = Record(Asked, made: false, at: 400).After;

        Assert.True(RefundRecordRules.IsWatched(recorded, At(2_199)));
        Assert.False(RefundRecordRules.IsWatched(recorded, At(2_200)));
        Assert.False(RefundRecordRules.IsWatched(Asked, At(500)));
    }

    [Fact]
    public void A_new_refund_ends_the_watch_of_the_record()
    {
        var recorded = Record(Asked, made: false, at: 400).After;
        var next = CloudRefundRules.BeginRefund(
            recorded, new(new("0e000000-0000-7000-8000-000000000002"), Paid.Id, 100, false), 0, At(500));

        Assert.Null(Assert.Single(next.Events).Checkout.RecordedRefund);
    }

    private static Decision Ask(Checkout? paid, bool made, double at) => RefundRecordRules.RecordRefund(
        paid, new(Paid.Id, made, "seen", "key-1", "head office"), At(at));

    private static (EventKind Kind, Checkout After) Record(Checkout paid, bool made, double at)
    {
        var decision = Ask(paid, made, at);
        Assert.Null(decision.Refusal);
        return (decision.Events.Single().Kind, decision.Events.Single().Checkout);
    }
}

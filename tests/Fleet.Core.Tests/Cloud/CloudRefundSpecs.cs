using Fleet.Core.Cloud;
using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class CloudRefundSpecs
{
    private static readonly Guid First = new("0e000000-0000-7000-8000-000000000001"),
        Second = new("0e000000-0000-7000-8000-000000000002");

    /// <summary>3.50 EUR, charged 20 seconds after noon.</summary>
    private static readonly Checkout Paid = CoffeeTaken.Succeeds(at: 20).Checkout;

    private static readonly Reader Idle = Ready.With(Paid);

    /// <summary>Its refund of 1.00 EUR, which was sent when the payment was ten minutes old.</summary>
    private static readonly Checkout Asked = Begun(Paid, 100, at: 620);

    private static readonly Sorted Made = new(Verdict.Accepted), No = Refusal.ProviderRefused("forbidden"),
        NotYet = Doubt.Conflict, Silence = Doubt.NoAnswer;

    [Fact]
    public void A_refund_is_committed_before_it_is_sent() =>
        Given(Idle).When(Begins(Paid, 100, at: 620)).Then(new ReaderEvent(EventKind.RefundBegun,
            Paid with { PendingRefund = new(First, 100, 0, At(620)), UpdatedAt = At(620) }));

    [Fact]
    public void A_refund_without_amount_asks_for_all_that_is_left() =>
        Assert.Equal(250, Begun(Paid with { Refunds = [new(Second, 1, 100, At(60))] }, null).PendingRefund?.Amount);

    [Fact]
    public void A_refund_that_was_made_elsewhere_counts_as_given_back()
    {
        Assert.Equal(new(First, 50, 300, At(100)), Begun(Paid, null, at: 100, refunded: 300).PendingRefund);
        var refused = CloudRefundRules.BeginRefund(Paid, new(First, Paid.Id, 51, false), 300, At(100)).Refusal;
        Assert.Equal((RefusalCode.RefundTooLarge, 50), (refused?.Code, refused?.Refundable?.Value));
    }

    [Theory]
    [InlineData(351, RefusalCode.RefundTooLarge)]
    [InlineData(0, RefusalCode.NotRefundable)]
    public void An_amount_that_is_wrong_is_not_sent_at_all(long amount, RefusalCode code) =>
        Given(Idle).When(Begins(Paid, amount, at: 100)).ThenRefused(code);

    [Fact]
    public void What_was_never_charged_is_not_sent_as_refund() =>
        Given(Idle).When(Begins(CoffeeTaken, 100, at: 100)).ThenRefused(RefusalCode.NotRefundable);

    [Fact]
    public void A_payment_of_a_device_is_not_refunded_upstream() =>
        Given(Idle).When(Begins(CoffeePaid, 100, at: 100)).ThenRefused(RefusalCode.RefundedElsewhere);

    [Fact]
    public void A_payment_of_the_cloud_is_never_refunded_without_it() => Assert.Equal(
        RefusalCode.RefundedElsewhere,
        RefundRules.RefundPayment(Paid, new(First, Paid.Id, 100, Sandbox: true), At(100)).Refusal?.Code);

    [Fact]
    public void A_payment_that_is_not_there_is_not_refunded() =>
        Given(Idle).When(Begins(null, 100, at: 100)).ThenRefused(RefusalCode.NotFound);

    [Fact]
    public void Two_refunds_of_one_payment_are_never_under_way() =>
        Given(Idle).When(Begins(Asked, 100, at: 700, Second)).ThenRefused(RefusalCode.RefundPending);

    [Fact]
    public void The_same_refund_asked_again_is_not_sent_again()
    {
        Given(Idle).When(Begins(Asked, 100, at: 700)).ThenNothing();
        Given(Idle).When(Begins(After(Asked, Made), 100, at: 700)).ThenNothing();
    }

    [Fact]
    public void A_refund_that_the_cloud_made_is_recorded_once()
    {
        var refunded = After(Asked, Made);

        Assert.Equal((100, null), (refunded.RefundedAmount(), refunded.PendingRefund));
        Assert.Equal(First, Assert.Single(refunded.Refunds).Id);
        Given(Idle).When(Answers(refunded, Made, at: 622)).ThenNothing();
    }

    [Fact]
    public void A_refund_that_the_cloud_refused_is_dropped_at_once() =>
        Given(Idle).When(Answers(Asked, No, at: 621)).Then(new ReaderEvent(
            EventKind.RefundDropped, Asked with { PendingRefund = null, UpdatedAt = At(621) }));

    [Fact]
    public void An_unclear_answer_neither_makes_nor_drops_a_refund()
    {
        var doubted = After(Asked, Silence);

        Assert.Equal(Doubt.NoAnswer, doubted.PendingRefund?.Doubt);
        Given(Idle).When(Answers(doubted, Silence, at: 640)).ThenNothing();
    }

    [Fact]
    public void A_sum_that_has_grown_by_it_proves_the_refund() =>
        Assert.Equal(100, Decide(After(Asked, Silence), At(622), (621, 100)).Checkout.RefundedAmount());

    [Fact]
    public void Two_late_reads_of_the_old_sum_prove_its_absence() =>
        Assert.Equal(EventKind.RefundDropped, Decide(After(Asked, Silence), At(750), (740, 0), (750, 0)).Kind);

    [Theory]
    [InlineData(750, 0, 0, 0)]
    [InlineData(739, 0, 750, 0)]
    [InlineData(740, 0, 749, 0)]
    [InlineData(740, 0, 750, null)]
    [InlineData(740, null, 750, null)]
    [InlineData(740, 0, 750, 99)]
    [InlineData(740, 0, 750, 101)]
    [InlineData(0, 0, 619, 100)]
    public void Every_other_sum_proves_nothing_and_it_stays(double first, int? sum, double second, int? next) =>
        Given(Idle).When(Reads(After(Asked, Silence), At(800), (first, sum), (second, next))).ThenNothing();

    [Fact]
    public void A_payment_that_is_too_new_is_asked_for_again()
    {
        var young = After(Begun(Paid, 100, at: 40), NotYet, at: 41);

        Given(Idle).When(Reads(young, At(59), [(59, 0)])).ThenNothing();
        var again = Decide(young, At(60), (60, 0));
        Assert.Equal((EventKind.RefundBegun, new PendingRefund(First, 100, 0, At(60), Sends: 2)),
            (again.Kind, again.Checkout.PendingRefund));
    }

    [Fact]
    public void A_conflict_over_an_older_payment_is_a_no() =>
        Assert.Equal(EventKind.RefundDropped, Decide(After(Asked, NotYet), At(622), (622, 0)).Kind);

    [Fact]
    public void A_payment_that_stays_too_new_is_given_up()
    {
        var young = Begun(Paid, 100, at: 21);
        var tries = 1;
        for (var at = 41; tries < 10; at += 20, tries++)
        {
            var next = Decide(After(young, NotYet), At(at), (at, 0));
            if (next.Kind is EventKind.RefundDropped) break;
            young = next.Checkout;
        }

        Assert.Equal(CloudRefundRules.MaxSends, tries);
    }

    [Fact]
    public void A_conflict_after_a_refund_that_was_made_is_success() =>
        Assert.Equal(EventKind.Refunded, Decide(After(Begun(Paid, 100, at: 40), NotYet), At(60), (60, 100)).Kind);

    [Fact]
    public void Reads_of_a_pending_refund_become_ever_rarer()
    {
        Assert.Equal(At(625), CloudRefundRules.NextRead(Asked, null));
        Assert.Equal(At(630), CloudRefundRules.NextRead(Asked, At(625)));
        Assert.Equal(At(760), CloudRefundRules.NextRead(Asked, At(700)));
        Assert.Equal(At(6_800), CloudRefundRules.NextRead(Asked, At(5_000)));
        Assert.Null(CloudRefundRules.NextRead(Paid, null));
    }

    [Fact]
    public void A_conflict_is_read_at_once_or_after_a_pause()
    {
        Assert.Equal(At(620), CloudRefundRules.NextRead(After(Asked, NotYet), null));
        Assert.Equal(At(60), CloudRefundRules.NextRead(After(Begun(Paid, 100, at: 40), NotYet), At(39)));
    }

    [Theory]
    [InlineData(201, null, "Accepted")]
    [InlineData(200, null, "Accepted")]
    [InlineData(400, null, "ProviderRefused bad-request")]
    [InlineData(401, null, "ProviderRefused unauthorized")]
    [InlineData(403, "FORBIDDEN", "ProviderRefused forbidden")]
    [InlineData(404, "NOT_FOUND", "ProviderRefused not-found")]
    [InlineData(422, "INVALID_AMOUNT", "RefundTooLarge")]
    [InlineData(422, "UNPROCESSABLE_ENTITY", "ProviderRefused unprocessable-entity")]
    [InlineData(499, null, "BadAnswer")]
    [InlineData(425, null, "BadAnswer")]
    [InlineData(408, null, "NoAnswer")]
    [InlineData(409, "CONFLICT", "Conflict")]
    [InlineData(429, null, "RateLimited")]
    [InlineData(500, null, "ServerError")]
    [InlineData(502, "BAD_GATEWAY", "ServerError")]
    [InlineData(302, null, "BadAnswer")]
    public void Each_answer_to_a_refund_is_sorted_for_certain(int status, string? type, string meaning) =>
        Assert.Equal(meaning, MeaningOf(RefundAnswerRules.SortAnswer(new(status, Type: type))));

    [Theory]
    [InlineData(TransportFailure.NeverSent, "ProviderUnavailable")]
    [InlineData(TransportFailure.TimedOut, "NoAnswer")]
    [InlineData(TransportFailure.Broken, "Reset")]
    public void A_missing_answer_is_certain_only_before_it_was_sent(TransportFailure failure, string meaning) =>
        Assert.Equal(meaning, MeaningOf(RefundAnswerRules.SortAnswer(new(201, failure))));

    [Fact]
    public void A_till_is_told_what_became_of_its_refund()
    {
        Assert.Equal(RefusalCode.RefundUnknown, CloudRefundRules.AnswerTill(Asked, First)?.Code);
        Assert.Null(CloudRefundRules.AnswerTill(After(Asked, Made), First));
        Assert.Equal(CloudRefundRules.NotMade, CloudRefundRules.AnswerTill(After(Asked, No), First)?.Why);
    }

    private static string MeaningOf(Sorted sorted) => sorted switch
    {
        { Refusal: { } refusal } => $"{refusal.Code} {refusal.Why}".TrimEnd(),
        { Doubt: { } doubt } => $"{doubt}",
        _ => $"{sorted.Verdict}",
    };

    private static Func<Reader, Decision> Begins(Checkout? paid, long? amount, double at, Guid? id = null) =>
        _ => CloudRefundRules.BeginRefund(paid, new(id ?? First, Coffee.CheckoutId, amount, false), 0, At(at));

    private static Func<Reader, Decision> Answers(Checkout? paid, Sorted answer, double at) =>
        _ => CloudRefundRules.TakeAnswer(paid, First, answer, At(at));

    private static Func<Reader, Decision> Reads(
        Checkout paid, DateTimeOffset now, params (double At, long? Refunded)[] reads) =>
        _ => CloudRefundRules.TakeReads(paid, First,
            [.. reads.Select(read => new RefundRead(ReadResult.Found, At(read.At), "tx-1", read.Refunded))], now);

    private static ReaderEvent Decide(Checkout paid, DateTimeOffset now, params (double At, long? Refunded)[] reads) =>
        Assert.Single(Reads(paid, now, reads)(Idle).Events);

    private static Checkout Begun(Checkout paid, long? amount, double at = 100, long? refunded = null) => Assert.Single(
        CloudRefundRules.BeginRefund(paid, new(First, paid.Id, amount, false), refunded, At(at)).Events).Checkout;

    private static Checkout After(Checkout paid, Sorted answer, double at = 621) =>
        Assert.Single(Answers(paid, answer, at)(Idle).Events).Checkout;
}

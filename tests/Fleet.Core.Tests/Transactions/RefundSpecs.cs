using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class RefundSpecs
{
    private static readonly Guid First = new("0e000000-0000-7000-8000-000000000001"),
        Second = new("0e000000-0000-7000-8000-000000000002");

    private static readonly Checkout Tipped = CoffeePaid with { Tip = 35 };

    private static readonly Reader Idle = Ready.With(CoffeePaid);

    private static RefundTransaction Ask(long? amount, Guid? id = null, bool sandbox = true) =>
        new(id ?? First, Coffee.CheckoutId, amount, sandbox);

    private static Func<Reader, Decision> Refunds(Checkout? paid, RefundTransaction ask, double at = 100) =>
        _ => RefundRules.RefundPayment(paid, ask, At(at));

    private static Checkout After(Checkout paid, params RefundTransaction[] asks) => asks.Aggregate(
        paid, (checkout, ask) => RefundRules.RefundPayment(checkout, ask, At(100)).Events.Single().Checkout);

    [Fact]
    public void A_refund_without_an_amount_gives_everything_back()
    {
        var refunded = After(Tipped, Ask(null));

        Assert.Equal((385, 0), (refunded.RefundedAmount(), refunded.RefundableAmount()));
        Assert.Equal((CheckoutState.Successful, TransactionStatus.Refunded), (refunded.State, refunded.GetStatus()));
        Assert.Equal((At(20), At(100)), (refunded.OccurredAt(), refunded.UpdatedAt));
    }

    [Fact]
    public void Refunds_of_parts_add_up_to_what_was_paid()
    {
        var refunded = After(CoffeePaid, Ask(100), Ask(200, Second), Ask(null, Guid.Empty));

        Assert.Equal([100, 200, 50], refunded.Refunds.Select(refund => refund.Amount));
        Assert.Equal(3, refunded.Refunds.Select(refund => refund.EventId).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(351)]
    public void When_nothing_is_left_no_amount_is_refundable(long amount) => Assert.Equal(
        RefusalCode.NotRefundable,
        RefundRules.RefundPayment(After(CoffeePaid, Ask(350, Second)), Ask(amount), At(100)).Refusal?.Code);

    [Theory]
    [InlineData(351, 0)]
    [InlineData(251, 100)]
    [InlineData(2, 349)]
    public void More_than_is_left_is_refused_with_what_is_left(long amount, long before)
    {
        var paid = before == 0 ? CoffeePaid : After(CoffeePaid, Ask(before, Second));
        var decision = RefundRules.RefundPayment(paid, Ask(amount), At(100));

        Assert.Equal(RefusalCode.RefundTooLarge, decision.Refusal?.Code);
        Assert.Equal(new Money("EUR", 2, 350 - before), decision.Refusal?.Refundable);
        Assert.Empty(decision.Events);
    }

    [Fact]
    public void More_than_was_paid_cannot_be_given_back() =>
        Given(Idle).When(Refunds(CoffeePaid, Ask(351))).ThenRefused(RefusalCode.RefundTooLarge);

    [Fact]
    public void The_same_refund_asked_again_is_already_so() =>
        Given(Idle).When(Refunds(After(CoffeePaid, Ask(100)), Ask(100))).ThenNothing();

    [Fact]
    public void What_was_given_back_is_not_given_again() =>
        Given(Idle).When(Refunds(After(CoffeePaid, Ask(null)), Ask(null, Second)))
            .ThenRefused(RefusalCode.NotRefundable);

    [Fact]
    public void An_unknown_transaction_is_not_there_to_refund() =>
        Given(Idle).When(Refunds(null, Ask(null))).ThenRefused(RefusalCode.NotFound);

    [Fact]
    public void A_real_card_is_not_refunded_by_Fleet() =>
        Given(Idle).When(Refunds(CoffeePaid, Ask(null, sandbox: false))).ThenRefused(RefusalCode.RefundedElsewhere);

    [Fact]
    public void What_was_never_charged_has_nothing_to_give_back() =>
        Assert.All([CoffeeAccepted, CoffeeStarted, CoffeeDeclined, CoffeeCancelled, CoffeeExpired], checkout =>
            Given(Idle).When(Refunds(checkout, Ask(1))).ThenRefused(RefusalCode.NotRefundable));

    [Fact]
    public void The_hundred_and_first_refund_is_refused()
    {
        var paid = Enumerable.Range(0, RefundRules.MaxRefunds)
            .Aggregate(CoffeePaid, (checkout, _) => After(checkout, Ask(1, Guid.NewGuid())));

        Given(Idle).When(Refunds(paid, Ask(1, Second))).ThenRefused(RefusalCode.NotRefundable);
    }
}

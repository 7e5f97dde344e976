using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class ReconcileSpecs
{
    private static readonly Checkout Coffee350 = CoffeeTaken.Succeeds(at: 20).Checkout;

    private static readonly Checkout Cake840 = CakeTaken.Succeeds(at: 25, tip: 40).Checkout.Knows(
        new("cake-checkout", "cake-client", "TCAKE"), at: 25);

    private static readonly CloudTransaction TheirCoffee =
        new(At(19), CloudStatus.Successful, new("EUR", 2, 350), CoffeeIds) { Tip = 0, Refunded = 0 };

    private static readonly CloudTransaction TheirCake =
        new(At(24), CloudStatus.Successful, new("EUR", 2, 840), new(TransactionCode: "TCAKE"));

    [Fact]
    public void Two_sides_that_agree_have_no_difference() =>
        Assert.Empty(ReconcileRules.Compare([Coffee350, Cake840], [TheirCake, TheirCoffee]));

    public static TheoryData<string> Keys => ["code", "client", "checkout", "reference"];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_payment_is_found_by_any_of_its_ids(string key)
    {
        var known = CoffeeIds with { TransactionCode = "TEENSK4W2K" };
        var ours = Coffee350.Knows(known, at: 20);
        var theirs = TheirCoffee with
        {
            Ids = key switch
            {
                "code" => new(TransactionCode: known.TransactionCode),
                "client" => new(ClientTransactionId: known.ClientTransactionId),
                "checkout" => new(known.CheckoutId),
                _ => new(),
            },
            ForeignId = key is "reference" ? CloudAttempt.ForeignIdOf(Coffee.CheckoutId) : null,
        };

        Assert.Empty(ReconcileRules.Compare([ours], [theirs]));
    }

    [Fact]
    public void A_charge_that_one_side_lacks_is_found()
    {
        Assert.Equal([new(DifferenceKind.OursOnly, Coffee350, null)], ReconcileRules.Compare([Coffee350], []));
        Assert.Equal([new(DifferenceKind.TheirsOnly, null, TheirCoffee)], ReconcileRules.Compare([], [TheirCoffee]));
    }

    public static TheoryData<string, DifferenceKind> Changes => new()
    {
        { "amount", DifferenceKind.AmountDiffers },
        { "currency", DifferenceKind.AmountDiffers },
        { "unit", DifferenceKind.AmountDiffers },
        { "tip", DifferenceKind.TipDiffers },
        { "status", DifferenceKind.StatusDiffers },
        { "refund", DifferenceKind.RefundDiffers },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Each_way_in_which_sides_differ_is_named(string what, DifferenceKind kind)
    {
        var theirs = what switch
        {
            "amount" => TheirCoffee with { Amount = new("EUR", 2, 351) },
            "currency" => TheirCoffee with { Amount = new("USD", 2, 350) },
            "unit" => TheirCoffee with { Amount = new("EUR", 0, 350) },
            "tip" => TheirCoffee with { Amount = new("EUR", 2, 385), Tip = 35 },
            "status" => TheirCoffee with { Status = CloudStatus.Failed },
            _ => TheirCoffee with { Refunded = 350 },
        };

        Assert.Equal([new(kind, Coffee350, theirs)], ReconcileRules.Compare([Coffee350], [theirs]));
    }

    [Fact]
    public void A_refund_that_the_ledger_lacks_is_found()
    {
        var refunded = Coffee350 with { Refunds = [new(Guid.Empty, 1, 100, At(60))] };

        Assert.Equal(DifferenceKind.RefundDiffers,
            Assert.Single(ReconcileRules.Compare([refunded], [TheirCoffee])).Kind);
        Assert.Empty(ReconcileRules.Compare([refunded], [TheirCoffee with { Refunded = 100 }]));
    }

    [Theory]
    [InlineData(CloudStatus.Successful, true)]
    [InlineData(CloudStatus.Failed, true)]
    [InlineData(CloudStatus.Pending, false)]
    [InlineData(CloudStatus.Unknown, false)]
    public void An_outcome_that_the_ledger_lacks_is_found(CloudStatus status, bool found)
    {
        var differences = ReconcileRules.Compare([CoffeeTaken], [TheirCoffee with { Status = status }]);

        Assert.Equal(found ? [DifferenceKind.StatusDiffers] : [], differences.Select(one => one.Kind));
    }

    [Fact]
    public void What_was_not_paid_needs_no_transaction() =>
        Assert.Empty(ReconcileRules.Compare(
            [CoffeeTaken.Cancels(Reason.NoCardInTime, at: 66).Checkout, CakeTaken],
            [TheirCake with { Status = CloudStatus.Failed, Ids = new("other") }]));

    [Fact]
    public void What_the_cloud_did_not_do_is_not_compared() =>
        Assert.Empty(ReconcileRules.Compare([CoffeePaid], []));

    [Fact]
    public void A_second_charge_of_one_checkout_is_found()
    {
        var second = TheirCoffee with { At = At(40), Ids = CoffeeIds with { TransactionCode = "TSECOND" } };
        var failed = TheirCoffee with { At = At(10), Status = CloudStatus.Failed };

        Assert.Equal([new(DifferenceKind.TheirsOnly, null, second)],
            ReconcileRules.Compare([Coffee350], [second, failed, TheirCoffee]));
    }

    [Fact]
    public void The_same_lists_have_the_same_differences_always()
    {
        Checkout[] ours = [Coffee350, CakeTaken];
        CloudTransaction[] theirs =
            [TheirCake, TheirCoffee with { Refunded = 1 }, TheirCake with { At = At(50), Ids = new("x") }];

        var first = ReconcileRules.Compare(ours, theirs);

        Assert.Equal(3, first.Count);
        Assert.Equal(first, ReconcileRules.Compare(ours, theirs));
        Assert.Equal(first, ReconcileRules.Compare([.. ours.Reverse(), .. ours], [.. theirs.Reverse(), .. theirs]));
    }
}

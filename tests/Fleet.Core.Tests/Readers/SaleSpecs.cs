namespace Fleet.Core.Tests;

public sealed class SaleSpecs
{
    private static readonly string Here = Ready.Id;

    private static readonly AffiliateTerms Order = new("com.example.till", "sup_afk_1", "order-77", """{"table":12}""");

    /// <summary>A second request for the cake, from a till that does not know of the first.</summary>
    private static readonly StartCheckout Again =
        Cake with { CheckoutId = new("cace0000-0000-4000-8000-000000000003") };

    private static readonly Checkout Open = CoffeeAccepted with { Id = Cake.CheckoutId, Terms = Cake.Terms };

    [Fact]
    public void A_sale_without_a_checkout_is_free() => Assert.Null(SaleRules.DecideRepeat(Here, Cake, holder: null));

    [Fact]
    public void A_sale_is_free_again_after_a_failed_payment() =>
        Assert.All([CoffeeDeclined, CoffeeCancelled, CoffeeExpired],
            over => Assert.Null(SaleRules.DecideRepeat(Here, Coffee, over)));

    [Fact]
    public void A_repeat_on_the_same_reader_gets_its_checkout() =>
        Assert.All([Open, Open with { State = CheckoutState.Started }], open =>
            Assert.Equal(Decision.AlreadySo, SaleRules.DecideRepeat(Here, Again, open)));

    [Fact]
    public void A_sale_that_was_paid_is_not_paid_again()
    {
        var paid = Open with { State = CheckoutState.Successful };
        Assert.Equal(RefusalCode.DuplicateTransaction, SaleRules.DecideRepeat(Here, Again, paid)?.Refusal?.Code);
        ThenHeld(paid, Again, Here, CheckoutState.Successful, until: null);
    }

    [Fact]
    public void A_sale_that_is_open_elsewhere_is_not_started_here()
    {
        ThenHeld(Open, Again, "rdr_7", CheckoutState.Accepted, until: At(60));
        ThenHeld(Open with { State = CheckoutState.Started }, Again, "rdr_7", CheckoutState.Started, until: null);
        ThenHeld(Open, Again, null, CheckoutState.Accepted, until: At(60));
    }

    [Fact]
    public void A_start_finds_the_checkout_that_it_made() =>
        Assert.All([Open, Open with { State = CheckoutState.Successful }], own =>
            Assert.Equal(Decision.AlreadySo, SaleRules.DecideRepeat("rdr_7", Cake, own)));

    [Fact]
    public void Other_terms_are_another_sale_under_the_same_reference()
    {
        var terms = Cake.Terms with { Affiliate = Order, Description = "Cake", ReturnUrl = "https://example.com/1" };
        CheckoutTerms[] others =
        [
            terms with { Amount = new("EUR", 2, 801) }, terms with { Amount = new("CHF", 2, 800) },
            terms with { Description = null }, terms with { CardType = CardType.Debit },
            terms with { Installments = 2 },
            terms with { TipRates = [0.05m] }, terms with { TipRates = [0.05m, 0.11m] }, terms with { TipRates = [] },
            terms with { TipTimeoutSeconds = 60 }, terms with { ReturnUrl = "https://example.com/2" },
            terms with { Affiliate = Order with { Tags = null } }, terms with { Aade = new("a", "b", "c") },
        ];

        Assert.All(others, other => ThenHeld(
            Open with { Terms = terms }, Again with { Terms = other }, Here, CheckoutState.Accepted, until: At(60)));
    }

    [Fact]
    public void The_same_terms_are_equal_in_another_list()
    {
        var terms = Cake.Terms with { TipRates = new List<decimal> { 0.050m, 0.1m }, Affiliate = Order with { } };
        Assert.True(terms.IsSameAs(Cake.Terms with { Affiliate = Order }));
        Assert.False(terms.IsSameAs(Cake.Terms));
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void A_reference_is_paid_once_unless_its_merchant_allows_more(
        bool hasReference, bool allowsRepeats, bool once)
    {
        var terms = Cake.Terms with { Affiliate = hasReference ? Order : null };
        Assert.Equal(once, new MerchantRules(Sandbox: true, allowsRepeats).AdmitOnePayment(terms));
    }

    private static void ThenHeld(
        Checkout holder, StartCheckout ask, string? readerId, CheckoutState state, DateTimeOffset? until)
    {
        var decision = SaleRules.DecideRepeat(readerId, ask, holder);
        Assert.Equal((true, RefusalCode.DuplicateTransaction), (decision?.Events.IsEmpty, decision?.Refusal?.Code));
        Assert.Equal(new Holder(holder.Id, state, until), decision?.Refusal?.Holder);
    }
}

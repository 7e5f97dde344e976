using Fleet.Core.Errors;

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
    public void A_released_payment_holds_its_sale_because_it_is_unknown()
    {
        var released = Open with { State = CheckoutState.Cancelled, Reason = Reason.ReleasedByOperator };
        ThenHeld(released, Again, Here, CheckoutState.Cancelled, until: null);
        Assert.Equal(Decision.AlreadySo, SaleRules.DecideRepeat(Here, Cake, released));
    }

    [Fact]
    public void A_late_charge_holds_the_sale_of_an_ended_payment() =>
        Assert.All([CoffeeDeclined, CoffeeCancelled, CoffeeExpired], over => ThenHeld(
            over.IsDisputed(Charged(350), at: 90).Checkout, Again, Here, over.State, until: null));

    [Fact]
    public void A_claim_before_the_end_holds_the_sale_after_it()
    {
        var claimed = CoffeeAccepted.IsDisputed(Charged(350), at: 10).Checkout;
        ThenHeld(claimed.Cancels(Reason.Expired, at: 60).Checkout, Again, Here, CheckoutState.Cancelled, until: null);
    }

    [Fact]
    public void A_recorded_failure_frees_the_sale_until_a_late_charge()
    {
        var claimed = CoffeeStarted.IsDisputed(Charged(1), at: 10).Checkout;
        var recorded = claimed.Cancels(Reason.RecordedByOperator, at: 60).Checkout;
        Assert.Null(SaleRules.DecideRepeat(Here, Again, recorded));
        ThenHeld(recorded.IsDisputed(Charged(350), at: 90).Checkout, Again, Here, CheckoutState.Cancelled, until: null);
    }

    [Fact]
    public void A_till_is_told_that_the_sale_is_in_doubt()
    {
        var holder = new Holder(Cake.CheckoutId, CheckoutState.Cancelled, Until: null);
        Assert.Equal(CheckoutErrors.DoubtfulSale, ErrorCatalogue.Of(Refusal.DuplicateTransaction(holder)).Sentence);
        Assert.Equal(ErrorCatalogue.Of(RefusalCode.DuplicateTransaction),
            ErrorCatalogue.Of(Refusal.DuplicateTransaction(holder with { State = CheckoutState.Successful })));
    }

    [Theory]
    [InlineData(CheckoutState.Accepted, false)]
    [InlineData(CheckoutState.Started, false)]
    [InlineData(CheckoutState.Successful, true)]
    [InlineData(CheckoutState.Failed, true)]
    [InlineData(CheckoutState.Cancelled, true)]
    public void Only_an_ended_holder_excludes_an_earlier_start(CheckoutState state, bool excludes) =>
        Assert.Equal(excludes, ReaderRules.ExcludesEarlierStart(
            Refusal.DuplicateTransaction(new(Cake.CheckoutId, state, Until: null))));

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

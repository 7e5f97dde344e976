using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class MerchantRuleSpecs
{
    private static readonly MerchantRules Shop = Live with { Currency = "EUR", LargestAmount = 5_000 };

    [Theory]
    [InlineData("EUR", 5_000, null)]
    [InlineData("EUR", 5_001, RefusalCode.AmountOverLimit)]
    [InlineData("CHF", 1, RefusalCode.CurrencyNotTaken)]
    public void An_amount_must_be_in_the_currency_and_limit(string currency, long value, RefusalCode? code) =>
        Assert.Equal(code, Shop.BarStart(new(currency, 2, value))?.Code);

    [Fact]
    public void A_refused_amount_is_told_what_would_be_taken()
    {
        var (large, foreign) = (Shop.BarStart(new("EUR", 2, 9_999)), Shop.BarStart(new("CHF", 2, 1)));

        Assert.Equal((RefusalCode.AmountOverLimit, "50.00 EUR"), (large?.Code, large?.Why));
        Assert.Equal((RefusalCode.CurrencyNotTaken, "EUR"), (foreign?.Code, foreign?.Why));
    }

    [Fact]
    public void A_suspended_merchant_starts_no_amount_at_all() =>
        Assert.Equal(RefusalCode.MerchantSuspended,
            (Shop with { IsSuspended = true }).BarStart(new("EUR", 2, 1))?.Code);

    [Fact]
    public void A_merchant_without_terms_of_its_own_takes_everything() =>
        Assert.Null(Live.BarStart(new("PLN", 2, Money.MaxValue)));

    [Fact]
    public void A_barred_start_is_refused_when_the_reader_is_free() =>
        Given(Ready).When(Starts(Coffee with { Barred = Refusal.MerchantSuspended }, at: 0))
            .ThenRefused(RefusalCode.MerchantSuspended);

    [Fact]
    public void A_barred_repeat_of_the_accepted_checkout_is_answered() =>
        Given(Busy)
            .When(Starts(Coffee with { Barred = Refusal.MerchantSuspended }, at: 1)).ThenNothing();

    [Fact]
    public void A_till_without_return_url_gets_that_of_its_merchant()
    {
        var shop = Live with { ReturnUrl = "https://shop.example/paid" };
        var own = (Plain with { Affiliate = Affiliate, ReturnUrl = "https://till.example/paid" }).Terms(shop);
        var none = (Plain with { Affiliate = Affiliate }).Terms(shop);

        Assert.Equal(("https://till.example/paid", false), (own.ReturnUrl, own.HasDefaultReturnUrl));
        Assert.Equal(("https://shop.example/paid", true), (none.ReturnUrl, none.HasDefaultReturnUrl));
    }

    [Fact]
    public void A_changed_default_address_makes_no_other_request()
    {
        var ask = Plain with { Affiliate = Affiliate };
        var (before, after) = (ask.Terms(Live with { ReturnUrl = "https://a.example/" }),
            ask.Terms(Live with { ReturnUrl = "https://b.example/" }));

        Assert.True(before.IsSameAs(after));
        Assert.True(before.IsSameAs(ask.Terms(Live)));
        Assert.Equal(before.AsAsked(), after.AsAsked());
    }

    [Fact]
    public void An_affiliate_key_belongs_to_its_application_only()
    {
        var keyed = Live with { Affiliates = [new("com.example.till", AffiliateApp.HashKey("sup_afk_1"))] };

        Assert.Null(keyed.BarStart(Euro, Named("com.example.till", "sup_afk_1")));
        Assert.Equal("affiliate.app_id", FieldOf(keyed.BarStart(Euro, Named("com.other", "sup_afk_1"))));
    }

    [Fact]
    public void A_merchant_whose_keys_are_retired_accepts_none() =>
        Assert.Equal("affiliate.key",
            FieldOf((Live with { Affiliates = [] }).BarStart(Euro, Named("com.example.till", "sup_afk_1"))));

    [Theory]
    [InlineData("sup_afk_1", null)]
    [InlineData("sup_afk_2", null)]
    [InlineData("SUP_AFK_1", "affiliate.key")]
    [InlineData("sup_afk_3", "affiliate.key")]
    public void A_live_merchant_with_keys_accepts_only_those(string key, string? wrong)
    {
        var keyed = Live with { Affiliates = [AffiliateApp.OfKey("sup_afk_1"), AffiliateApp.OfKey("sup_afk_2")] };

        Assert.Equal(wrong, FieldOf(keyed.BarStart(Euro, Named("com.example.till", key))));
        Assert.Null((keyed with { Sandbox = true }).BarStart(Euro, Named("com.example.till", key)));
    }

    private static Money Euro => new("EUR", 2, 100);

    private static AffiliateTerms Named(string app, string key) => new(app, key, "order-1", null);

    private static string? FieldOf(Refusal? refusal) => refusal?.Fields?.Single().Field;
}

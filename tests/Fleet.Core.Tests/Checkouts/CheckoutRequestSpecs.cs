using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class CheckoutRequestSpecs
{
    [Fact]
    public void A_request_with_only_an_amount_is_enough() =>
        Assert.Equal(new() { Amount = new("EUR", 2, 350) }, Plain.Terms());

    [Fact]
    public void A_full_request_comes_out_as_its_terms()
    {
        var full = Plain with
        {
            Description = "One coffee",
            CardType = "debit",
            Installments = 3,
            TipRates = [0.05m, 0.10m],
            TipTimeout = 45,
            ReturnUrl = "https://till.example/hook",
            Affiliate = Affiliate,
            Aade = Aade,
        };

        Assert.Equivalent(
            new CheckoutTerms
            {
                Amount = new("EUR", 2, 350),
                Description = "One coffee",
                CardType = CardType.Debit,
                Installments = 3,
                TipRates = [0.05m, 0.10m],
                TipTimeoutSeconds = 45,
                ReturnUrl = "https://till.example/hook",
                Affiliate = new("com.example.till", "sup_afk_1", "order-1", null),
                Aade = new("126", "c2ln", "ZGF0YQ"),
            },
            full.Terms(),
            strict: true);
    }

    [Fact]
    public void Everything_wrong_with_a_request_is_said_at_once()
    {
        var errors = new CheckoutRequest
        {
            Description = "\0",
            CardType = "gift",
            Installments = 13,
            TipRates = [0m],
            TipTimeout = 29,
            ReturnUrl = "/hook",
            Affiliate = new(),
            Aade = new(),
        }.CheckFields(Live, out _);

        var refusal = Refusal.InvalidFields(errors);

        Assert.Equal(RefusalCode.Invalid, refusal.Code);
        Assert.Equal(
            [
                "total_amount", "description", "card_type", "installments", "tip_rates", "tip_timeout", "return_url",
                "affiliate.key", "affiliate.app_id", "affiliate.foreign_transaction_id",
                "aade.provider_id", "aade.signature", "aade.signature_data",
            ],
            refusal.Fields?.Select(error => error.Field));
    }

    [Theory]
    [InlineData(1L, "")]
    [InlineData(999_999_999_999, "")]
    [InlineData(0L, "total_amount must be greater than 0")]
    [InlineData(-1L, "total_amount must be greater than 0")]
    [InlineData(long.MinValue, "total_amount must be greater than 0")]
    [InlineData(1_000_000_000_000, "total_amount must be at most 999999999999")]
    [InlineData(long.MaxValue, "total_amount must be at most 999999999999")]
    [InlineData(null, "total_amount.value is required")]
    public void An_amount_is_positive_and_below_our_maximum(long? value, string faults) =>
        Assert.Equal(faults, (Plain with { TotalAmount = Amount("EUR", 2, value) }).Faults());

    [Fact]
    public void A_request_without_any_amount_is_told_so() =>
        Assert.Equal("total_amount is required", new CheckoutRequest().Faults());

    [Fact]
    public void Every_missing_part_of_an_amount_is_named() =>
        Assert.Equal(
            "total_amount.value is required; total_amount.minor_unit is required; total_amount.currency is required",
            new CheckoutRequest { TotalAmount = new() }.Faults());

    [Theory]
    [InlineData("BGN", 2)]
    [InlineData("BRL", 2)]
    [InlineData("CHF", 2)]
    [InlineData("CLP", 0)]
    [InlineData("COP", 0)]
    [InlineData("CZK", 2)]
    [InlineData("DKK", 2)]
    [InlineData("EUR", 2)]
    [InlineData("GBP", 2)]
    [InlineData("HRK", 2)]
    [InlineData("HUF", 0)]
    [InlineData("NOK", 2)]
    [InlineData("PLN", 2)]
    [InlineData("RON", 2)]
    [InlineData("SEK", 2)]
    [InlineData("USD", 2)]
    public void Each_settled_currency_is_taken_with_its_decimals(string currency, int decimals)
    {
        var request = Plain with { TotalAmount = Amount(currency, decimals, 1) };

        Assert.Equal(new(currency, decimals, 1), request.Terms().Amount);
        Assert.Equal(decimals, Currencies.MinorUnitOf(currency));
    }

    [Theory]
    [InlineData("JPY")]
    [InlineData("eur")]
    [InlineData("Eur")]
    [InlineData("EUR ")]
    [InlineData("€")]
    [InlineData("\0")]
    public void A_currency_outside_the_list_is_not_supported(string currency) =>
        Assert.Equal(
            "total_amount.currency is not a supported currency",
            (Plain with { TotalAmount = Amount(currency, 2, 1) }).Faults());

    [Theory]
    [InlineData("EUR", 0, "total_amount.minor_unit must be 2 for EUR")]
    [InlineData("EUR", 1, "total_amount.minor_unit must be 2 for EUR")]
    [InlineData("EUR", 3, "total_amount.minor_unit must be 2 for EUR")]
    [InlineData("EUR", -2, "total_amount.minor_unit must be 2 for EUR")]
    [InlineData("EUR", 10, "total_amount.minor_unit must be 2 for EUR")]
    [InlineData("HUF", 2, "total_amount.minor_unit must be 0 for HUF")]
    [InlineData("HUF", 1, "total_amount.minor_unit must be 0 for HUF")]
    [InlineData("CLP", 100, "total_amount.minor_unit must be 0 for CLP")]
    [InlineData("COP", 100, "total_amount.minor_unit must be 0 for COP")]
    [InlineData("HUF", 100, "total_amount.minor_unit must be 0 for HUF")]
    [InlineData("EUR", null, "total_amount.minor_unit is required")]
    [InlineData("", 2, "total_amount.currency is required")]
    public void An_amount_is_never_reinterpreted_by_its_decimals(string currency, int? minorUnit, string faults) =>
        Assert.Equal(faults, (Plain with { TotalAmount = Amount(currency, minorUnit, 1) }).Faults());

    [Fact]
    public void The_factor_100_is_read_as_two_decimals() =>
        Assert.Equal(new("EUR", 2, 350), (Plain with { TotalAmount = Amount("EUR", 100, 350) }).Terms().Amount);

    [Theory]
    [InlineData(null, null)]
    [InlineData("credit", CardType.Credit)]
    [InlineData("debit", CardType.Debit)]
    public void A_card_type_is_credit_debit_or_absent(string? written, CardType? read) =>
        Assert.Equal(read, (Plain with { CardType = written }).Terms().CardType);

    [Theory]
    [InlineData("")]
    [InlineData("Credit")]
    [InlineData("CREDIT")]
    [InlineData(" debit")]
    [InlineData("gift")]
    public void Any_other_card_type_is_called_invalid(string written) =>
        Assert.Equal("card_type is invalid", (Plain with { CardType = written }).Faults());

    [Theory]
    [InlineData(null, "")]
    [InlineData(1, "")]
    [InlineData(12, "")]
    [InlineData(0, "installments must be between 1 and 12")]
    [InlineData(13, "installments must be between 1 and 12")]
    [InlineData(-1, "installments must be between 1 and 12")]
    public void Instalments_run_from_one_to_twelve_or_none(int? installments, string faults) =>
        Assert.Equal(faults, (Plain with { Installments = installments }).Faults());

    [Theory]
    [InlineData(0)]
    [InlineData(2_001)]
    [InlineData(60_000)]
    public void No_sale_is_refused_for_a_long_description(int length) =>
        Assert.Equal("", (Plain with { Description = new('x', length) }).Faults());

    [Theory]
    [InlineData("126", "sig", null, "aade.signature_data is required")]
    [InlineData("126", null, "data", "aade.signature is required")]
    [InlineData(null, "sig", "data", "aade.provider_id is required")]
    [InlineData("", "sig", "data", "aade.provider_id is required")]
    [InlineData("126", " ", "\n", "aade.signature is required; aade.signature_data is required")]
    [InlineData("126", "sig", "data", "")]
    public void The_greek_signature_comes_whole_or_not(string? provider, string? signature, string? data, string faults)
    {
        var aade = new AadeRequest { ProviderId = provider, Signature = signature, SignatureData = data };

        Assert.Equal(faults, (Plain with { Aade = aade }).Faults());
    }

    [Theory]
    [InlineData(255, 4_096, "")]
    [InlineData(256, 4_096, "aade.provider_id must have at most 255 characters")]
    [InlineData(255, 4_097,
        "aade.signature must have at most 4096 characters; aade.signature_data must have at most 4096 characters")]
    public void The_greek_signature_has_limits_of_its_own(int provider, int signature, string faults)
    {
        var (id, text) = (new string('1', provider), new string('s', signature));
        var aade = new AadeRequest { ProviderId = id, Signature = text, SignatureData = text };

        Assert.Equal(faults, (Plain with { Aade = aade }).Faults());
    }
}

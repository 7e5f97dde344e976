namespace Fleet.Server.Tests;

/// <summary>Fields of checkouts as tills get them wrong: each refusal names the field and stores nothing.</summary>
public sealed class BadInputTests(Lane lane) : IClassFixture<Lane>
{
    private const string Affiliate = "\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\"";
    private const string Tips = "\"tip_rates\":[0.1,0.2]";

    [Theory]
    [InlineData("\"total_amount\":\"15.00 EUR\"", "total_amount")]
    [InlineData("\"total_amount\":[1500]", "total_amount")]
    [InlineData("\"total_amount\":1500", "total_amount")]
    [InlineData("\"total_amount\":{\"currency\":978}", "total_amount.currency")]
    [InlineData("\"total_amount\":{\"minor_unit\":\"2\"}", "total_amount.minor_unit")]
    [InlineData("\"total_amount\":{\"minor_unit\":2.5}", "total_amount.minor_unit")]
    [InlineData("\"description\":1", "description")]
    [InlineData("\"description\":{}", "description")]
    [InlineData("\"card_type\":1", "card_type")]
    [InlineData("\"installments\":\"1\"", "installments")]
    [InlineData("\"installments\":1.5", "installments")]
    [InlineData("\"installments\":2147483648", "installments")]
    [InlineData("\"return_url\":1", "return_url")]
    [InlineData("\"return_url\":[\"https://till.example\"]", "return_url")]
    [InlineData("\"tip_rates\":0.1", "tip_rates")]
    [InlineData("\"tip_rates\":{\"a\":0.1}", "tip_rates")]
    [InlineData("\"tip_rates\":[\"0.1\"]", "tip_rates[0]")]
    [InlineData("\"tip_rates\":[0.1,null]", "tip_rates[1]")]
    [InlineData("\"tip_rates\":[1e300]", "tip_rates[0]")]
    [InlineData("\"tip_timeout\":\"30\"", "tip_timeout")]
    [InlineData("\"affiliate\":[1]", "affiliate")]
    [InlineData("\"affiliate\":[{}]", "affiliate")]
    [InlineData("\"affiliate\":{\"app_id\":1}", "affiliate.app_id")]
    [InlineData("\"aade\":\"x\"", "aade")]
    [InlineData("\"aade\":[[]]", "aade")]
    [InlineData("\"aade\":{\"signature\":1}", "aade.signature")]
    public Task A_member_of_the_wrong_type_is_named(string member, string field) =>
        lane.Refuses(400, field, Lane.Json($"{{{member}}}"));

    [Theory]
    [InlineData("0", 422, "total_amount")]
    [InlineData("-0", 422, "total_amount")]
    [InlineData("-1", 422, "total_amount")]
    [InlineData("-9223372036854775808", 422, "total_amount")]
    [InlineData("1000000000000", 422, "total_amount")]
    [InlineData("9223372036854775807", 422, "total_amount")]
    [InlineData("null", 422, "total_amount.value")]
    [InlineData("1.5", 400, "total_amount.value")]
    [InlineData("1500.0", 400, "total_amount.value")]
    [InlineData("1e3", 400, "total_amount.value")]
    [InlineData("1e400", 400, "total_amount.value")]
    [InlineData("9223372036854775808", 400, "total_amount.value")]
    [InlineData("\"1500\"", 400, "total_amount.value")]
    [InlineData("true", 400, "total_amount.value")]
    public Task An_amount_that_is_no_positive_whole_number_is_refused(string value, int status, string field) =>
        lane.Refuses(status, field, Lane.Json(Sum("EUR", "2", value)));

    [Theory]
    [InlineData("1")]
    [InlineData("999999999999")]
    public Task The_smallest_and_the_largest_amount_are_taken(string value) =>
        lane.Takes(Lane.Json(Sum("EUR", "2", value)));

    [Theory]
    [InlineData("{}", "total_amount")]
    [InlineData("{\"total_amount\":null}", "total_amount")]
    [InlineData("{\"Total_Amount\":{\"currency\":\"EUR\",\"minor_unit\":2,\"value\":1500}}", "total_amount")]
    [InlineData("{\"total_amount\":{\"minor_unit\":2,\"value\":1}}", "total_amount.currency")]
    [InlineData("{\"total_amount\":{\"currency\":\"EUR\",\"value\":1}}", "total_amount.minor_unit")]
    [InlineData("{\"total_amount\":{\"currency\":\"EUR\",\"minor_unit\":2}}", "total_amount.value")]
    [InlineData("{\"total_amount\":{}}", "total_amount.value")]
    [InlineData("{\"total_amount\":[]}", "total_amount.value")]
    public Task An_amount_with_a_missing_part_is_refused(string body, string field) =>
        lane.Refuses(422, field, Lane.Json(body));

    [Theory]
    [InlineData("")]
    [InlineData("eur")]
    [InlineData("EURO")]
    [InlineData("XXX")]
    [InlineData("€")]
    [InlineData(" EUR")]
    [InlineData("EUR\\u0000")]
    public Task A_currency_nobody_settles_is_refused(string currency) =>
        lane.Refuses(422, "total_amount.currency", Lane.Json(Sum(currency, "2", "1")));

    [Fact]
    public Task A_currency_of_sixty_thousand_letters_is_refused() =>
        lane.Refuses(422, "total_amount.currency", Lane.Json(Sum(new string('E', 60_000), "2", "1")));

    [Theory]
    [InlineData("EUR", "0", 422)]
    [InlineData("EUR", "3", 422)]
    [InlineData("EUR", "-1", 422)]
    [InlineData("EUR", "10", 422)]
    [InlineData("HUF", "2", 422)]
    [InlineData("HUF", "100", 422)]
    [InlineData("HUF", "1", 422)]
    [InlineData("EUR", "2147483648", 400)]
    [InlineData("EUR", "2.0", 400)]
    public Task Decimals_that_are_not_the_currencys_are_refused(string currency, string unit, int status) =>
        lane.Refuses(status, "total_amount.minor_unit", Lane.Json(Sum(currency, unit, "1500")));

    [Theory]
    [InlineData("EUR", "2", 2)]
    [InlineData("EUR", "100", 2)]
    [InlineData("HUF", "0", 0)]
    public async Task The_currencys_decimals_and_the_official_samples_factor_are_taken(
        string currency, string unit, int told)
    {
        using var answer = await lane.Checkout(Lane.Json(Sum(currency, unit, "1500")));
        var checkout = (await answer.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid();

        var amount = (await lane.Fleet.Till.Checkout(lane.ReaderId, checkout)).GetProperty("total_amount");

        Assert.Equal($"{currency} {told} 1500", string.Join(' ', amount.EnumerateObject().Select(part => part.Value)));
    }

    [Theory]
    [InlineData("[0]")]
    [InlineData("[1]")]
    [InlineData("[-0.1]")]
    [InlineData("[0.009]")]
    [InlineData("[0.995]")]
    [InlineData("[0.101]")]
    [InlineData("[10,15,20]")]
    [InlineData("[0.05,0.05]")]
    [InlineData("[0.15,0.1]")]
    [InlineData("[79228162514264337593543950335]")]
    [InlineData("[0.0000000000000000000000000001]")]
    [InlineData("[0.1,0.2,0.15]")]
    [InlineData("[0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08,0.09,0.1,0.11]")]
    public Task Tip_rates_out_of_line_are_refused(string rates) =>
        lane.Refuses(422, "tip_rates", With($"\"tip_rates\":{rates}"));

    [Theory]
    [InlineData("[0.07]")]
    [InlineData("[0.29,0.57,0.58]")]
    [InlineData("[0.01,0.99]")]
    [InlineData("[0.10,0.20]")]
    [InlineData("[1e-1]")]
    [InlineData("[]")]
    [InlineData("[0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08,0.09,0.1]")]
    public Task Tip_rates_that_binary_fractions_get_wrong_are_taken(string rates) =>
        lane.Takes(With($"\"tip_rates\":{rates}"));

    [Theory]
    [InlineData($"{Tips},\"tip_timeout\":29", 422, "tip_timeout")]
    [InlineData($"{Tips},\"tip_timeout\":121", 422, "tip_timeout")]
    [InlineData($"{Tips},\"tip_timeout\":-30", 422, "tip_timeout")]
    [InlineData($"{Tips},\"tip_timeout\":30.5", 400, "tip_timeout")]
    [InlineData("\"tip_timeout\":30", 422, "tip_timeout")]
    [InlineData("\"tip_rates\":[],\"tip_timeout\":30", 422, "tip_timeout")]
    [InlineData("\"tip_rates\":null,\"tip_timeout\":30", 422, "tip_timeout")]
    [InlineData("\"installments\":0", 422, "installments")]
    [InlineData("\"installments\":13", 422, "installments")]
    [InlineData("\"installments\":-1", 422, "installments")]
    [InlineData("\"card_type\":\"gift\"", 422, "card_type")]
    [InlineData("\"card_type\":\"CREDIT\"", 422, "card_type")]
    [InlineData("\"card_type\":\"\"", 422, "card_type")]
    [InlineData("\"description\":\"a\\u0000b\"", 422, "description")]
    public Task A_member_out_of_bounds_is_named(string members, int status, string field) =>
        lane.Refuses(status, field, With(members));

    [Theory]
    [InlineData("\"description\":\"\\ud800\"")]
    [InlineData("\"description\":\"\\udc00\\ud800\"")]
    [InlineData("\"description\":\"a\\ud83d\"")]
    [InlineData("\"card_type\":\"\\ud800\"")]
    [InlineData("\"total_amount\":{\"currency\":\"\\ud800\"}")]
    [InlineData("\"return_url\":\"https://till.example/\\ud800\"")]
    [InlineData("\"affiliate\":{\"app_id\":\"\\ud800\"}")]
    public Task A_text_with_half_a_surrogate_pair_is_refused(string member) =>
        lane.Refuses(400, null, Lane.Json($"{{{member}}}"));

    [Theory]
    [InlineData($"{Tips},\"tip_timeout\":30")]
    [InlineData($"{Tips},\"tip_timeout\":120")]
    [InlineData("\"installments\":1")]
    [InlineData("\"installments\":12")]
    [InlineData("\"card_type\":\"debit\"")]
    [InlineData("\"description\":\"Wien 🍰 \\ud83c\\udf70 عربى\"")]
    [InlineData("\"description\":\"'; DROP TABLE checkout; -- {{7*7}} ${jndi:x}\\r\\nX: y\"")]
    public Task A_member_at_the_edge_of_its_bounds_is_taken(string members) => lane.Takes(With(members));

    [Theory]
    [InlineData(2_000)]
    [InlineData(2_001)]
    [InlineData(60_000)]
    public Task No_sale_is_refused_for_a_long_description(int length) =>
        lane.Takes(With($"\"description\":\"{new string('x', length)}\""));

    [Theory]
    [InlineData("")]
    [InlineData("till.example/hook")]
    [InlineData("/hook")]
    [InlineData("//till.example/hook")]
    [InlineData("https://")]
    [InlineData("https:///hook")]
    [InlineData("https://:443/hook")]
    [InlineData("https://user:pw@till.example/hook")]
    [InlineData("https://till.example/hook#part")]
    [InlineData("https://till.example/hook\\r\\nX: y")]
    [InlineData("https://till.example/\\u0000")]
    [InlineData("ftp://till.example/hook")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://till.example/")]
    [InlineData("ws://till.example/hook")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/plain,x")]
    [InlineData("jar:https://till.example!/x")]
    [InlineData("mailto:till@till.example")]
    public Task A_return_url_that_is_no_web_address_is_refused(string url) =>
        lane.Refuses(422, "return_url", With($"\"return_url\":\"{url}\""));

    [Fact]
    public Task A_return_url_beyond_two_thousand_characters_is_refused() => lane.Refuses(422, "return_url",
        With($"\"return_url\":\"https://till.example/{new string('x', 2_048)}\""));

    [Theory]
    [InlineData("https://till.example")]
    [InlineData("https://till.example:8443/hook?order=1&token=x")]
    [InlineData("https://münchen.example/hook")]
    [InlineData("http://till.example/hook")]
    public Task A_return_url_of_the_web_is_taken(string url) => lane.Takes(With($"\"return_url\":\"{url}\""));

    [Theory]
    [InlineData("\"key\":\"k\",\"foreign_transaction_id\":\"f\"", "affiliate.app_id")]
    [InlineData("\"app_id\":\"\",\"key\":\"k\",\"foreign_transaction_id\":\"f\"", "affiliate.app_id")]
    [InlineData("\"app_id\":\"a\",\"foreign_transaction_id\":\"f\"", "affiliate.key")]
    [InlineData("\"app_id\":\"a\",\"key\":null,\"foreign_transaction_id\":\"f\"", "affiliate.key")]
    [InlineData("\"app_id\":\"a\",\"key\":\"k\"", "affiliate.foreign_transaction_id")]
    [InlineData("\"app_id\":\"a\\u0000\",\"key\":\"k\",\"foreign_transaction_id\":\"f\"", "affiliate.app_id")]
    [InlineData(Affiliate + ",\"tags\":[1]", "affiliate.tags")]
    [InlineData(Affiliate + ",\"tags\":[[]]", "affiliate.tags")]
    [InlineData(Affiliate + ",\"tags\":\"x\"", "affiliate.tags")]
    [InlineData(Affiliate + ",\"tags\":{\"x\":[\"\\u0000\"]}", "affiliate.tags")]
    [InlineData(Affiliate + ",\"tags\":{\"x\":\"\\ud800\"}", "affiliate.tags")]
    [InlineData("", "affiliate.key")]
    public Task Half_an_affiliate_is_refused(string members, string field) =>
        lane.Refuses(422, field, With($"\"affiliate\":{{{members}}}"));

    [Theory]
    [InlineData("\"affiliate\":[]", "affiliate.key")]
    [InlineData("\"aade\":[ ]", "aade.signature")]
    public Task An_empty_array_is_an_object_without_members(string member, string field) =>
        lane.Refuses(422, field, With(member));

    [Theory]
    [InlineData("\"signature\":\"s\",\"signature_data\":\"d\"", "aade.provider_id")]
    [InlineData("\"provider_id\":\"p\",\"signature_data\":\"d\"", "aade.signature")]
    [InlineData("\"provider_id\":\"p\",\"signature\":\"s\"", "aade.signature_data")]
    [InlineData("\"provider_id\":\"p\",\"signature\":\"\",\"signature_data\":\"d\"", "aade.signature")]
    [InlineData("", "aade.signature")]
    public Task Half_a_greek_signature_is_refused(string members, string field) =>
        lane.Refuses(422, field, With($"\"aade\":{{{members}}}"));

    [Theory]
    [InlineData("\"affiliate\":null")]
    [InlineData("\"affiliate\":{" + Affiliate + ",\"tags\":null}")]
    [InlineData("\"affiliate\":{" + Affiliate + ",\"tags\":{\"a\":{\"b\":[1]}}}")]
    [InlineData("\"affiliate\":{" + Affiliate + ",\"tags\":[\n]}")]
    [InlineData("\"tip_rates\":[],\"x\":[],\"affiliate\":{" + Affiliate + ",\"tags\":{\"a\":[]}}")]
    [InlineData("\"aade\":{\"provider_id\":\"p\",\"signature\":\"s\",\"signature_data\":\"d\"}")]
    [InlineData("\"aade\":null,\"affiliate\":null,\"card_type\":null,\"description\":null,\"installments\":null,"
        + "\"return_url\":null,\"tip_rates\":null,\"tip_timeout\":null")]
    [InlineData("\"id\":1,\"merchant_code\":\"MOTHER01\",\"x\":{\"y\":[null]},\"__proto__\":{}")]
    public Task Nulls_and_unknown_members_are_as_good_as_nothing(string members) => lane.Takes(With(members));

    [Theory]
    [InlineData("\"x\":1", "affiliate")]
    [InlineData("\"affiliate\":null", "affiliate")]
    [InlineData("\"return_url\":\"http://till.example/hook\"", "return_url")]
    public async Task A_live_merchant_names_its_affiliate_and_listens_on_https(string members, string field)
    {
        using var answer = await lane.Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey)
            .Send(HttpMethod.Post, "readers/rdr_0123456789ABCDEFGHJKMNPQRS/checkout", With(members));

        await answer.MustRefuse(422, field);
    }

    [Fact]
    public async Task All_that_is_wrong_is_said_at_once()
    {
        using var answer = await lane.Checkout(Lane.Json("""
            {"total_amount":{"currency":"EUR","minor_unit":2,"value":0},"installments":0,"card_type":"gift","aade":{}}
            """));

        var errors = (await answer.Json()).GetProperty("errors").EnumerateObject().Select(error => error.Name);

        Assert.Equal(
            ["total_amount", "card_type", "installments", "aade.provider_id", "aade.signature", "aade.signature_data"],
            errors.Except(["type", "detail"]));
    }

    private static StringContent With(string members) => Lane.Json($"{{{Lane.Coffee},{members}}}");

    private static string Sum(string currency, string minorUnit, string value) =>
        $"{{\"total_amount\":{{\"currency\":\"{currency}\",\"minor_unit\":{minorUnit},\"value\":{value}}}}}";
}

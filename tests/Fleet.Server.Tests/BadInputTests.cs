using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>What tills send by mistake or malice to start and end checkouts: refused, said why, and nothing stored.</summary>
public sealed class BadInputTests(Lane lane) : IClassFixture<Lane>
{
    private const string Coffee = "\"total_amount\":{\"currency\":\"EUR\",\"minor_unit\":2,\"value\":1500}";
    private const string Tips = "\"tip_rates\":[0.1,0.2]";
    private const int MaxBytes = 64 * 1024;

    /// <summary>Bodies in encodings a Cloud API does not speak; each would be fine in UTF-8.</summary>
    private static readonly Dictionary<string, byte[]> Encodings = new()
    {
        ["UTF-8 with a byte order mark"] = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{{{Coffee}}}")],
        ["UTF-16"] = Encoding.Unicode.GetBytes($"{{{Coffee}}}"),
        ["UTF-16 with a byte order mark"] = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes($"{{{Coffee}}}")],
        ["UTF-32"] = Encoding.UTF32.GetBytes($"{{{Coffee}}}"),
        ["Latin-1 in a known member"] = Encoding.Latin1.GetBytes($"{{{Coffee},\"description\":\"Käse\"}}"),
        ["Latin-1 in tags"] = Encoding.Latin1.GetBytes(
            $"{{{Coffee},\"affiliate\":{{\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":{{\"x\":\"Käse\"}}}}}}"),
        ["an overlong slash"] = [.. Encoding.UTF8.GetBytes($"{{{Coffee},\"description\":\""), 0xC0, 0xAF, .. "\"}"u8],
        ["a surrogate in UTF-8"] = [.. Encoding.UTF8.GetBytes($"{{{Coffee},\"description\":\""), 0xED, 0xA0, 0x80, .. "\"}"u8],
    };

    public static TheoryData<string> EncodingNames => [.. Encodings.Keys];

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{]")]
    [InlineData("{\"total_amount\":")]
    [InlineData("{'total_amount':{}}")]
    [InlineData("{\"total_amount\":{\"value\":NaN}}")]
    [InlineData("{\"total_amount\":{\"value\":01}}")]
    [InlineData("{} {}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("total_amount=1500")]
    [InlineData("{\"\\ud800\":1}")]
    public Task A_body_that_is_no_json_object_is_refused(string body) => Refuses(400, null, Json(body));

    [Theory]
    [InlineData("/* one coffee */")]
    [InlineData("// one coffee\n")]
    public Task Comments_in_a_body_are_refused(string comment) => Refuses(400, null, Json($"{{{comment}{Coffee}}}"));

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public Task A_body_ten_thousand_levels_deep_is_refused(string open, string close)
    {
        var deep = new StringBuilder("1").Insert(0, open, 10_000).Insert(10_000 * open.Length + 1, close, 10_000);
        return Refuses(400, null, Json($"{{{Coffee},\"x\":{deep}}}"));
    }

    [Theory]
    [MemberData(nameof(EncodingNames))]
    public Task A_body_that_is_not_plain_utf_8_is_refused(string encoding)
    {
        var body = new ByteArrayContent(Encodings[encoding]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return Refuses(400, null, body);
    }

    [Theory]
    [InlineData("""{"total_amount":1,"total_amount":{"currency":"EUR","minor_unit":2,"value":1500}}""")]
    [InlineData("""{"total_amount":{"currency":"EUR","minor_unit":2,"value":1,"value":999999}}""")]
    [InlineData("""{"total_amount":{"currency":"EUR","minor_unit":2,"value":1,"\u0076alue":999999}}""")]
    [InlineData("""{"total_amount":{"currency":"EUR","minor_unit":2,"value":1},"tip_rates":[0.1],"tip_rates":[0.2]}""")]
    public Task A_member_given_twice_is_refused(string body) => Refuses(400, null, Json(body));

    [Theory]
    [InlineData($"{{{Coffee},\"x\":1,\"x\":2}}")]
    [InlineData($"{{\"x\":{{\"y\":1,\"y\":2}},{Coffee}}}")]
    [InlineData("""{"total_amount":{"x":1,"x":2,"currency":"EUR","minor_unit":2,"value":1}}""")]
    public Task An_unknown_member_given_twice_is_refused(string body) => Refuses(400, null, Json(body));

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
    [InlineData("\"tip_timeout\":\"30\"", "tip_timeout")]
    [InlineData("\"affiliate\":[]", "affiliate")]
    [InlineData("\"affiliate\":{\"app_id\":1}", "affiliate.app_id")]
    [InlineData("\"aade\":\"x\"", "aade")]
    [InlineData("\"aade\":{\"signature\":1}", "aade.signature")]
    public Task A_member_of_the_wrong_type_is_named(string member, string field) =>
        Refuses(400, field, Json($"{{{member}}}"));

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
        Refuses(status, field, Json(Sum("EUR", "2", value)));

    [Theory]
    [InlineData("1")]
    [InlineData("999999999999")]
    public Task The_smallest_and_the_largest_amount_are_taken(string value) =>
        Accepts(Sum("EUR", "2", value));

    [Theory]
    [InlineData("{}", "total_amount")]
    [InlineData("{\"total_amount\":null}", "total_amount")]
    [InlineData("{\"Total_Amount\":{\"currency\":\"EUR\",\"minor_unit\":2,\"value\":1500}}", "total_amount")]
    [InlineData("{\"total_amount\":{\"minor_unit\":2,\"value\":1}}", "total_amount.currency")]
    [InlineData("{\"total_amount\":{\"currency\":\"EUR\",\"value\":1}}", "total_amount.minor_unit")]
    [InlineData("{\"total_amount\":{\"currency\":\"EUR\",\"minor_unit\":2}}", "total_amount.value")]
    [InlineData("{\"total_amount\":{}}", "total_amount.value")]
    public Task An_amount_with_a_missing_part_is_refused(string body, string field) => Refuses(422, field, Json(body));

    [Theory]
    [InlineData("")]
    [InlineData("eur")]
    [InlineData("EURO")]
    [InlineData("XXX")]
    [InlineData("€")]
    [InlineData(" EUR")]
    [InlineData("EUR\\u0000")]
    public Task A_currency_nobody_settles_is_refused(string currency) =>
        Refuses(422, "total_amount.currency", Json(Sum(currency, "2", "1")));

    [Fact]
    public Task A_currency_of_sixty_thousand_letters_is_refused() =>
        Refuses(422, "total_amount.currency", Json(Sum(new string('E', 60_000), "2", "1")));

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
        Refuses(status, "total_amount.minor_unit", Json(Sum(currency, unit, "1500")));

    [Theory]
    [InlineData("EUR", "2", 2)]
    [InlineData("EUR", "100", 2)]
    [InlineData("HUF", "0", 0)]
    public async Task Decimals_of_the_currency_and_the_official_samples_factor_are_taken(string currency, string unit, int told)
    {
        using var answer = await lane.Checkout(Json(Sum(currency, unit, "1500")));
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
    [InlineData("[0.1,0.2,0.15]")]
    [InlineData("[0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08,0.09,0.1,0.11]")]
    public Task Tip_rates_out_of_line_are_refused(string rates) =>
        Refuses(422, "tip_rates", Json($"{{{Coffee},\"tip_rates\":{rates}}}"));

    [Theory]
    [InlineData("[0.07]")]
    [InlineData("[0.29,0.57,0.58]")]
    [InlineData("[0.01,0.99]")]
    [InlineData("[0.10,0.20]")]
    [InlineData("[1e-1]")]
    [InlineData("[]")]
    [InlineData("[0.01,0.02,0.03,0.04,0.05,0.06,0.07,0.08,0.09,0.1]")]
    public Task Tip_rates_that_binary_fractions_get_wrong_are_taken(string rates) =>
        Accepts($"{{{Coffee},\"tip_rates\":{rates}}}");

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
        Refuses(status, field, Json($"{{{Coffee},{members}}}"));

    [Theory]
    [InlineData("\"description\":\"\\ud800\"")]
    [InlineData("\"description\":\"\\udc00\\ud800\"")]
    [InlineData("\"description\":\"a\\ud83d\"")]
    [InlineData("\"card_type\":\"\\ud800\"")]
    [InlineData("\"total_amount\":{\"currency\":\"\\ud800\"}")]
    [InlineData("\"return_url\":\"https://till.example/\\ud800\"")]
    [InlineData("\"affiliate\":{\"app_id\":\"\\ud800\"}")]
    public Task A_text_with_half_a_surrogate_pair_is_refused(string member) => Refuses(400, null, Json($"{{{member}}}"));

    [Theory]
    [InlineData($"{Tips},\"tip_timeout\":30")]
    [InlineData($"{Tips},\"tip_timeout\":120")]
    [InlineData("\"installments\":1")]
    [InlineData("\"installments\":12")]
    [InlineData("\"card_type\":\"debit\"")]
    [InlineData("\"description\":\"Wien 🍰 \\ud83c\\udf70 عربى\"")]
    [InlineData("\"description\":\"'; DROP TABLE checkout; -- {{7*7}} ${jndi:x}\\r\\nX: y\"")]
    public Task A_member_at_the_edge_of_its_bounds_is_taken(string members) => Accepts($"{{{Coffee},{members}}}");

    [Theory]
    [InlineData(2_000, HttpStatusCode.Created)]
    [InlineData(2_001, HttpStatusCode.UnprocessableEntity)]
    public async Task A_description_has_at_most_two_thousand_characters(int length, HttpStatusCode status)
    {
        using var answer = await lane.Checkout(Json($"{{{Coffee},\"description\":\"{new string('x', length)}\"}}"));

        Assert.Equal(status, answer.StatusCode);
    }

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
        Refuses(422, "return_url", Json($"{{{Coffee},\"return_url\":\"{url}\"}}"));

    [Fact]
    public Task A_return_url_beyond_two_thousand_characters_is_refused() => Refuses(422, "return_url",
        Json($"{{{Coffee},\"return_url\":\"https://till.example/{new string('x', 2_048)}\"}}"));

    [Theory]
    [InlineData("https://till.example")]
    [InlineData("https://till.example:8443/hook?order=1&token=x")]
    [InlineData("https://münchen.example/hook")]
    [InlineData("http://till.example/hook")]
    public Task A_return_url_of_the_web_is_taken(string url) => Accepts($"{{{Coffee},\"return_url\":\"{url}\"}}");

    [Theory]
    [InlineData("\"key\":\"k\",\"foreign_transaction_id\":\"f\"", "affiliate.app_id")]
    [InlineData("\"app_id\":\"\",\"key\":\"k\",\"foreign_transaction_id\":\"f\"", "affiliate.app_id")]
    [InlineData("\"app_id\":\"a\",\"foreign_transaction_id\":\"f\"", "affiliate.key")]
    [InlineData("\"app_id\":\"a\",\"key\":null,\"foreign_transaction_id\":\"f\"", "affiliate.key")]
    [InlineData("\"app_id\":\"a\",\"key\":\"k\"", "affiliate.foreign_transaction_id")]
    [InlineData("\"app_id\":\"a\\u0000\",\"key\":\"k\",\"foreign_transaction_id\":\"f\"", "affiliate.app_id")]
    [InlineData("\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":[]", "affiliate.tags")]
    [InlineData("\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":\"x\"", "affiliate.tags")]
    [InlineData("\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":{\"x\":[\"\\u0000\"]}", "affiliate.tags")]
    [InlineData("\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":{\"x\":\"\\ud800\"}", "affiliate.tags")]
    [InlineData("", "affiliate.key")]
    public Task Half_an_affiliate_is_refused(string members, string field) =>
        Refuses(422, field, Json($"{{{Coffee},\"affiliate\":{{{members}}}}}"));

    [Theory]
    [InlineData("\"signature\":\"s\",\"signature_data\":\"d\"", "aade.provider_id")]
    [InlineData("\"provider_id\":\"p\",\"signature_data\":\"d\"", "aade.signature")]
    [InlineData("\"provider_id\":\"p\",\"signature\":\"s\"", "aade.signature_data")]
    [InlineData("\"provider_id\":\"p\",\"signature\":\"\",\"signature_data\":\"d\"", "aade.signature")]
    [InlineData("", "aade.signature")]
    public Task Half_a_greek_signature_is_refused(string members, string field) =>
        Refuses(422, field, Json($"{{{Coffee},\"aade\":{{{members}}}}}"));

    [Theory]
    [InlineData("\"affiliate\":null")]
    [InlineData("\"affiliate\":{\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":null}")]
    [InlineData("\"affiliate\":{\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":{\"a\":{\"b\":[1]}}}")]
    [InlineData("\"aade\":{\"provider_id\":\"p\",\"signature\":\"s\",\"signature_data\":\"d\"}")]
    [InlineData("\"aade\":null,\"affiliate\":null,\"card_type\":null,\"description\":null,\"installments\":null,"
        + "\"return_url\":null,\"tip_rates\":null,\"tip_timeout\":null")]
    [InlineData("\"id\":1,\"merchant_code\":\"MOTHER01\",\"status\":\"successful\",\"x\":{\"y\":[null]},\"__proto__\":{}")]
    public Task Nulls_and_unknown_members_are_as_good_as_nothing(string members) => Accepts($"{{{Coffee},{members}}}");

    [Fact]
    public Task A_trailing_comma_as_in_the_guide_is_taken() => Accepts("""
        {
          "total_amount": {
            "currency": "EUR",
            "minor_unit": 2,
            "value": 1500,
          },
        }
        """);

    [Fact]
    public async Task All_that_is_wrong_is_said_at_once()
    {
        using var answer = await lane.Checkout(Json(
            """{"total_amount":{"currency":"EUR","minor_unit":2,"value":0},"installments":0,"card_type":"gift","aade":{}}"""));

        var errors = (await answer.Json()).GetProperty("errors").EnumerateObject().Select(error => error.Name);

        Assert.Equal(
            ["total_amount", "card_type", "installments", "aade.provider_id", "aade.signature", "aade.signature_data"], errors);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/jsonp")]
    public Task A_body_that_is_not_called_json_is_refused(string? mediaType)
    {
        var body = Json($"{{{Coffee}}}");
        body.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return Refuses(415, null, body);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    public Task A_compressed_body_is_refused(string encoding)
    {
        var body = Json($"{{{Coffee}}}");
        body.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return Refuses(415, null, body);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/vnd.till+json")]
    public async Task A_body_that_is_called_json_in_other_words_is_taken(string mediaType)
    {
        var body = Json($"{{{Coffee}}}");
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);

        using var answer = await lane.Checkout(body);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_body_of_65_kib_is_refused(bool chunked) => Refuses(413, null, OfSize(65 * 1024, chunked));

    [Theory]
    [InlineData(MaxBytes, false)]
    [InlineData(MaxBytes - 64, true)] // the words around chunks count
    public async Task A_body_of_at_most_64_kib_is_taken(int bytes, bool chunked)
    {
        using var answer = await lane.Checkout(OfSize(bytes, chunked));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static string Sum(string currency, string minorUnit, string value) =>
        $"{{\"total_amount\":{{\"currency\":\"{currency}\",\"minor_unit\":{minorUnit},\"value\":{value}}}}}";

    private static HttpContent OfSize(int bytes, bool chunked)
    {
        var utf8 = Encoding.UTF8.GetBytes($"{{{Coffee}}}".PadRight(bytes));
        HttpContent body = chunked ? new Unsized(utf8) : new ByteArrayContent(utf8);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return body;
    }

    /// <summary>Sends it, demands the refusal, and takes the reader for a good checkout: nothing was stored.</summary>
    private async Task Refuses(int status, string? field, HttpContent body)
    {
        using var answer = await lane.Checkout(body);
        await answer.MustRefuse(status, field);
        await lane.Fleet.Till.Charge(lane.ReaderId);
    }

    private async Task Accepts(string body)
    {
        using var answer = await lane.Checkout(Json(body));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.Created, $"{answer.StatusCode}: {text}");
    }

    /// <summary>A body without a Content-Length, which goes out in chunks.</summary>
    private sealed class Unsized(byte[] utf8) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(utf8).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>Bodies that are wrong as such: no JSON, no UTF-8, not called JSON, too deep, too large.</summary>
public sealed class BadBodyInputTests(Lane lane) : IClassFixture<Lane>
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Bodies in encodings a Cloud API does not speak; each would be fine in UTF-8.</summary>
    private static readonly Dictionary<string, byte[]> Encodings = new()
    {
        ["UTF-16"] = Encoding.Unicode.GetBytes($"{{{Lane.Coffee}}}"),
        ["UTF-16 with a byte order mark"] = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes($"{{{Lane.Coffee}}}")],
        ["UTF-32"] = Encoding.UTF32.GetBytes($"{{{Lane.Coffee}}}"),
        ["Latin-1 in a known member"] = Encoding.Latin1.GetBytes($"{{{Lane.Coffee},\"description\":\"Käse\"}}"),
        ["Latin-1 in tags"] = Encoding.Latin1.GetBytes($"{{{Lane.Coffee},\"affiliate\":{{"
            + "\"app_id\":\"a\",\"key\":\"k\",\"foreign_transaction_id\":\"f\",\"tags\":{\"x\":\"Käse\"}}}"),
        ["an overlong slash"] = [.. Described, 0xC0, 0xAF, .. "\"}"u8],
        ["a surrogate in UTF-8"] = [.. Described, 0xED, 0xA0, 0x80, .. "\"}"u8],
        ["a stray byte in an unknown member"] =
            [.. Encoding.UTF8.GetBytes($"{{{Lane.Coffee},\"x\":\""), 0xFF, .. "\"}"u8],
    };

    private static byte[] Described => Encoding.UTF8.GetBytes($"{{{Lane.Coffee},\"description\":\"");

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
    [InlineData("[1]")]
    [InlineData("[[]]")]
    [InlineData("[{}]")]
    [InlineData("\"x\"")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("total_amount=1500")]
    [InlineData("{\"\\ud800\":1}")]
    public Task A_body_that_is_no_json_object_is_refused(string body) => lane.Refuses(400, null, Lane.Json(body));

    [Theory]
    [InlineData("[]")]
    [InlineData(" [ ] ")]
    public Task An_empty_array_is_an_empty_object(string body) =>
        lane.Refuses(422, "total_amount", Lane.Json(body));

    [Fact]
    public Task A_byte_order_mark_before_utf_8_is_passed_over()
    {
        var body = new ByteArrayContent([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{{{Lane.Coffee}}}")]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return lane.Takes(body);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("Identity")]
    public Task A_body_that_is_said_not_to_be_compressed_is_taken(string encoding)
    {
        var body = Lane.Json($"{{{Lane.Coffee}}}");
        body.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return lane.Takes(body);
    }

    [Theory]
    [InlineData("/* one coffee */")]
    [InlineData("// one coffee\n")]
    public Task Comments_in_a_body_are_refused(string comment) =>
        lane.Refuses(400, null, Lane.Json($"{{{comment}{Lane.Coffee}}}"));

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public Task A_body_ten_thousand_levels_deep_is_refused(string open, string close)
    {
        var deep = new StringBuilder("1").Insert(0, open, 10_000).Insert(10_000 * open.Length + 1, close, 10_000);
        return lane.Refuses(400, null, Lane.Json($"{{{Lane.Coffee},\"x\":{deep}}}"));
    }

    [Theory]
    [MemberData(nameof(EncodingNames))]
    public Task A_body_that_is_not_plain_utf_8_is_refused(string encoding)
    {
        var body = new ByteArrayContent(Encodings[encoding]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return lane.Refuses(400, null, body);
    }

    [Theory]
    [InlineData("""{"total_amount":1,"total_amount":{"currency":"EUR","minor_unit":2,"value":1500}}""")]
    [InlineData("""{"total_amount":{"currency":"EUR","minor_unit":2,"value":1,"value":999999}}""")]
    [InlineData("""{"total_amount":{"currency":"EUR","minor_unit":2,"value":1,"\u0076alue":999999}}""")]
    [InlineData("""{"total_amount":{"currency":"EUR","minor_unit":2,"value":1},"tip_rates":[0.1],"tip_rates":[0.2]}""")]
    public Task A_member_given_twice_is_refused(string body) => lane.Refuses(400, null, Lane.Json(body));

    [Theory]
    [InlineData($"{{{Lane.Coffee},\"x\":1,\"x\":2}}")]
    [InlineData($"{{\"x\":{{\"y\":1,\"y\":2}},{Lane.Coffee}}}")]
    [InlineData("""{"total_amount":{"x":1,"x":2,"currency":"EUR","minor_unit":2,"value":1}}""")]
    public Task An_unknown_member_given_twice_is_refused(string body) => lane.Refuses(400, null, Lane.Json(body));

    [Fact]
    public Task A_trailing_comma_as_in_the_guide_is_taken() => lane.Takes(Lane.Json("""
        {
          "total_amount": {
            "currency": "EUR",
            "minor_unit": 2,
            "value": 1500,
          },
        }
        """));

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/jsonp")]
    public Task A_body_that_is_not_called_json_is_refused(string? mediaType)
    {
        var body = Lane.Json($"{{{Lane.Coffee}}}");
        body.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return lane.Refuses(415, null, body);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    [InlineData("")]
    public Task A_compressed_body_is_refused(string encoding)
    {
        var body = Lane.Json($"{{{Lane.Coffee}}}");
        body.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return lane.Refuses(415, null, body);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/vnd.till+json")]
    public async Task A_body_that_is_called_json_in_other_words_is_taken(string mediaType)
    {
        var body = Lane.Json($"{{{Lane.Coffee}}}");
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);

        using var answer = await lane.Checkout(body);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_body_of_65_kib_is_refused(bool chunked) => lane.Refuses(413, null, OfSize(65 * 1024, chunked));

    [Theory]
    [InlineData(MaxBytes, false)]
    [InlineData(MaxBytes - 64, true)] // the words around chunks count
    public async Task A_body_of_at_most_64_kib_is_taken(int bytes, bool chunked)
    {
        using var answer = await lane.Checkout(OfSize(bytes, chunked));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static HttpContent OfSize(int bytes, bool chunked)
    {
        var utf8 = Encoding.UTF8.GetBytes($"{{{Lane.Coffee}}}".PadRight(bytes));
        HttpContent body = chunked ? new Unsized(utf8) : new ByteArrayContent(utf8);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return body;
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

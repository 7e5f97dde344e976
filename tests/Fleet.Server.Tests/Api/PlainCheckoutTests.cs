using System.Text;
using System.Text.Json;
using Fleet.Server.Api.Rest;

namespace Fleet.Server.Tests;

/// <summary>The bodies that are read without the serializer are read as it reads them.</summary>
public sealed class PlainCheckoutTests
{
    private const string Amount = """{"currency":"EUR","minor_unit":2,"value":1250}""";

    public static TheoryData<string> Plain =>
    [
        "{}",
        $$"""{"total_amount":{{Amount}} }""",
        $$"""{"total_amount":{{Amount}},"description":"Table 4"}""",
        $$"""{"total_amount":{{Amount}},"description":"Süß 🍰"}""",
        """{ "description" : "" ,  "total_amount" : { } }  """ + "\r\n",
        """{"total_amount":{"value":-9223372036854775808,"minor_unit":-1,"currency":"x"}}""",
        $$"""
        {"total_amount":{{Amount}},"description":"d","card_type":"credit","installments":3,"tip_timeout":30,
        "return_url":"https://till.example/hook?a=1&b=2","deadline_seconds":90,"till":"Till 1",
        "affiliate":{"app_id":"a","key":"k","foreign_transaction_id":"f"} }
        """,
    ];

    public static TheoryData<string> NotPlain =>
    [
        "", " ", "null", "[]", "7", "\"text\"", "{", "{}}", "{} 7", " {}", "\uFEFF{}", "{\"description\":\"a\"",
        """{"description":"a","description":"a"}""",
        """{"description":"a","description":null}""",
        """{"description":null}""",
        """{"description":7}""",
        """{"description":"a\"b"}""",
        """{"description":"\ud83c"}""",
        """{"desc\u0072iption":"a"}""",
        """{"Description":"a"}""",
        """{"description":"a",}""",
        """{"description":"a" /* no */}""",
        """{"total_amount":null}""",
        """{"total_amount":[]}""",
        $$"""{"total_amount":{{Amount}},"total_amount":{{Amount}} }""",
        """{"total_amount":{"value":1,"value":2}}""",
        """{"total_amount":{"value":1.0}}""",
        """{"total_amount":{"value":1e2}}""",
        """{"total_amount":{"value":"1250"}}""",
        """{"total_amount":{"value":9223372036854775808}}""",
        """{"total_amount":{"value":01}}""",
        """{"total_amount":{"minor_unit":2147483648}}""",
        """{"total_amount":{"value":1,"more":{}}}""",
        """{"total_amount":{"value":1}""",
        """{"installments":1.5}""",
        """{"affiliate":{"app_id":"a","tags":{"a":"b"}}}""",
        """{"affiliate":{"key":"a","key":"b"}}""",
        """{"tip_rates":[0.1]}""",
        """{"tip_rates":[]}""",
        """{"aade":{"provider_id":"a"}}""",
        """{"unknown":1}""",
        """{"till":true}""",
    ];

    [Theory]
    [MemberData(nameof(Plain))]
    public void A_plain_body_is_read_as_the_serializer_reads_it(string body)
    {
        var read = PlainCheckout.Read(Encoding.UTF8.GetBytes(body));

        Assert.NotNull(read);
        Assert.Equal(JsonSerializer.Deserialize(body, ApiJson.Default.CheckoutRequest), read);
    }

    [Theory]
    [MemberData(nameof(NotPlain))]
    public void Any_other_body_is_left_to_the_serializer(string body) =>
        Assert.Null(PlainCheckout.Read(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void A_plain_body_of_which_a_byte_is_changed_is_never_read_in_another_way()
    {
        var body = Encoding.UTF8.GetBytes(
            $$"""{"total_amount":{{Amount}},"description":"Table 4","installments":3,"affiliate":{"key":"k"} }""");
        foreach (var (place, replaced) in body.Index().ToList())
        {
            for (var other = 0; other <= byte.MaxValue; other++)
            {
                body[place] = (byte)other;
                if (PlainCheckout.Read(body) is { } read)
                    Assert.Equal(JsonSerializer.Deserialize(body, ApiJson.Default.CheckoutRequest), read);
            }
            body[place] = replaced;
        }
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_left_to_the_serializer() =>
        Assert.Null(PlainCheckout.Read([.. """{"description":"""u8, (byte)'"', 0xC3, (byte)'"', (byte)'}']));
}

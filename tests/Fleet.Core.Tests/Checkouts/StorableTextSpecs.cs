using System.Text.Json;
using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class StorableTextSpecs
{
    private static readonly Dictionary<string, Func<string, CheckoutRequest>> Fields = new()
    {
        ["description"] = text => Plain with { Description = text },
        ["affiliate.key"] = text => Plain with { Affiliate = Affiliate with { Key = text } },
        ["affiliate.app_id"] = text => Plain with { Affiliate = Affiliate with { AppId = text } },
        ["affiliate.foreign_transaction_id"] = text =>
            Plain with { Affiliate = Affiliate with { ForeignTransactionId = text } },
        ["aade.provider_id"] = text => Plain with { Aade = Aade with { ProviderId = text } },
        ["aade.signature"] = text => Plain with { Aade = Aade with { Signature = text } },
        ["aade.signature_data"] = text => Plain with { Aade = Aade with { SignatureData = text } },
    };

    [Theory]
    [MemberData(nameof(Unstorable), MemberType = typeof(Requests))]
    public void No_text_field_takes_what_databases_cannot_store(string text) =>
        Assert.All(Fields, field => Assert.Equal($"{field.Key} {NotStorable}", field.Value(text).Faults()));

    [Theory]
    [MemberData(nameof(Unstorable), MemberType = typeof(Requests))]
    public void No_return_url_takes_what_databases_cannot_store(string text) =>
        Assert.StartsWith(
            $"return_url {NotStorable}",
            (Plain with { ReturnUrl = "https://till.example/" + text }).Faults(),
            StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Unstorable), MemberType = typeof(Requests))]
    public void No_reader_name_takes_what_databases_cannot_store(string text)
    {
        var fields = new FieldCheck();

        fields.CheckName(text);

        Assert.Equal([new("name", NotStorable)], fields.Errors);
    }

    [Theory]
    [MemberData(nameof(Unstorable), MemberType = typeof(Requests))]
    public void No_device_text_takes_what_databases_cannot_store(string text)
    {
        Assert.False((Ready.Device with { Serial = text }).IsValid);
        Assert.False((Ready.Device with { Firmware = text }).IsValid);
    }

    [Theory]
    [InlineData("Caffè ☕")]
    [InlineData("😀")]
    [InlineData("a😀b😀")]
    [InlineData("line\nbreak")]
    public void Every_other_text_is_kept_as_it_came(string text) =>
        Assert.All(Fields, field => Assert.Equal("", field.Value(text).Faults()));

    [Theory]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a":"\ud83d"}""")]
    [InlineData("""{"a":"\ude00"}""")]
    [InlineData("""{"a\u0000":1}""")]
    [InlineData("""{"\ud83d":1}""")]
    [InlineData("""{"a\ude00b":null}""")]
    [InlineData("""{"a":[{"\ude00\ud83d":1}]}""")]
    [InlineData("""{"a":[1,[{"b":"\u0000"}]]}""")]
    [InlineData("""{"a":{"b":{"c":"\ud83d!"}}}""")]
    public void No_json_of_a_caller_hides_unstorable_text(string json)
    {
        var fields = new FieldCheck();

        fields.CheckMetadata(JsonSerializer.Deserialize<JsonElement>(json));

        Assert.Equal([new("metadata", NotStorable)], fields.Errors);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"\ud83d\ude00":1,"\u00e8":2}""")]
    [InlineData("""{"a":"\ud83d\ude00","b":"\\u0000","c":null,"d":[true,1e3]}""")]
    public void Json_with_storable_text_is_kept_as_written(string json)
    {
        var fields = new FieldCheck();

        Assert.Equal(json, fields.CheckMetadata(JsonSerializer.Deserialize<JsonElement>(json)));
        Assert.Empty(fields.Errors);
    }
}

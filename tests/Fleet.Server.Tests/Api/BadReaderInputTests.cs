using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Readers as tills get them wrong: each refusal names the field and stores nothing.</summary>
public sealed class BadReaderInputTests(Lane lane) : IClassFixture<Lane>
{
    /// <summary>Stands in bodies for a code that a device shows at that moment.</summary>
    private const string Code = "\"pairing_code\":\"CODE\"";

    public static TheoryData<string> NoObjects =>
        ["", " ", "{", "{]", "null", "[1]", "\"x\"", "1", "{} {}", "{/* x */}", "{\"\\ud800\":1}",
            "{\"name\":\"a\",\"name\":\"b\"}", "{\"x\":1,\"x\":2}"];

    public static TheoryData<string, int, string?> BadNames => new()
    {
        { "\"\"", 400, "name" },
        { "\" \"", 400, "name" },
        { "1", 400, "name" },
        { "[\"Lane\"]", 400, "name" },
        { "\"a\\u0000b\"", 400, "name" },
        { "\"\\ud800\"", 400, null },
        { $"\"{new string('x', 501)}\"", 400, "name" },
        { $"\"{string.Concat(Enumerable.Repeat("🍰", 501))}\"", 400, "name" },
        { $"\"{string.Concat(Enumerable.Repeat("🇩🇰", 501))}\"", 400, "name" },
        { $"\"e{new string('\u0301', 2_000)}\"", 400, "name" }, // one letter, with accents beyond measure
    };

    public static TheoryData<string> GoodNames => ["\"x\"", "\"Kasse 1 🍰 عربى\"", "\"'; DROP TABLE reader; --\"",
        "\"{{7*7}}\\r\\nX: y\"", $"\"{new string('x', 500)}\"", $"\"{string.Concat(Enumerable.Repeat("🍰", 500))}\"",
        $"\"{string.Concat(Enumerable.Repeat("🇩🇰", 500))}\"",
        $"\"{string.Concat(Enumerable.Repeat("e\u0301", 500))}\""];

    public static TheoryData<string> BadMetadata =>
        ["[1]", "[[]]", "\"x\"", "1", "true", Members(65), "{\"a\":\"\\u0000\"}",
        "{\"a\":[{\"b\":\"\\u0000\"}]}", "{\"a\":{\"\\u0000\":1}}", "{\"a\":[\"\\ud800\"]}"];

    public static TheoryData<string> GoodMetadata =>
        ["{}", "{\"a\":{\"b\":[null,1.10,12345678901234567890]}}", Members(64),
            "{\"__proto__\":{\"admin\":true}}", "{\"a\":null}", "{\"\":\"x\"}"];

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("12345678")]
    [InlineData("[\"12345678\"]")]
    [InlineData("\"1234567\"")]
    [InlineData("\"1234567890\"")]
    [InlineData("\"        \"")]
    [InlineData("\"ABCD!FGH\"")]
    [InlineData("\"ÄBCDEFGH\"")]
    [InlineData("\"１２３４５６７８\"")]
    [InlineData("\"ABCDEFG\\u0000\"")]
    public Task A_pairing_code_of_another_shape_is_refused(string code) =>
        Refuses(400, "pairing_code", $"{{\"pairing_code\":{code},\"name\":\"Lane\"}}");

    [Theory]
    [InlineData("ZZZZZZZZ")]
    [InlineData("ZZZZZZZZZ")]
    [InlineData("zzzz-zzzz")]
    public Task A_pairing_code_nobody_shows_is_not_found(string code) =>
        Refuses(404, null, $"{{\"pairing_code\":\"{code}\",\"name\":\"Lane\"}}");

    [Fact]
    public async Task A_pairing_code_is_taken_as_people_type_it()
    {
        await using var device = await lane.Fleet.Device();
        var code = await Shown(device);

        using var answer = await lane.Fleet.Till.Post(
            "readers", new { pairing_code = $" {code[..4].ToLowerInvariant()}-{code[4..]} ", name = "Lane" });

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Theory]
    [InlineData($"{{{Code}}}", "name")]
    [InlineData($"{{{Code},\"name\":null}}", "name")]
    [InlineData("{\"name\":\"Lane\"}", "pairing_code")]
    public Task A_new_reader_needs_its_code_and_a_name(string body, string field) => Refuses(400, field, body);

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task A_name_out_of_bounds_is_refused(string name, int status, string? field)
    {
        await Refuses(status, field, $"{{{Code},\"name\":{name}}}");
        await RefusesChange(status, field, $"{{\"name\":{name}}}");
    }

    [Theory]
    [MemberData(nameof(GoodNames))]
    public async Task A_name_is_kept_as_it_was_given(string name)
    {
        var given = JsonElement.Parse(name).GetString();

        Assert.Equal(given, (await Created($"{{{Code},\"name\":{name}}}")).GetProperty("name").GetString());
        Assert.Equal(given, (await Changed($"{{\"name\":{name}}}")).GetProperty("name").GetString());
    }

    [Theory]
    [MemberData(nameof(BadMetadata))]
    public async Task Metadata_that_is_no_small_storable_object_is_refused(string metadata)
    {
        await Refuses(400, "metadata", $"{{{Code},\"name\":\"Lane\",\"metadata\":{metadata}}}");
        await RefusesChange(400, "metadata", $"{{\"metadata\":{metadata}}}");
    }

    [Theory]
    [InlineData("{\"a\":\"Käse\"}")]
    [InlineData("{\"Käse\":1}")]
    public async Task Metadata_that_is_not_utf_8_is_refused(string metadata)
    {
        await Refuses(400, null, $"{{{Code},\"name\":\"Lane\",\"metadata\":{metadata}}}", encoding: Encoding.Latin1);
        await RefusesChange(400, null, $"{{\"metadata\":{metadata}}}", encoding: Encoding.Latin1);
    }

    [Theory]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"a\":{\"\\udc00\":1}}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}")]
    public async Task Metadata_with_member_names_that_are_none_is_refused(string metadata)
    {
        await Refuses(400, null, $"{{{Code},\"name\":\"Lane\",\"metadata\":{metadata}}}");
        await RefusesChange(400, null, $"{{\"metadata\":{metadata}}}");
    }

    [Theory]
    [MemberData(nameof(GoodMetadata))]
    public async Task Metadata_is_kept_as_it_was_given(string metadata)
    {
        var created = await Created($"{{{Code},\"name\":\"Lane\",\"metadata\":{metadata}}}");
        Assert.Equal(metadata, created.GetProperty("metadata").GetRawText());
        Assert.Equal(metadata, (await Changed($"{{\"metadata\":{metadata}}}")).GetProperty("metadata").GetRawText());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"name\":null,\"metadata\":null}")]
    [InlineData("{\"x\":1}")]
    public async Task A_change_of_nothing_changes_nothing(string body)
    {
        await Changed("{\"name\":\"Lane 7\",\"metadata\":{\"floor\":2}}");

        var reader = await Changed(body);

        Assert.Equal("Lane 7", reader.GetProperty("name").GetString());
        Assert.Equal("{\"floor\":2}", reader.GetProperty("metadata").GetRawText());
    }

    [Fact]
    public async Task An_empty_array_is_an_empty_object()
    {
        var created = await Created($"{{{Code},\"name\":\"Lane\",\"metadata\":[]}}");
        var cleared = await Changed("{\"metadata\":[ ]}");
        var before = await Changed("{\"metadata\":{\"floor\":2,\"list\":[]}}");
        var after = await Changed("[]");

        Assert.Equal("{}", created.GetProperty("metadata").GetRawText());
        Assert.Equal("{}", cleared.GetProperty("metadata").GetRawText());
        Assert.Equal("{\"floor\":2,\"list\":[]}", before.GetProperty("metadata").GetRawText());
        Assert.Equal(before.GetProperty("metadata").GetRawText(), after.GetProperty("metadata").GetRawText());
        await Refuses(400, "name", "[]");
    }

    [Fact]
    public async Task An_empty_object_clears_the_metadata_and_leaves_the_name()
    {
        await Changed("{\"name\":\"Lane 8\",\"metadata\":{\"floor\":2}}");

        var reader = await Changed("{\"metadata\":{}}");

        Assert.Equal("Lane 8", reader.GetProperty("name").GetString());
        Assert.Equal("{}", reader.GetProperty("metadata").GetRawText());
    }

    [Fact]
    public async Task Members_only_fleet_sets_are_ignored_from_a_till()
    {
        const string Wish = "\"id\":\"rdr_00000000000000000000000000\",\"status\":\"paired\","
            + "\"merchant_code\":\"MOTHER01\","
            + "\"service_account_id\":\"019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c\",\"created_at\":\"2001-01-01T00:00:00Z\","
            + "\"device\":{\"identifier\":\"MINE\",\"model\":\"solo\"},\"updated_at\":null";
        var created = await Created($"{{{Code},\"name\":\"Lane\",{Wish}}}");
        Assert.Equal("processing", created.GetProperty("status").GetString());
        var changed = await Changed($"{{{Wish}}}", created.GetProperty("id").GetString());
        Assert.Equal(created.GetRawText(), changed.GetRawText());
        Assert.DoesNotMatch("rdr_0000000000|MOTHER01|019ca8a0|2001-01-01|MINE", created.GetRawText());
        using var other = await lane.Fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey).Get("readers");
        Assert.Equal("{\"items\":[]}", (await other.Json()).GetRawText());
    }

    [Theory]
    [MemberData(nameof(NoObjects))]
    public async Task A_body_that_is_no_json_object_is_refused(string body)
    {
        await Refuses(400, null, body);
        await RefusesChange(400, null, body);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data")]
    [InlineData(null)]
    public async Task A_body_that_is_not_called_json_is_refused(string? mediaType)
    {
        await Refuses(415, null, $"{{{Code},\"name\":\"Lane\"}}", mediaType);
        await RefusesChange(415, null, "{\"name\":\"Mine\"}", mediaType);
    }

    [Fact]
    public async Task A_body_of_65_kib_is_refused()
    {
        await Refuses(413, null, $"{{{Code},\"name\":\"Lane\"}}".PadRight(65 * 1024));
        await RefusesChange(413, null, "{\"name\":\"Mine\"}".PadRight(65 * 1024));
    }

    private static string Members(int count) =>
        $"{{{string.Join(',', Enumerable.Range(1, count).Select(number => $"\"m{number}\":{number}"))}}}";

    private static async Task<string> Shown(TestDevice device)
    {
        await device.Introduce();
        return (await device.Expect<PairingCode>()).Code;
    }

    private static ByteArrayContent Body(string text, string? mediaType = "application/json", Encoding? encoding = null)
    {
        var body = new ByteArrayContent((encoding ?? Encoding.UTF8).GetBytes(text));
        body.Headers.ContentType = mediaType is null ? null : new MediaTypeHeaderValue(mediaType);
        return body;
    }

    /// <summary>Create reader refuses it, no new reader is listed, and the same code works for a good reader.</summary>
    private async Task Refuses(
        int status, string? field, string body, string? mediaType = "application/json", Encoding? encoding = null)
    {
        await using var device = await lane.Fleet.Device();
        var (code, before) = (await Shown(device), await Read("readers"));
        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Post, "readers", Body(body.Replace("CODE", code), mediaType, encoding));
        await answer.MustRefuse(status, field);
        Assert.Equal(before, await Read("readers"));
        using var good = await lane.Fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, good.StatusCode);
    }

    /// <summary>Update reader refuses it and changes nothing.</summary>
    private async Task RefusesChange(
        int status, string? field, string body, string? mediaType = "application/json", Encoding? encoding = null)
    {
        var path = $"readers/{lane.ReaderId}";
        var before = await Read(path);
        using var answer = await lane.Fleet.Till.Send(HttpMethod.Patch, path, Body(body, mediaType, encoding));
        await answer.MustRefuse(status, field);
        Assert.Equal(before, await Read(path));
    }

    private async Task<JsonElement> Created(string body)
    {
        await using var device = await lane.Fleet.Device();
        var code = await Shown(device);
        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Post, "readers", Body(body.Replace("CODE", code)));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return await answer.Json();
    }

    private async Task<JsonElement> Changed(string body, string? readerId = null)
    {
        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Patch, $"readers/{readerId ?? lane.ReaderId}", Body(body));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    private async Task<string> Read(string path)
    {
        using var answer = await lane.Fleet.Till.Get(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}

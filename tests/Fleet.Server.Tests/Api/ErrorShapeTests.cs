using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>Refusals as the official SDKs and as older integrations look for them: one body for both.</summary>
public sealed class ErrorShapeTests(Lane lane) : IClassFixture<Lane>
{
    /// <summary>What every official SDK sends as Accept.</summary>
    private const string Sdk = "application/problem+json, application/json";

    private const string Nobody = "readers/rdr_0123456789ABCDEFGHJKMNPQRS";

    [Theory]
    [InlineData(Sdk, "application/problem+json")]
    [InlineData("application/json, application/problem+json", "application/problem+json")]
    [InlineData("Application/Problem+JSON", "application/problem+json")]
    [InlineData("application/json", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("text/html", "application/json")]
    [InlineData("", "application/json")]
    [InlineData(null, "application/json")]
    public async Task A_refusal_is_called_what_the_caller_reads(string? accept, string mediaType)
    {
        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Get, Nobody, null, accept is null ? [] : [("Accept", accept)]);

        await answer.MustRefuse(404);
        Assert.Equal(mediaType, answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData(400, "BAD_REQUEST", "POST", "readers/{reader}/checkout", "{")]
    [InlineData(400, "BAD_REQUEST", "PATCH", "readers/{reader}", "[1]")]
    [InlineData(404, "NOT_FOUND", "GET", Nobody, null)]
    [InlineData(404, "NOT_FOUND", "GET", "nothing", null)]
    [InlineData(404, "NOT_FOUND", "GET", "readers/", null)]
    [InlineData(405, "METHOD_NOT_ALLOWED", "PUT", "readers/{reader}", null)]
    [InlineData(413, "CONTENT_TOO_LARGE", "POST", "readers/{reader}/checkout", "long")]
    [InlineData(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "readers/{reader}/checkout", "plain")]
    [InlineData(415, "UNSUPPORTED_MEDIA_TYPE", "POST", "readers", "plain")]
    [InlineData(415, "UNSUPPORTED_MEDIA_TYPE", "PATCH", "readers/{reader}", "plain")]
    [InlineData(422, "VALIDATION_ERROR", "POST", "readers/{reader}/checkout", "{}")]
    public async Task Every_refusal_is_a_problem_for_the_sdks(
        int status, string code, string method, string path, string? text)
    {
        var mediaType = text is "plain" ? "text/plain" : "application/json";
        var sent = text is "long" ? new(' ', 70_000) : text;
        var body = sent is null ? null : new StringContent(sent, Encoding.UTF8, mediaType);
        using var answer = await lane.Fleet.Till.Send(
            new(method), path.Replace("{reader}", lane.ReaderId), body, ("Accept", Sdk));

        await answer.MustRefuse(status, code: code);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("POST", "readers/{reader}/checkout", "{", 400, "BAD_REQUEST")]
    [InlineData("POST", "readers/{reader}/checkout", "{\"installments\":\"1\"}", 400, "BAD_REQUEST")]
    [InlineData("POST", "readers/{reader}/terminate", "{\"expected_checkout_id\":1}", 400, "BAD_REQUEST")]
    [InlineData("GET", "readers/{reader}/checkout/1?wait=x", null, 400, "BAD_REQUEST")]
    [InlineData("POST", "readers/{reader}/checkout", "{}", 422, "VALIDATION_ERROR")]
    public async Task A_refusal_has_a_code_and_words_for_every_kind_of_client(
        string method, string path, string? body, int status, string code)
    {
        foreach (var accept in new[] { Sdk, "application/json", "*/*", "text/html" })
        {
            var content = body is null ? null : Lane.Json(body);
            using var answer = await lane.Fleet.Till.Send(
                new(method), path.Replace("{reader}", lane.ReaderId), content, ("Accept", accept));
            await answer.MustRefuse(status);
            var problem = await answer.Json();
            Assert.Equal(code, problem.GetProperty("errors").GetProperty("type").GetString());
            Assert.Equal(code, problem.GetProperty("error_code").GetString());
        }
    }

    [Theory]
    [InlineData("POST", "readers/{reader}/checkout")]
    [InlineData("POST", "readers/{reader}/terminate")]
    [InlineData("GET", "readers/{reader}/checkout/019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c")]
    [InlineData("POST", "/v0.1/me/refund/TEENSK4W2K")]
    public async Task A_wrong_key_is_told_in_the_words_of_every_kind_of_client(string method, string path)
    {
        foreach (var accept in new[] { Sdk, "application/json", "*/*", "text/html" })
        {
            using var answer = await lane.Fleet.TillOf(FleetApp.Merchant, "wrong").Send(
                new(method), path.Replace("{reader}", lane.ReaderId), null, ("Accept", accept));
            await answer.MustRefuse(401);
            var problem = await answer.Json();
            Assert.Equal("INVALID_ACCESS_TOKEN", problem.GetProperty("errors").GetProperty("type").GetString());
            Assert.Equal("NOT_AUTHORIZED", problem.GetProperty("error_code").GetString());
        }
    }

    [Fact]
    public async Task An_old_sdk_is_told_why_a_refund_is_refused()
    {
        using var answer = await lane.Fleet.Till.Send(HttpMethod.Post, $"/v0.1/me/refund/{Guid.NewGuid()}", null);

        await answer.MustRefuse(404);
        Assert.Equal("NOT_FOUND", (await answer.Json()).GetProperty("error_code").GetString());
    }

    [Theory]
    [InlineData("type")]
    [InlineData("detail")]
    public async Task A_field_that_is_called_like_a_part_of_the_error_hides_none(string field)
    {
        using var answer = await lane.Checkout(Lane.Json($"{{{Lane.Coffee},\"{field}\":01}}"));

        await answer.MustRefuse(400);
    }

    [Fact]
    public async Task A_caller_without_a_key_reads_a_problem_too()
    {
        using var answer = await lane.Fleet.TillOf(FleetApp.Merchant, null)
            .Send(HttpMethod.Get, "readers", null, ("Accept", Sdk));

        await answer.MustRefuse(401);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_missing_object_is_told_in_these_words()
    {
        using var answer = await lane.Fleet.Till.Get(Nobody);

        Assert.Equal("""
            {"type":"https://developer.sumup.com/problem/not-found","title":"Requested resource couldn't be found.",
            "status":404,"detail":"The requested resource doesn't exist or does not belong to you.",
            "errors":{"type":"NOT_FOUND","detail":"Not Found"},
            "message":"The requested resource doesn't exist or does not belong to you.","error_code":"NOT_FOUND"}
            """.ReplaceLineEndings(""), (await answer.Json()).GetRawText());
    }

    [Fact]
    public async Task A_field_out_of_bounds_is_told_in_both_shapes()
    {
        using var answer = await lane.Checkout(JsonContent.Create(new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 0 }, card_type = "gift",
        }));

        Assert.Equal("""
            {"type":"https://developer.sumup.com/problem/validation-error","title":"Unprocessable Entity","status":422,
            "detail":"total_amount must be greater than 0; card_type is invalid.",
            "errors":{"type":"VALIDATION_ERROR","detail":"total_amount must be greater than 0; card_type is invalid.",
            "total_amount":["must be greater than 0"],"card_type":["is invalid"]},
            "fields":[{"name":"total_amount","message":"must be greater than 0"},
            {"name":"card_type","message":"is invalid"}],
            "message":"total_amount must be greater than 0; card_type is invalid.","error_code":"VALIDATION_ERROR"}
            """.ReplaceLineEndings(""), (await answer.Json()).GetRawText());
    }

    [Fact]
    public async Task A_busy_reader_names_its_checkout_and_says_until_when()
    {
        var open = await lane.OpenCheckout();
        using var answer = await lane.Fleet.Till.Post($"readers/{lane.ReaderId}/checkout", Checkouts.Coffee);

        var until = (await lane.Fleet.Till.Checkout(lane.ReaderId, open)).GetProperty("valid_until").GetString();
        Assert.Equal($$$"""
            {"type":"https://developer.sumup.com/problem/reader-busy","title":"Reader Busy","status":422,
            "detail":"There is a pending checkout for the device.",
            "errors":{"type":"READER_BUSY","detail":"There is a pending checkout for the device.",
            "checkout_id":"{{{open}}}","checkout_state":"accepted","busy_until":"{{{until}}}"},
            "message":"There is a pending checkout for the device.","error_code":"READER_BUSY"}
            """.ReplaceLineEndings(""), (await answer.Json()).GetRawText());
    }

    [Fact]
    public async Task A_reader_busy_with_a_customer_promises_no_time()
    {
        await using var device = await lane.Fleet.PairedDevice();
        var open = await lane.Fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(open));

        using var answer = await lane.Fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);

        var errors = (await answer.Json()).GetProperty("errors");
        Assert.Equal("started", errors.GetProperty("checkout_state").GetString());
        Assert.Equal(open, errors.GetProperty("checkout_id").GetGuid());
        Assert.False(errors.TryGetProperty("busy_until", out _));
    }

    [Theory]
    [InlineData("checkout")]
    [InlineData("terminate")]
    public async Task An_offline_reader_is_told_in_these_words(string operation)
    {
        await using var device = await lane.Fleet.PairedDevice();
        await device.HangUp();
        await Eventually.Equal("OFFLINE", async () =>
        {
            using var status = await lane.Fleet.Till.Get($"readers/{device.ReaderId}/status");
            return (await status.Json()).GetProperty("data").GetProperty("status").GetString();
        });

        using var answer = await lane.Fleet.Till.Post($"readers/{device.ReaderId}/{operation}", Checkouts.Coffee);

        Assert.Equal("""
            {"type":"https://developer.sumup.com/problem/reader-offline","title":"Reader Offline","status":422,
            "detail":"The device is offline.","errors":{"type":"READER_OFFLINE","detail":"The device is offline."},
            "message":"The device is offline.","error_code":"READER_OFFLINE"}
            """.ReplaceLineEndings(""), (await answer.Json()).GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer till-key")]
    public async Task No_refusal_tells_a_caller_what_it_did_not_send(string authorization)
    {
        const string Canary = "4111111111111111";
        var answer = await RawHttp.SendJson(lane.Fleet.Address,
            $"POST /v0.1/merchants/{FleetApp.Merchant}/readers/{lane.ReaderId}/checkout?pan={Canary}",
            $"{{\"card_type\":\"{Canary}\",\"description\":{JsonSerializer.Serialize(Canary)}}}",
            $"Authorization: {authorization}", $"X-Trace: {Canary}");

        Assert.InRange(answer.Status, 400, 499);
        Assert.DoesNotContain(Canary, answer.Head + answer.Body);
    }
}

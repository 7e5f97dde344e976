using Fleet.Server.Cloud;

namespace Fleet.Server.Tests;

/// <summary>The shapes that refusals of the cloud have, and what is none of them.</summary>
public sealed class CloudErrorTests
{
    [Theory]
    [InlineData("""{"errors":{"type":"READER_BUSY","detail":"One is pending."}}""", "READER_BUSY", "One is pending.")]
    [InlineData("""{"errors":{"detail":"The device is offline.","type":"READER_OFFLINE"}}""", "READER_OFFLINE",
        "The device is offline.")]
    [InlineData("""{"errors":{"detail":"Unprocessable Entity"}}""", null, "Unprocessable Entity")]
    [InlineData("""
        {"type":"https://developer.sumup.com/problem/reader-offline","title":"Reader Offline","status":422,
        "detail":"The device is offline."}
        """, "READER_OFFLINE", "The device is offline.")]
    [InlineData("""{"type":"https://developer.sumup.com/problem/unauthorized"}""", "UNAUTHORIZED", null)]
    [InlineData("""{"type":"about:blank","title":"Not Found"}""", null, "Not Found")]
    [InlineData("""{"error_code":"NOT_FOUND","message":"Resource not found"}""", "NOT_FOUND", "Resource not found")]
    [InlineData("""{"error_message":"request_not_allowed","error_code":"FORBIDDEN","status_code":"403"}""",
        "FORBIDDEN", "request_not_allowed")]
    [InlineData("""{"error":"invalid_grant","error_description":"expired"}""", "INVALID_GRANT", "expired")]
    public void Each_shape_says_its_type_and_its_detail(string body, string? type, string? detail)
    {
        var error = Read(body);

        Assert.Equal((type, detail), (error.Type, error.Detail));
        Assert.Empty(error.Fields);
    }

    [Fact]
    public void A_body_with_two_shapes_says_what_the_older_one_says()
    {
        var error = Read("""
            {"type":"https://developer.sumup.com/problem/unprocessable-entity","title":"Unprocessable","detail":"New.",
            "errors":{"type":"READER_BUSY","detail":"Old."}}
            """);

        Assert.Equal(("READER_BUSY", "Old."), (error.Type, error.Detail));
    }

    [Theory]
    [InlineData("""{"errors":{"total_amount":["must be greater than 0"],"card_type":["is invalid"]}}""",
        "total_amount: must be greater than 0; card_type: is invalid")]
    [InlineData("""{"errors":{"total_amount":{"value":["a","b"]},"type":["is unknown"]}}""",
        "total_amount.value: a; total_amount.value: b; type: is unknown")]
    [InlineData("""{"errors":{"return_url":"must be a valid URL","detail":"No."}}""",
        "return_url: must be a valid URL")]
    [InlineData("""{"fields":[{"name":"","message":"missing property 'name'"}],"type":"x"}""",
        ": missing property 'name'")]
    [InlineData("""{"errors":[{"code":"INVALID_AMOUNT","detail":"Too much.","max_refundable_amount":5}]}""",
        "INVALID_AMOUNT: Too much.")]
    public void Members_of_the_request_that_are_wrong_are_named(string body, string fields) =>
        Assert.Equal(fields, string.Join("; ", Read(body).Fields.Select(one => $"{one.Name}: {one.Message}")));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("<html><title>502 Bad Gateway</title></html>")]
    [InlineData("""{"errors":null,"type":null,"detail":{"a":1}}""")]
    [InlineData("""{"errors":[null,1,"x",[]],"fields":{"a":1}}""")]
    [InlineData("""{"type":"\ud800","detail":"\udfff"}""")]
    public void A_body_in_no_known_shape_says_nothing_and_breaks_nothing(string body)
    {
        var error = Read(body);

        Assert.Equal((null, null), (error.Type, error.Detail));
        Assert.All(error.Fields, field => Assert.Equal(new("", ""), field));
    }

    [Theory]
    [InlineData("""{"trace_id":"0d92"}""", "0d92")]
    [InlineData("""{"ray_id":"8f1"}""", "8f1")]
    [InlineData("{}", "from the header")]
    public void The_name_of_the_request_is_kept_for_the_support(string body, string id) =>
        Assert.Equal(id, Read(body).RequestId);

    [Fact]
    public void An_error_of_any_size_is_kept_small()
    {
        var fields = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"\"f{i}\":[\"{new('x', 2_000)}\"]"));

        var error = Read($$"""{"errors":{ {{fields}} },"detail":"{{new string('x', 5_000)}}"}""");

        Assert.InRange(error.Fields.Count, 1, 50);
        Assert.InRange($"{error.Detail}".Length, 1, 1_000);
        Assert.All(error.Fields, field => Assert.InRange(field.Message.Length, 1, 1_000));
    }

    private static CloudError Read(string body) => CloudError.Read(body, "from the header");
}

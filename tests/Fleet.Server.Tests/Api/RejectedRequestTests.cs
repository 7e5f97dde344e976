using System.Text;
using Microsoft.AspNetCore.Hosting;

namespace Fleet.Server.Tests;

/// <summary>What the web server refuses before any of our code runs: answered like every other refusal.</summary>
public sealed class RejectedRequestTests(Lane lane) : IClassFixture<Lane>
{
    private const string Me = "GET /v0.1/me HTTP/1.1\r\nHost: fleet\r\n";

    public static TheoryData<string, int, string> Requests => new()
    {
        { "GET /v0.1/%00 HTTP/1.1\r\nHost: fleet\r\n\r\n", 400, "BAD_REQUEST" },
        { $"{Me}X-Note: first\r\n second\r\n\r\n", 400, "BAD_REQUEST" },
        { $"{Me}Authorization: Bearer \u00a0key\r\n\r\n", 400, "BAD_REQUEST" }, // sent as Latin-1: no UTF-8
        { $"{Me}X\u00a0Note: x\r\n\r\n", 400, "BAD_REQUEST" },
        { $"{Me}X-Note: \0\r\n\r\n", 400, "BAD_REQUEST" },
        { $"{Me}Host: other\r\n\r\n", 400, "BAD_REQUEST" },
        { "GET /v0.1/me HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST" },
        { "GET /v0.1/me\r\n\r\n", 400, "BAD_REQUEST" },
        { "no HTTP at all\r\n\r\n", 400, "BAD_REQUEST" },
        { "\u0016\u0003\u0001\u0002\r\n\r\n", 400, "BAD_REQUEST" },
        { "GET /v0.1/me HTTP/7.0\r\nHost: fleet\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED" },
        { "GET * HTTP/1.1\r\nHost: fleet\r\n\r\n", 405, "METHOD_NOT_ALLOWED" },
        { $"GET /{new string('x', 9_000)} HTTP/1.1\r\nHost: fleet\r\n\r\n", 414, "URI_TOO_LONG" },
        { $"{Me}X-Note: {new string('x', 33_000)}\r\n\r\n", 431, "REQUEST_HEADER_FIELDS_TOO_LARGE" },
        { $"{Me}{string.Concat(Enumerable.Repeat("X-Note: x\r\n", 101))}\r\n", 431, "REQUEST_HEADER_FIELDS_TOO_LARGE" },
        { "POST /v0.1/me HTTP/1.1\r\nHost: fleet\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "BAD_REQUEST" },
        { "POST /v0.1/me HTTP/1.1\r\nHost: fleet\r\nContent-Length: -1\r\n\r\n", 400, "BAD_REQUEST" },
        {
            "POST /v0.1/me HTTP/1.1\r\nHost: fleet\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400,
            "BAD_REQUEST"
        },
    };

    /// <summary>Bodies of a new reader that end in something that is no body.</summary>
    public static TheoryData<string, int> Bodies => new()
    {
        { "Transfer-Encoding: chunked\r\n\r\n80000000\r\n{", 400 },
        { "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n{", 400 },
        { "Transfer-Encoding: chunked\r\n\r\nx\r\n{", 400 },
        { "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", 400 },
        { "Content-Length: 65537\r\n\r\n{", 413 },
        { "Content-Length: 99999999999999999999\r\n\r\n{", 400 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_request_that_is_no_good_http_is_told_so_in_json(string request, int status, string code)
    {
        var answer = await Send(request);

        answer.MustRefuse(status, code: code);
        Assert.Contains("Content-Type: application/json\r\n", $"{answer.Head}\r\n", StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", $"{answer.Head}\r\n", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("readers")]
    [InlineData("readers/{reader}/checkout")]
    [InlineData("readers/{reader}/terminate")]
    public async Task A_body_that_is_no_good_http_is_told_so_in_json(string path)
    {
        foreach (var (body, status) in Bodies.Select(row => row.Data))
            (await Send($"{Post($"/v0.1/merchants/{FleetApp.Merchant}/{path}")}{body}")).MustRefuse(status);
        // The methods of gRPC have another reader of JSON behind them.
        foreach (var (body, status) in Bodies.Select(row => row.Data))
            (await Send($"{Post($"/fleet/v1/readers/{lane.ReaderId}/terminate")}{body}")).MustRefuse(status);
    }

    [Fact]
    public async Task A_request_that_does_not_arrive_in_time_is_told_so()
    {
        var second = TimeSpan.FromSeconds(1);
        await using var fleet = await FleetApp.Start(builder => builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.RequestHeadersTimeout = second;
            kestrel.Limits.MinRequestBodyDataRate = new(1000, second + TimeSpan.FromMilliseconds(1)); // the least
        }));
        var noBody = $"{Post($"/v0.1/merchants/{FleetApp.Merchant}/readers")}Content-Length: 10\r\n\r\n";

        foreach (var cutOff in new[] { Me, noBody })
            (await RawHttp.SendBytes(fleet.Address, Encoding.Latin1.GetBytes(cutOff)))
                .MustRefuse(408, code: "REQUEST_TIMEOUT");
    }

    [Fact]
    public async Task An_sdk_reads_such_a_refusal_as_a_problem()
    {
        var answer = await Send($"{Me}Accept: application/problem+json, application/json\r\nX-Note: a\r\n b\r\n\r\n");

        answer.MustRefuse(400);
        Assert.Contains("Content-Type: application/problem+json\r\n", answer.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_asked_before_on_the_connection_is_answered_as_ever()
    {
        var answer = await Send($"{Me}Authorization: Bearer {FleetApp.Key}\r\n\r\nno HTTP at all\r\n\r\n");

        Assert.Equal(200, answer.Status);
        var second = answer.Body.IndexOf("HTTP/1.1 400", StringComparison.Ordinal);
        Assert.Equal($"{{\"merchant_profile\":{{\"merchant_code\":\"{FleetApp.Merchant}\"}}}}", answer.Body[..second]);
        RawAnswer.Parse(answer.Body[second..]).MustRefuse(400);
    }

    [Fact]
    public async Task A_head_has_no_body_even_then()
    {
        var answer = await Send("HEAD /v0.1/me HTTP/1.1\r\nHost: fleet\r\nX-Note: a\r\n b\r\n\r\n");

        Assert.Equal((400, ""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task A_request_of_http_1_0_needs_no_host()
    {
        var answer = await Send($"GET /v0.1/me HTTP/1.0\r\nAuthorization: Bearer {FleetApp.Key}\r\n\r\n");
        var keyless = await Send("GET /v0.1/me HTTP/1.0\r\n\r\n");

        Assert.Equal(200, answer.Status);
        keyless.MustRefuse(401);
    }

    [Fact]
    public async Task The_address_of_operations_tells_it_in_the_same_way()
    {
        var latin = Encoding.Latin1.GetBytes("GET /health/%00 HTTP/1.1\r\nHost: fleet\r\n\r\n");

        (await RawHttp.SendBytes(lane.Fleet.OperationsAddress, latin)).MustRefuse(400);
    }

    private static string Post(string path) => $"POST {path} HTTP/1.1\r\nHost: fleet\r\nConnection: close\r\n"
        + $"Authorization: Bearer {FleetApp.Key}\r\nContent-Type: application/json\r\n";

    private Task<RawAnswer> Send(string request) => RawHttp.SendBytes(
        lane.Fleet.Address, Encoding.Latin1.GetBytes(request.Replace("{reader}", lane.ReaderId)));
}

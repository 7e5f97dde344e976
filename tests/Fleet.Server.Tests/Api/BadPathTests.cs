using System.Net;

namespace Fleet.Server.Tests;

/// <summary>Methods and ids the Cloud API does not have: refused in words, and never an error of ours.</summary>
public sealed class BadPathTests(Lane lane) : IClassFixture<Lane>
{
    private const string Letters = "0123456789ABCDEFGHJKMNPQRS";

    [Theory]
    [InlineData("readers", "PUT", "DELETE", "PATCH")]
    [InlineData("readers/{reader}", "PUT", "POST", "BREW")]
    [InlineData("readers/{reader}/status", "PUT", "POST", "DELETE")]
    [InlineData("readers/{reader}/checkout", "GET", "PUT", "DELETE")]
    [InlineData("readers/{reader}/checkout/019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c", "POST", "PATCH", "DELETE")]
    [InlineData("readers/{reader}/terminate", "GET", "PUT", "DELETE")]
    public async Task A_method_that_a_path_does_not_know_is_refused(string path, params string[] methods)
    {
        foreach (var method in methods)
        {
            using var answer = await lane.Fleet.Till.Send(new(method), path.Replace("{reader}", lane.ReaderId), null);
            await answer.MustRefuse(405);
            Assert.NotEmpty(answer.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task A_trace_is_refused_and_echoes_nothing()
    {
        var answer = await RawHttp.Send(
            lane.Fleet.Address, $"TRACE {Below("readers")}", Authorized, "X-Secret: canary");

        Assert.Equal(405, answer.Status);
        Assert.DoesNotContain("canary", answer.Head + answer.Body);
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("X-HTTP-Method")]
    [InlineData("X-Method-Override")]
    public async Task A_header_does_not_turn_a_read_into_a_delete(string header)
    {
        using var answer = await lane.Fleet.Till.Send(
            HttpMethod.Get, $"readers/{lane.ReaderId}", null, (header, "DELETE"));
        using var again = await lane.Fleet.Till.Get($"readers/{lane.ReaderId}");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (answer.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task A_page_of_another_origin_is_allowed_nothing()
    {
        using var answer = await lane.Fleet.Till.Send(HttpMethod.Options, "readers", null,
            ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "GET"));

        await answer.MustRefuse(405);
        Assert.DoesNotContain("Access-Control", answer.Headers.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("rdr_" + Letters + "T")]
    [InlineData("rdr_0123456789ABCDEFGHJKMNPQR")]
    [InlineData("rdr_0123456789abcdefghjkmnpqrs")]
    [InlineData("RDR_" + Letters)]
    [InlineData("rdr_0123456789ABCDEFGHJKMNPQRI")]
    [InlineData("rdr_" + Letters + ";x=1")]
    [InlineData("rdr_" + Letters + "%20")]
    [InlineData("rdr_" + Letters + "%0a")]
    [InlineData("rdr_" + Letters + "%00")]
    [InlineData("rdr_" + Letters + "%2f")]
    [InlineData("rdr_0123456789ABCDEFGHJKMNPQ%00")]
    [InlineData("rdr_%F0%9F%8D%B0")]
    [InlineData("🍰")]
    [InlineData("%00")]
    [InlineData("%2e%2e%2f")]
    [InlineData("%2e%2e%2fMOTHER01%2freaders")]
    [InlineData("..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("%252f")]
    [InlineData("%ff")]
    [InlineData("%zz")]
    [InlineData("'%20OR%201=1--")]
    [InlineData("{reader_id}")]
    [InlineData("null")]
    public async Task An_id_no_reader_can_have_is_not_found(string id)
    {
        foreach (var start in new[] { $"GET {Below($"readers/{id}")}", $"DELETE {Below($"readers/{id}")}",
            $"GET {Below($"readers/{id}/status")}", $"POST {Below($"readers/{id}/terminate")}",
            $"GET {Below($"readers/{id}/checkout/{Guid.Empty}")}" })
        {
            var answer = await RawHttp.Send(lane.Fleet.Address, start, Authorized, "Content-Length: 0");
            Assert.True(answer.Status is 400 or 404, answer.Head);
            answer.MustRefuse(answer.Status);
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("019CA8A0-3E80-7F0C-BA2B-53E6D0A22F1C")]
    [InlineData("{id:B}")]
    [InlineData("{id:P}")]
    [InlineData("{id:N}")]
    [InlineData("{id:X}")]
    [InlineData("{id:D}0")]
    [InlineData("urn:uuid:{id:D}")]
    [InlineData("{id:D}%20")]
    [InlineData("%20{id:D}")]
    [InlineData("{id:D}%00")]
    [InlineData("{id:D}%2f")]
    [InlineData("%2e%2e%2f{id:D}")]
    [InlineData("🍰")]
    public async Task An_id_no_checkout_has_is_not_found(string pattern)
    {
        var open = await lane.OpenCheckout();
        var id = new[] { "B", "P", "N", "X", "D" }.Aggregate(
            pattern, (text, format) => text.Replace($"{{id:{format}}}", open.ToString(format)));

        var answer = await RawHttp.Send(
            lane.Fleet.Address, $"GET {Below($"readers/{lane.ReaderId}/checkout/{id}")}", Authorized);

        Assert.True(answer.Status is 400 or 404, answer.Head);
        answer.MustRefuse(answer.Status);
    }

    [Theory]
    [InlineData("GET", "readers/")]
    [InlineData("POST", "readers/")]
    [InlineData("GET", "readers/{reader}/")]
    [InlineData("PATCH", "readers/{reader}/")]
    [InlineData("DELETE", "readers/{reader}/")]
    [InlineData("GET", "readers/{reader}/status/")]
    [InlineData("POST", "readers/{reader}/checkout/")]
    [InlineData("POST", "readers/{reader}/terminate/")]
    [InlineData("GET", "readers//{reader}")]
    [InlineData("GET", "readers/{reader}//status")]
    [InlineData("GET", "")]
    [InlineData("GET", "reader")]
    [InlineData("GET", "readers/{reader}/checkouts")]
    [InlineData("GET", "../../../v0.2/merchants/MTILL001/readers")]
    public async Task A_path_with_a_slash_too_many_is_not_found(string method, string path)
    {
        var body = method is "GET" or "DELETE" ? null : Lane.Json("{}");
        using var answer = await lane.Fleet.Till.Send(new(method), path.Replace("{reader}", lane.ReaderId), body);
        using var still = await lane.Fleet.Till.Get($"readers/{lane.ReaderId}");

        await answer.MustRefuse(404);
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Theory]
    [InlineData("/favicon.ico")]
    [InlineData("/v0.1")]
    [InlineData("/v0.1/you")]
    [InlineData("/v0.1/merchants")]
    [InlineData("/v0.1/merchants/MTILL001/nothing")]
    [InlineData("/metrics")]
    [InlineData("/.env")]
    [InlineData("/openapi/v2.json")]
    public async Task A_path_nobody_made_is_not_found_in_json(string path) =>
        (await RawHttp.Send(lane.Fleet.Address, $"GET {path}", Authorized)).MustRefuse(404);

    [Fact]
    public async Task A_path_of_16000_letters_is_no_error_of_ours()
    {
        var answer = await RawHttp.Send(lane.Fleet.Address, $"GET {Below(new string('x', 16_000))}", Authorized);

        answer.MustRefuse(414);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    public async Task The_address_itself_leads_to_the_documentation(string path)
    {
        var answer = await RawHttp.Send(lane.Fleet.Address, $"GET {path}");

        Assert.Equal(302, answer.Status);
        Assert.Contains("\nLocation: docs", answer.Head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//")]
    [InlineData("///")]
    public async Task Slashes_before_a_path_are_as_good_as_one(string slashes)
    {
        var me = await Read($"{slashes}v0.1/me", Authorized);
        var stores = await Read($"{slashes}fleet/v1/stores", Authorized);
        var docs = await Read($"{slashes}docs/");
        var health = await RawHttp.Send(lane.Fleet.OperationsAddress, $"GET {slashes}health/ready");
        var keyless = await Read($"{slashes}v0.1/me");

        Assert.Equal((200, 200, 200, 200), (me.Status, stores.Status, docs.Status, health.Status));
        keyless.MustRefuse(401);
    }

    [Theory]
    [InlineData("//v0.1//me")]
    [InlineData("//v0.1/me/")]
    [InlineData("/v0.1//me")]
    [InlineData("/%2fv0.1/me")]
    [InlineData("//metrics")]
    [InlineData("//health/live")]
    public async Task Slashes_elsewhere_lead_nowhere(string path) => (await Read(path, Authorized)).MustRefuse(404);

    [Theory]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    public async Task A_path_says_which_methods_it_knows_to_one_that_it_does_not(string method)
    {
        using var description = await lane.Fleet.Till.Get("/openapi/v1.json");
        var described = (await description.Json()).GetProperty("paths").EnumerateObject().Select(path => path.Name);
        string[] others = ["/v0.1/me", "/v0.1/me/transactions", "/v0.1/me/refund/x", "/openapi/v1.json", "/docs/",
            "/link/v1", "/fleet.v1.Checkouts/Get"];
        foreach (var path in described.Concat(others).Select(path => path.Replace("{", "").Replace("}", "")))
        {
            var answer = await RawHttp.Send(lane.Fleet.Address, $"{method} {path}", Authorized);
            Assert.True(answer.Status is 405, $"{path}: {answer.Head}");
            Assert.Contains("\r\nAllow: ", answer.Head, StringComparison.Ordinal);
            if (method is not "HEAD") answer.MustRefuse(405);
        }
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health/live")]
    [InlineData("/dashboard/")]
    public async Task A_trace_is_refused_at_the_address_of_operations_too(string path)
    {
        var answer = await RawHttp.Send(lane.Fleet.OperationsAddress, $"TRACE {path}", Authorized);

        answer.MustRefuse(405);
        Assert.Contains("\r\nAllow: GET", answer.Head, StringComparison.Ordinal);
    }

    private Task<RawAnswer> Read(string path, params string[] headers) =>
        RawHttp.Send(lane.Fleet.Address, $"GET {path}", headers);

    private static string Authorized => $"Authorization: Bearer {FleetApp.Key}";

    private static string Below(string path) => $"/v0.1/merchants/{FleetApp.Merchant}/{path}";
}

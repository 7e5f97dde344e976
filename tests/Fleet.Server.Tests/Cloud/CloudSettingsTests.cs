using System.Collections.Concurrent;
using Fleet.Server.Cloud;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>The menu lock of real readers: both routes are passed on to SumUp's cloud.</summary>
public sealed class CloudSettingsTests
{
    private const string Locked = """{"data":{"menu_lock":{"enabled":true,"passcode":"8642"}}}""";

    [Fact]
    public async Task Both_routes_are_passed_on_and_only_what_was_sent_is_sent()
    {
        await using var lane = await CloudLane.Open();
        lane.Cloud.Then(200, Locked);
        Assert.Equal($"200 {Locked}", await Get(lane));
        lane.Cloud.Then(200, """{"data":{"status":"applied","menu_lock":{"enabled":false}}}""");
        Assert.Equal("""200 {"data":{"status":"applied","menu_lock":{"enabled":false}}}""",
            await Patch(lane, new { enabled = false }));

        const string Path = $"/v0.1/merchants/{FleetApp.LiveMerchant}/readers/{CloudLane.CloudReader}/settings";
        Assert.Equal([$"GET {Path} ", $"PATCH {Path} " + """{"menu_lock":{"enabled":false}}"""],
            lane.Cloud.Requests.Where(one => one.Path.EndsWith("/settings", StringComparison.Ordinal))
                .Select(one => $"{one.Method} {one.Path} {one.Body}"));
        lane.Cloud.Then(CloudStandIn.Abort).Then(CloudStandIn.Abort); // then the last settings that are known are told
        Assert.Equal("""200 {"data":{"menu_lock":{"enabled":false,"passcode":"8642"}}}""", await Get(lane));
    }

    [Fact]
    public async Task Members_that_are_null_are_not_there_and_what_sumup_has_not_is_not_found()
    {
        await using var lane = await CloudLane.Open();
        lane.Cloud.Then(200, """{"data":{"menu_lock":{"enabled":null,"passcode":null},"more":[1]}}""");
        Assert.Equal("""200 {"data":{"menu_lock":{}}}""", await Get(lane));
        lane.Cloud.Then(404, """{"errors":{"detail":"Not found"}}""");
        Assert.StartsWith("404", await Get(lane), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(422, """{"errors":{"type":"READER_OFFLINE","detail":"The device is offline."}}""",
        "422 READER_OFFLINE")]
    [InlineData(422, """{"errors":{"detail":"Device is offline"}}""", "422 READER_OFFLINE")]
    [InlineData(422, """{"errors":{"menu_lock":["passcode 8642 is required"]}}""", "422 PROVIDER_REFUSED")]
    [InlineData(401, """{"error_code":"NOT_AUTHORIZED"}""", "422 PROVIDER_REFUSED")]
    [InlineData(404, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(429, "{}", "422 PROVIDER_REFUSED")]
    [InlineData(500, "{}", "503 SETTINGS_UNKNOWN")]
    [InlineData(502, """{"errors":{"detail":"Bad Gateway"}}""", "503 SETTINGS_UNKNOWN")]
    [InlineData(504, """{"errors":{"detail":"Gateway Timeout"}}""", "503 SETTINGS_UNKNOWN")]
    [InlineData(200, "<html></html>", "503 SETTINGS_UNKNOWN")]
    [InlineData(200, """{"data":{"status":"pending"}}""", "503 SETTINGS_UNKNOWN")]
    public async Task A_refusal_is_told_as_one_and_an_answer_that_is_not_clear_as_unknown(
        int status, string body, string told)
    {
        await using var lane = await CloudLane.Open();
        lane.Cloud.Then(status, body);
        var answer = await Patch(lane, new { enabled = true, passcode = "8642" });
        Assert.StartsWith(told[..3], answer, StringComparison.Ordinal);
        Assert.Contains($"\"type\":\"{told[4..]}\"", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("8642", answer, StringComparison.Ordinal);
        Assert.Single(lane.Cloud.Requests, request => request.Method == "PATCH"); // it is not repeated blindly
    }

    [Fact]
    public async Task A_connection_that_breaks_is_unknown()
    {
        await using var lane = await CloudLane.Open();
        lane.Cloud.Then(CloudStandIn.Abort);
        Assert.StartsWith("503", await Patch(lane, new { enabled = false }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_exchange_log_has_the_calls_without_the_passcode()
    {
        var kept = new Kept();
        await using var lane = await CloudLane.Open(builder => builder.Services.AddSingleton<IExchangeLog>(kept));
        lane.Cloud.Then(422, """{"errors":{"menu_lock":["8642 is too simple"],"passcode":"8642"}}""");
        await Patch(lane, new { enabled = true, passcode = "8642" });
        lane.Cloud.Then(200, Locked);
        await Get(lane);
        var log = string.Join('\n', kept.Exchanges);
        Assert.Contains("change_settings", log, StringComparison.Ordinal);
        Assert.Contains("read_settings", log, StringComparison.Ordinal);
        Assert.DoesNotContain("8642", log, StringComparison.Ordinal);
    }

    private static string Own(CloudLane lane) => $"readers/{lane.ReaderId}/settings";

    private static async Task<string> Get(CloudLane lane)
    {
        using var answer = await lane.Fleet.PassUntil(lane.Till.Get(Own(lane)));
        return $"{(int)answer.StatusCode} {await TextOf(answer)}";
    }

    private static async Task<string> Patch(CloudLane lane, object menuLock)
    {
        using var answer = await lane.Fleet.PassUntil(lane.Till.Patch(Own(lane), new { menu_lock = menuLock }));
        return $"{(int)answer.StatusCode} {await TextOf(answer)}";
    }

    /// <summary>Keeps the exchanges in memory.</summary>
    private sealed class Kept : IExchangeLog
    {
        public ConcurrentQueue<CloudExchange> Exchanges { get; } = new();

        public void AddExchange(CloudExchange exchange) => Exchanges.Enqueue(exchange);
    }

    private static Task<string> TextOf(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

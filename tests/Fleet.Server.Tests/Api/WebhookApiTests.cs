using System.Globalization;
using System.Text.Json;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>A merchant looks at its webhooks, sends them again, and tries a receiver.</summary>
public sealed class WebhookApiTests : IClassFixture<WebhookTests.Shop>
{
    private readonly WebhookTests.Shop _shop;
    private readonly DateTimeOffset _begin;

    /// <summary>Each test has a time of its own, so that it can list what is its own.</summary>
    public WebhookApiTests(WebhookTests.Shop shop)
    {
        _shop = shop;
        Fleet.Pass(60);
        _begin = Now;
    }

    private FleetApp Fleet => _shop.Fleet;

    private Till Till => Fleet.Till;

    private DateTimeOffset Now => Fleet.Clock.GetUtcNow();

    private WebhookSender Sender => Fleet.Services.GetRequiredService<WebhookSender>();

    [Fact]
    public async Task A_test_event_comes_like_any_other_and_reads_like_no_payment()
    {
        var inbox = _shop.Receiver.Open();
        var id = await Till.Fire(inbox.Url);

        var told = await inbox.Next();

        var body = JsonElement.Parse(told.Body);
        Assert.Equal((id, "fleet.webhook.test"),
            (body.GetProperty("id").GetGuid(), body.GetProperty("event_type").GetString()));
        Assert.Equal(["id", "event_type", "timestamp", "payload"],
            body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["merchant_code"], body.GetProperty("payload").EnumerateObject().Select(member => member.Name));
        Assert.Equal($"{id}", told.Headers["webhook-id"]);
        Assert.Equal(2, told.Headers["webhook-signature"].Split(' ').Length);
        await Till.Becomes(id, "delivered, 1 begun, 0 failed");
        var delivery = await Till.Delivery(id);
        Assert.Equal(told.Body, delivery.GetProperty("body").GetString());
        Assert.Equal($"{inbox.Url.GetLeftPart(UriPartial.Path)}?***", delivery.GetProperty("url").GetString());
        Assert.False(delivery.TryGetProperty("next_attempt_at", out _));
    }

    [Theory]
    [InlineData(null, "is required")]
    [InlineData("till", "must be a valid URL")]
    [InlineData("https://user:secret@till.example/", "must not have user information before its host")]
    [InlineData("https://till.example/#hook", "must not have a fragment")]
    [InlineData("https://169.254.169.254/latest/meta-data",
        "must lead to an address that is public or in Fleet:Webhooks:AllowedNetworks")]
    [InlineData("ftp://till.example/", "must be an HTTPS URL")]
    [InlineData("http://till.example/\u0000", "must not contain NUL")]
    public async Task A_test_goes_only_where_a_checkout_may_point(string? url, string message)
    {
        using var answer = await Till.Post($"{WebhookCalls.Path}/test", new { url });
        await answer.MustRefuse(400, "url");
        Assert.Contains(message, (await answer.Json()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_live_merchant_tries_https_only()
    {
        var live = Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);
        using var answer = await live.Post($"{WebhookCalls.Path}/test", new { url = "http://till.example/" });
        await answer.MustRefuse(400, "url");
    }

    [Fact]
    public async Task A_test_at_a_forbidden_port_is_taken_and_says_why_it_fails()
    {
        var id = await Till.Fire(new("https://till.example:9443/hook?token=secret"));
        await Till.Becomes(id, "waiting, 1 begun, 1 failed");

        var delivery = await Till.Delivery(id);
        Assert.Equal("The destination is refused: port 9443 is neither 443 nor in Fleet:Webhooks:AllowedPorts.",
            delivery.GetProperty("problem").GetString());
        Assert.Equal("https://till.example:9443/hook?***", delivery.GetProperty("url").GetString());
        Assert.InRange(delivery.GetProperty("next_attempt_at").GetDateTimeOffset(), Now.AddSeconds(10),
            Now.AddSeconds(12));
    }

    [Fact]
    public async Task The_list_goes_from_page_to_page_newest_first()
    {
        var inbox = _shop.Receiver.Open();
        var fired = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            fired.Add(await Till.Fire(inbox.Url));
            Fleet.Pass(i % 2); // some of the same time
        }
        await Sender.Settled();

        var (listed, sizes, after) = (new List<Guid>(), new List<int>(), "");
        do
        {
            var page = await Till.Deliveries($"?from={Time(_begin)}&limit=2{after}");
            var items = page.GetProperty("items").EnumerateArray().ToList();
            Assert.All(items, item => Assert.False(item.TryGetProperty("body", out _)));
            listed.AddRange(items.Select(item => item.GetProperty("id").GetGuid()));
            sizes.Add(items.Count);
            after = page.TryGetProperty("next", out var next) ? $"&after={next.GetString()}" : "";
        }
        while (after.Length > 0);

        Assert.Equal([2, 2, 1], sizes);
        Assert.Equal(fired.Order(), listed.Order());
        var whole = await Till.Deliveries($"?from={Time(_begin)}");
        var times = whole.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("created_at").GetDateTimeOffset()).ToList();
        Assert.Equal(times.OrderDescending(), times);
        Assert.False(whole.TryGetProperty("next", out _));
    }

    [Fact]
    public async Task The_list_can_be_narrowed_by_state_and_time()
    {
        var (good, gone, bad) = (_shop.Receiver.Open(), Answering(410), Answering(500));
        var delivered = await Till.Fire(good.Url);
        Fleet.Pass(1);
        var dead = await Till.Fire(gone.Url);
        Fleet.Pass(1);
        var waiting = await Till.Fire(bad.Url);
        await Till.Becomes(delivered, "delivered, 1 begun, 0 failed");
        await Till.Becomes(dead, "dead, 1 begun, 1 failed");
        await Till.Becomes(waiting, "waiting, 1 begun, 1 failed");

        var from = $"from={Time(_begin)}";
        Assert.Equal([waiting, dead, delivered], await Listed($"?{from}"));
        Assert.Equal([dead], await Listed($"?{from}&state=dead"));
        Assert.Equal([waiting], await Listed($"?state=waiting&{from}"));
        Assert.Equal([delivered], await Listed($"?{from}&state=delivered"));
        Assert.Equal([delivered], await Listed($"?{from}&to={Time(_begin.AddSeconds(1))}"));
        Assert.Equal([dead], await Listed($"?from={Time(_begin.AddSeconds(1))}&to={Time(_begin.AddSeconds(2))}"));
    }

    /// <summary>deliveries 9223372036854775807 ffffffff-ffff-ffff-ffff-ffffffffffff</summary>
    private const string TooLate =
        "ZGVsaXZlcmllcyA5MjIzMzcyMDM2ODU0Nzc1ODA3IGZmZmZmZmZmLWZmZmYtZmZmZi1mZmZmLWZmZmZmZmZmZmZmZg";

    /// <summary>deliveries -1 ffffffff-ffff-ffff-ffff-ffffffffffff</summary>
    private const string Before1970 = "ZGVsaXZlcmllcyAtMSBmZmZmZmZmZi1mZmZmLWZmZmYtZmZmZi1mZmZmZmZmZmZmZmY";

    [Theory]
    [InlineData("state=lost", "state")]
    [InlineData("state=", "state")]
    [InlineData("state=dead&state=waiting", "state")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-03-01", "from")]
    [InlineData("from=1/2/2026", "from")]
    [InlineData("from=2026-03-01+09:00&to=2026-03-01T11:00:00.000000001%2B0100", null)]
    [InlineData("to=0001-01-01T00:00:00%2B14:00", "to")]
    [InlineData("from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z", "from")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("after=", "after")]
    [InlineData("after=x", "after")]
    [InlineData("after=________________________________", "after")]
    [InlineData($"after={TooLate}", "after")]
    [InlineData($"after={Before1970}", null)]
    public async Task A_query_that_means_nothing_is_refused_by_its_name(string query, string? field)
    {
        using var answer = await Till.Get($"{WebhookCalls.Path}?{query}");
        if (field is null) Assert.Equal(200, (int)answer.StatusCode); // it has a meaning, if an unusual one
        else await answer.MustRefuse(400, field);
    }

    [Fact]
    public async Task A_dead_event_is_sent_again_as_it_was_with_all_of_its_attempts()
    {
        var inbox = Answering(500);
        var id = await Till.Fire(inbox.Url);
        await Fail(id, before: 0);
        Assert.False((await Till.Delivery(id)).TryGetProperty("next_attempt_at", out _));

        var replayed = await Till.Replay(id);

        Assert.Equal(("waiting, 6 begun, 0 failed", id),
            (WebhookCalls.ProgressOf(replayed), replayed.GetProperty("id").GetGuid()));
        await Fail(id, before: 6);
        Assert.Equal(12, inbox.Count);
        var told = new HashSet<(string, string)>();
        for (var i = 0; i < 12; i++)
        {
            var one = await inbox.Next();
            told.Add((one.Headers["webhook-id"], one.Body));
        }
        Assert.Single(told);
    }

    [Fact]
    public async Task A_waiting_event_is_sent_at_once_when_it_is_asked_for()
    {
        var inbox = _shop.Receiver.Open((number, http) => Status(http, number == 1 ? 500 : 200));
        var id = await Till.Fire(inbox.Url);
        await Till.Becomes(id, "waiting, 1 begun, 1 failed");

        await Till.Replay(id);

        await Till.Becomes(id, "delivered, 2 begun, 0 failed");
        Assert.False((await Till.Delivery(id)).TryGetProperty("problem", out _));
    }

    [Fact]
    public async Task A_delivered_event_may_be_sent_once_more()
    {
        var inbox = _shop.Receiver.Open();
        var id = await Till.Fire(inbox.Url);
        await Till.Becomes(id, "delivered, 1 begun, 0 failed");

        await Till.Replay(id);

        await Till.Becomes(id, "delivered, 2 begun, 0 failed");
        Assert.Equal(2, inbox.Count);
    }

    [Fact]
    public async Task An_attempt_that_began_before_a_replay_has_no_word_about_it()
    {
        var gone = new TaskCompletionSource();
        var inbox = _shop.Receiver.Open((number, http) => number == 1 ? GoneAfter(gone.Task, http) : Status(http, 500));
        var id = await Till.Fire(inbox.Url);
        await inbox.Next();

        await Till.Replay(id);
        await inbox.Next();
        await Till.Becomes(id, "waiting, 2 begun, 1 failed");
        gone.SetResult();
        await Sender.Settled();

        Assert.Equal("waiting, 2 begun, 1 failed", await Till.Progress(id));
    }

    [Fact]
    public async Task All_that_died_in_a_time_are_sent_again()
    {
        var healed = false;
        var inbox = _shop.Receiver.Open((_, http) => Status(http, Volatile.Read(ref healed) ? 200 : 410));
        var fired = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            fired.Add(await Till.Fire(inbox.Url));
            Fleet.Pass(1);
        }
        foreach (var id in fired) await Till.Becomes(id, "dead, 1 begun, 1 failed");
        Volatile.Write(ref healed, true);

        Assert.Equal("""{"replayed":0}""", await Till.ReplayAll(_begin, Now, "delivered"));
        Assert.Equal("""{"replayed":2}""", await Till.ReplayAll(_begin.AddSeconds(1), Now));

        await Till.Becomes(fired[1], "delivered, 2 begun, 0 failed");
        await Till.Becomes(fired[2], "delivered, 2 begun, 0 failed");
        Assert.Equal("dead, 1 begun, 1 failed", await Till.Progress(fired[0]));
        Assert.Equal("""{"replayed":2}""", await Till.ReplayAll(_begin, Now, "delivered"));
    }

    [Fact]
    public async Task One_call_sends_ten_thousand_again_and_says_when_there_are_more()
    {
        await using var fleet = await FleetApp.Start();
        var (from, to) = (fleet.Clock.GetUtcNow().AddHours(-1), fleet.Clock.GetUtcNow());
        await fleet.PutRows(10_001, new("https://127.0.0.1/hook"), "dead", from);

        Assert.Equal("""{"replayed":10000,"more":true}""", await fleet.Till.ReplayAll(from, to));
        Assert.Equal("""{"replayed":1}""", await fleet.Till.ReplayAll(from, to));
    }

    [Theory]
    [InlineData("{}", "from")]
    [InlineData("""{"from":"2026-03-01T00:00:00Z"}""", "to")]
    [InlineData("""{"to":"2026-03-01T00:00:00Z"}""", "from")]
    [InlineData("""{"from":"2026-03-01T00:00:00Z","to":"2026-03-01T00:00:00Z"}""", "from")]
    [InlineData("""{"from":"now","to":"2026-03-01T00:00:00Z"}""", "from")]
    [InlineData("""{"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z","state":"waiting"}""", "state")]
    [InlineData("""{"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z","state":"all"}""", "state")]
    public async Task A_replay_of_no_range_is_refused_by_its_name(string body, string field)
    {
        using var answer = await Till.Send(HttpMethod.Post, $"{WebhookCalls.Path}/replay", Lane.Json(body));
        await answer.MustRefuse(400, field);
    }

    [Fact]
    public async Task What_is_over_is_forgotten_after_its_days_and_what_waits_never()
    {
        await using var fleet = await FleetApp.Start();
        var (now, nowhere) = (fleet.Clock.GetUtcNow(), new Uri("https://127.0.0.1/"));
        foreach (var (state, days) in new[] { ("delivered", 7), ("dead", 30) })
        {
            await fleet.PutRows(700, nowhere, state, now.AddDays(-days));
            await fleet.PutRows(1, nowhere, state, now.AddDays(-days).AddSeconds(10));
        }
        await fleet.PutRows(1, nowhere, "waiting", now.AddDays(-400));

        await Eventually.Equal("1 delivered, 1 dead, 1 waiting", async () =>
        {
            fleet.Pass(0.5);
            return string.Join(", ", await Task.WhenAll(new[] { "delivered", "dead", "waiting" }.Select(async state =>
            {
                var page = await fleet.Till.Deliveries($"?state={state}&limit=500");
                return $"{page.GetProperty("items").GetArrayLength()} {state}";
            })));
        });
    }

    [Fact]
    public async Task An_event_that_was_sent_again_is_kept_as_long_as_a_new_one()
    {
        await using var fleet = await FleetApp.Start(null, _shop.Settings);
        var inbox = _shop.Receiver.Open();
        await fleet.PutRows(1, inbox.Url, "dead", fleet.Clock.GetUtcNow().AddDays(-29));
        var id = (await fleet.Till.Deliveries()).GetProperty("items")[0].GetProperty("id").GetGuid();

        await fleet.Till.Replay(id);
        await inbox.Next();
        await fleet.Till.Becomes(id, "delivered, 1 begun, 0 failed");
        fleet.Pass(5);
        await fleet.Services.GetRequiredService<WebhookSender>().Settled();

        Assert.Equal("delivered, 1 begun, 0 failed", await fleet.Till.Progress(id));
    }

    private static string Time(DateTimeOffset time) =>
        time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static Task Status(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task GoneAfter(Task moment, HttpContext http)
    {
        await moment;
        http.Response.StatusCode = 410;
    }

    private Receiver.Inbox Answering(int status) => _shop.Receiver.Open((_, http) => Status(http, status));

    private async Task<IEnumerable<Guid>> Listed(string query) =>
        (await Till.Deliveries(query)).GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("id").GetGuid());

    /// <summary>Lets six attempts fail.</summary>
    private async Task Fail(Guid id, int before)
    {
        foreach (var (i, wait) in new[] { 10, 40, 160, 640, 2560 }.Index())
        {
            await Till.Becomes(id, $"waiting, {before + i + 1} begun, {i + 1} failed");
            Fleet.Pass(wait * 1.2 + 2);
        }
        await Till.Becomes(id, $"dead, {before + 6} begun, 6 failed");
    }
}

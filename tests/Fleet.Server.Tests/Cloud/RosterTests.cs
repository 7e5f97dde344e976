using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>What changes in SumUp's cloud is noticed, and nothing else is.</summary>
public sealed class RosterTests : IAsyncLifetime
{
    private const string First = CloudRoster.First, Second = CloudRoster.Second, Third = CloudRoster.Third;

    private CloudRoster? _world;

    private CloudRoster World => _world ?? throw new InvalidOperationException("It is not running.");

    public async ValueTask InitializeAsync() =>
        _world = await CloudRoster.Start($"--Fleet:Merchants:2:SumUp:EventSecret={CloudRoster.Secret}");

    public ValueTask DisposeAsync() => World.DisposeAsync();

    [Fact]
    public async Task A_reader_that_was_deleted_at_SumUp_is_marked_and_takes_no_checkout()
    {
        var reader = await World.AdoptOne(First, "U1");
        var other = await World.AdoptOne(Second, "U2");
        World.Listed.TryRemove(First, out _);
        await World.Becomes(reader, "expired");
        using var refused = await World.Till.Post($"readers/{reader}/checkout", Connector.Coffee());

        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
        Assert.Equal("paired", (await World.Seen(other)).Pairing);
        Assert.Equal(1, await World.Counted("lost"));
    }

    [Fact]
    public async Task An_open_checkout_of_a_lost_reader_is_followed_to_its_end()
    {
        var reader = await World.AdoptOne(First, "U1");
        await World.AdoptOne(Second, "U2");
        var open = await World.Till.Charge(reader, Connector.Coffee());
        World.Listed.TryRemove(First, out _);
        await Notify("readers.deleted");
        await World.Becomes(reader, "expired", step: 1);
        Assert.Equal("pending", await World.Till.Outcome(reader, open));
        World.Transaction = AdoptionTests.Paid(open);
        await Eventually.Equal("successful", () => World.Till.Outcome(reader, open), () => World.Fleet.Pass(1));
    }

    [Fact]
    public async Task A_device_that_was_paired_anew_at_SumUp_goes_on_by_itself()
    {
        var reader = await World.AdoptOne(First, "U1");
        World.Listed.Clear();
        World.Listed[Second] = new("U1");
        await Eventually.Equal(Second, async () => (await World.Seen(reader)).CloudReaderId, () => World.Fleet.Pass(5));

        Assert.Equal("paired", (await World.Seen(reader)).Pairing);
        Assert.Equal(1, await World.Counted("rebound"));
        await World.Till.Charge(reader, Connector.Coffee());
        Assert.Equal(1, World.CountRequests("POST", $"{Second}/checkout"));
    }

    [Fact]
    public async Task A_lost_reader_that_is_paired_again_goes_on()
    {
        var reader = await World.AdoptOne(First, "U1");
        await World.AdoptOne(Second, "U2");
        World.Listed.TryRemove(First, out _);
        await World.Becomes(reader, "expired");
        World.Listed[Third] = new("U1");
        await World.Becomes(reader, "paired");

        Assert.Equal(Third, (await World.Seen(reader)).CloudReaderId);
    }

    [Fact]
    public async Task An_empty_list_is_believed_when_it_comes_twice()
    {
        var reader = await World.AdoptOne(First, "U1");
        await World.Compared(1);
        World.Listed.Clear();
        await World.Compared(1, "doubted");
        Assert.Equal("paired", (await World.Seen(reader)).Pairing);
        await World.Becomes(reader, "expired");
        Assert.Equal(1, await World.Counted("doubted"));
    }

    [Theory]
    [InlineData(500, "{}")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"items":null}""")]
    [InlineData(200, """{"items":[{"name":"without an id"}]}""")]
    [InlineData(200, "<html>not a list</html>")]
    public async Task A_list_that_failed_or_is_not_whole_changes_nothing(int status, string body)
    {
        var reader = await World.AdoptOne(First, "U1");
        World.WrongList = (status, body);
        await World.Compared(3, "failed");

        Assert.Equal("paired", (await World.Seen(reader)).Pairing);
        Assert.Equal(0, await World.Counted("lost"));
    }

    [Fact]
    public async Task A_reader_that_is_only_missing_in_the_list_stays()
    {
        var reader = await World.AdoptOne(First, "U1");
        await World.AdoptOne(Second, "U2");
        await World.Compared(1);
        World.Listed.TryRemove(First, out var entry);
        World.Hidden[First] = entry ?? throw new InvalidOperationException("It was not in the list.");
        var times = (int)(await World.Counted("compared") ?? 0);
        await World.Compared(times + 2);

        Assert.Equal("paired", (await World.Seen(reader)).Pairing);
        Assert.True(World.CountRequests("GET", $"readers/{First}") >= 2);
    }

    [Fact]
    public async Task Readers_that_can_be_adopted_are_counted()
    {
        await World.AdoptOne(First, "U1");
        World.Listed[Second] = new("U2");
        World.Listed[Third] = new("U3", Pairing: "expired");
        await Notify("readers.created");
        await Eventually.Equal(true, async () =>
            (await World.Shell.Does("status")).Contains("SumUp has 1 reader that Fleet", StringComparison.Ordinal),
            () => World.Fleet.Pass(1));
        await World.Shell.Does("readers adopt");
        await Eventually.Equal(false, async () =>
            (await World.Shell.Does("status")).Contains("SumUp has", StringComparison.Ordinal),
            () => World.Fleet.Pass(1));
    }

    [Fact]
    public async Task A_pairing_is_confirmed_seconds_after_its_device_did_so()
    {
        World.NextPaired = (First, new("U1", Pairing: "processing"));
        using var paired = await World.Till.Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        var reader = (await paired.Json()).GetProperty("id").GetString() ?? "";
        Assert.Equal("processing", (await World.Seen(reader)).Pairing);
        World.Fleet.Pass(60);
        World.Listed[First] = new("U1");
        await World.Becomes(reader, "paired", step: 1);
        Assert.True(World.Fleet.Clock.GetUtcNow() < World.Fleet.Clock.Start.AddMinutes(4));
        await World.Till.Charge(reader, Connector.Coffee());
    }

    [Fact]
    public async Task A_pairing_that_is_confirmed_late_is_found_by_the_comparison()
    {
        World.NextPaired = (First, new("U1", Pairing: "processing"));
        using var paired = await World.Till.Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        var reader = (await paired.Json()).GetProperty("id").GetString() ?? "";
        await World.Becomes(reader, "expired");
        World.Listed[First] = new("U1");
        await World.Becomes(reader, "paired");
    }

    [Fact]
    public async Task A_signed_event_makes_the_readers_be_compared_at_once()
    {
        await World.AdoptOne(First, "U1");
        var reader = await World.AdoptOne(Second, "U2");
        await World.Compared(1);
        World.Listed.TryRemove(Second, out _);
        Assert.Equal(HttpStatusCode.OK, await Notify("readers.deleted"));
        var before = World.Fleet.Clock.GetUtcNow();
        await World.Becomes(reader, "expired", step: 1);
        Assert.True(World.Fleet.Clock.GetUtcNow() - before < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task An_event_of_another_kind_is_taken_and_changes_nothing()
    {
        await World.AdoptOne(First, "U1");
        await World.Compared(1);
        World.Fleet.Pass(10);
        var lists = World.CountRequests("GET", "/readers");
        Assert.Equal(HttpStatusCode.OK, await Notify("members.created"));
        Assert.Equal(HttpStatusCode.OK, await Notify("readers.created\",\"type\":7,\"x\":\""));
        await Eventually.Equal(true, () => Task.FromResult(World.CountRequests("GET", "/status") > 0),
            () => World.Fleet.Pass(1));
        Assert.Equal(lists, World.CountRequests("GET", "/readers"));
    }

    [Theory]
    [InlineData("another-secret", 0)]
    [InlineData(CloudRoster.Secret, 301)]
    public async Task An_event_that_is_not_signed_now_by_SumUp_is_refused(string secret, int age) =>
        Assert.Equal(HttpStatusCode.Unauthorized, await Notify("readers.deleted", secret, age));

    [Theory]
    [InlineData(FleetApp.Merchant)]
    [InlineData("MNOSUCH1")]
    public async Task A_merchant_without_a_secret_takes_no_events(string merchant) =>
        Assert.Equal(HttpStatusCode.NotFound, await Notify("readers.deleted", merchant: merchant));

    [Fact]
    public async Task A_reader_that_is_deleted_in_Fleet_is_deleted_at_SumUp_first()
    {
        var reader = await World.AdoptOne(First, "U1");
        using var deleted = await World.Till.Delete($"readers/{reader}");

        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(1, World.CountRequests("DELETE", $"readers/{First}"));
        Assert.Empty(World.Listed);
    }

    [Theory]
    [InlineData(401, "422 PROVIDER_REFUSED")]
    [InlineData(403, "422 PROVIDER_REFUSED")]
    [InlineData(500, "503 SERVICE_UNAVAILABLE")]
    public async Task A_reader_that_SumUp_does_not_delete_is_not_deleted(int status, string word)
    {
        var reader = await World.AdoptOne(First, "U1");
        World.DeleteStatus = status;
        using var refused = await World.Till.Delete($"readers/{reader}");
        Assert.Equal(word, await refused.Refusal());
        Assert.Equal("paired", (await World.Seen(reader)).Pairing);
        World.DeleteStatus = 404; // it is gone there
        Assert.Equal("1 unpaired, 0 not.\n", await World.Shell.Does($"readers unpair {reader}"));
        Assert.Empty((await World.ListReaders()).Readers);
    }

    [Fact]
    public async Task A_reader_is_not_deleted_while_SumUp_is_away()
    {
        var reader = await World.AdoptOne(First, "U1");
        await World.Cloud.DisposeAsync();
        using var refused = await World.Till.Delete($"readers/{reader}");

        Assert.Equal("422 PROVIDER_UNAVAILABLE", await refused.Refusal());
        Assert.Equal("paired", (await World.Seen(reader)).Pairing);
    }

    private async Task<HttpStatusCode> Notify(
        string type, string secret = CloudRoster.Secret, int age = 0, string merchant = FleetApp.LiveMerchant)
    {
        var body = $$"""{"id":"evt_1","type":"{{type}}","object":{"id":"{{First}}","type":"reader"} }""";
        var at = World.Fleet.Clock.GetUtcNow().AddSeconds(-age).ToUnixTimeSeconds();
        var signature = Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"v1:{at}:{body}")));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(World.Fleet.Address, $"/fleet/v1/cloud-events/{merchant}"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-SumUp-Webhook-Signature", $"t={at},v1={signature}");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}

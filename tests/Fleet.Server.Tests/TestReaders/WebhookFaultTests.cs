using System.Text.Json;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>A till's test lets webhooks of its sandbox merchant fail, come late, twice, or before the answer.</summary>
public sealed class WebhookFaultTests(WebhookTests.Shop shop) : IClassFixture<WebhookTests.Shop>
{
    private const string Faults = "/fleet/v1/test/webhooks";

    private FleetApp Fleet => shop.Fleet;

    private WebhookSender Sender => Fleet.Services.GetRequiredService<WebhookSender>();

    [Fact]
    public async Task The_next_attempt_fails_without_the_receiver()
    {
        await Set(new { fail_next = 1 });
        var inbox = shop.Receiver.Open();
        var checkout = await Pay(inbox);
        await Eventually.Equal("status 500", () => Problem(checkout));
        Assert.Equal(0, inbox.Count);
        Fleet.Pass(13);
        await inbox.Next();
    }

    [Fact]
    public async Task The_first_attempt_comes_later()
    {
        await Set(new { delay_ms = 30_000 });
        var inbox = shop.Receiver.Open();
        var checkout = await Pay(inbox);
        await Eventually.Equal("delayed by a test", () => Problem(checkout));
        Fleet.Pass(31);
        await inbox.Next();
    }

    [Fact]
    public async Task Each_event_is_delivered_twice_until_that_is_ended()
    {
        await Set(new { twice = true });
        var inbox = shop.Receiver.Open();
        await Pay(inbox);
        Assert.Equal((await inbox.Next()).Headers["webhook-id"], (await inbox.Next()).Headers["webhook-id"]);
        await Set(new { });
        await Pay(inbox);
        await inbox.Next();
        await Sender.Settled();
        Assert.Equal(3, inbox.Count);
    }

    [Fact]
    public async Task The_answer_waits_for_the_webhook()
    {
        await Set(new { before_answer = true });
        var inbox = shop.Receiver.Open();
        var reader = await Fleet.Till.MakeReader(new { scenario = "approve" });
        var started = Start(reader, inbox);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!started.IsCompleted)
        {
            Fleet.Clock.Advance(TimeSpan.FromMilliseconds(20));
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        await started;
        Assert.Equal(1, inbox.Count);
        await Set(new { });
    }

    [Theory]
    [InlineData("fail_next", "{\"fail_next\":1001}")]
    [InlineData("delay_ms", "{\"delay_ms\":60001}")]
    public async Task A_wrong_field_is_named(string field, string body) => Assert.Equal($"400 {field}",
        await Fleet.Till.Send(HttpMethod.Post, Faults, Lane.Json(body)).Tried());

    [Fact]
    public async Task A_live_merchant_has_no_such_route() => Assert.Equal("404",
        await Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey).Post(Faults, new { fail_next = 1 }).Tried());

    private async Task Set(object faults)
    {
        using var answer = await Fleet.Till.Post(Faults, faults);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task<Guid> Pay(Receiver.Inbox inbox) =>
        await Start(await Fleet.Till.MakeReader(new { scenario = "approve" }), inbox);

    private Task<Guid> Start(string reader, Receiver.Inbox inbox) => Fleet.Till.Charge(reader, new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, return_url = inbox.Url,
    });

    private async Task<string?> Problem(Guid checkout)
    {
        using var answer = await Fleet.Till.Get($"/fleet/v1/webhooks/{checkout}");
        var told = await answer.Json();
        return told.TryGetProperty("problem", out var why) && why.ValueKind is JsonValueKind.String
            ? why.GetString()
            : null;
    }
}

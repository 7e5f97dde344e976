using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fleet.Core.Webhooks;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>What a till's own web server sees of its checkouts, on a clock that the test moves.</summary>
public sealed class WebhookTests(WebhookTests.Shop shop) : IClassFixture<WebhookTests.Shop>, IAsyncLifetime
{
    private const string OldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        NewSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private TestDevice? _device;

    private FleetApp Fleet => shop.Fleet;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    private WebhookSender Sender => Fleet.Services.GetRequiredService<WebhookSender>();

    public async ValueTask InitializeAsync() => _device = await Fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task A_payment_is_told_in_SumUps_words()
    {
        var inbox = shop.Receiver.Open();
        var checkout = await Start(inbox);
        await Device.AskStart(checkout);
        await Device.Approve(checkout);

        var told = JsonElement.Parse((await inbox.Next()).Body);

        Assert.Equal("solo.transaction.updated", told.GetProperty("event_type").GetString());
        Assert.Equal(Fleet.Clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", null),
            told.GetProperty("timestamp").GetString());
        Assert.True(told.GetProperty("id").TryGetGuid(out _));
        var payload = told.GetProperty("payload");
        var stored = await Fleet.Till.Checkout(Device.ReaderId, checkout);
        Assert.Equal(stored.GetProperty("client_transaction_id").GetGuid(),
            payload.GetProperty("client_transaction_id").GetGuid());
        Assert.Equal((FleetApp.Merchant, "successful"),
            (payload.GetProperty("merchant_code").GetString(), payload.GetProperty("status").GetString()));
        Assert.True(payload.TryGetProperty("transaction_id", out _));
        Assert.False(payload.TryGetProperty("failure_reason", out _));
    }

    [Fact]
    public async Task A_checkout_that_nobody_started_is_told_as_failed_with_its_reason()
    {
        var inbox = shop.Receiver.Open();
        await Start(inbox);
        Fleet.Pass(61);

        var payload = JsonElement.Parse((await inbox.Next()).Body).GetProperty("payload");

        Assert.Equal(("failed", "expired"),
            (payload.GetProperty("status").GetString(), payload.GetProperty("failure_reason").GetString()));
    }

    [Fact]
    public async Task Each_attempt_has_the_same_id_and_body_and_after_six_there_is_no_other()
    {
        var inbox = shop.Receiver.Open((_, http) => Answer(http, 500));
        await Cancel(inbox);

        var attempts = new List<Receiver.Received> { await inbox.Next() };
        foreach (var wait in new[] { 10, 40, 160, 640, 2560 })
        {
            await Quiet(wait - 1, inbox, attempts.Count);
            attempts.Add(await Within(wait * 0.2 + 2, inbox));
        }

        Assert.Single(attempts.Select(one => (one.Headers["webhook-id"], one.Body)).Distinct());
        await Quiet(3600, inbox, 6);
    }

    [Fact]
    public async Task SumUps_own_schedule_can_be_chosen()
    {
        await using var fleet = await FleetApp.Start(null, [.. shop.Settings, "--Fleet:Webhooks:Schedule=sumup"]);
        await using var device = await fleet.PairedDevice();
        var (inbox, sender) =
            (shop.Receiver.Open((_, http) => Answer(http, 500)), fleet.Services.GetRequiredService<WebhookSender>());
        await Cancel(inbox, fleet, device);
        foreach (var (wait, i) in new[] { 60, 300, 1_200, 7_200, 14_400 }.Select((wait, i) => (wait, i)))
        {
            await inbox.Next();
            await sender.Settled();
            fleet.Pass(wait - 1);
            await sender.Settled();
            Assert.Equal(i + 1, inbox.Count);
            fleet.Pass((wait * 0.2) + 2);
        }
        await inbox.Next();
    }

    [Fact]
    public async Task Both_secrets_sign_while_they_are_changed()
    {
        var inbox = shop.Receiver.Open();
        await Cancel(inbox);

        var told = await inbox.Next();

        var signatures = told.Headers["webhook-signature"].Split(' ');
        var signed = $"{told.Headers["webhook-id"]}.{told.Headers["webhook-timestamp"]}.{told.Body}";
        Assert.Equal([Sign(NewSecret, signed), Sign(OldSecret, signed)], signatures);
        Assert.Equal($"{Fleet.Clock.GetUtcNow().ToUnixTimeSeconds()}", told.Headers["webhook-timestamp"]);
    }

    /// <summary>The example of the Standard Webhooks specification.</summary>
    [Fact]
    public void A_signature_is_that_of_the_standard() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.SignBody("msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330),
            "{\"test\": 2432232314}", [OldSecret]));

    [Fact]
    public async Task A_receiver_that_is_gone_hears_nothing_more()
    {
        var inbox = shop.Receiver.Open((_, http) => Answer(http, 410));
        await Cancel(inbox);
        await inbox.Next();

        await Quiet(3600, inbox, 1);
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_nobody_goes_there()
    {
        var elsewhere = shop.Receiver.Open();
        var inbox = shop.Receiver.Open((_, http) =>
        {
            http.Response.Headers.Location = elsewhere.Url.ToString();
            return Answer(http, 307);
        });
        await Cancel(inbox);
        await inbox.Next();

        await Within(13, inbox);
        Assert.Equal(0, elsewhere.Count);
    }

    [Fact]
    public async Task A_receiver_that_names_a_time_is_left_alone_until_then()
    {
        var inbox = shop.Receiver.Open((_, http) =>
        {
            http.Response.Headers.RetryAfter = "300";
            return Answer(http, 429);
        });
        await Cancel(inbox);
        await inbox.Next();

        await Quiet(295, inbox, 1);
        await Within(7, inbox);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_given_up_after_10_seconds_and_tried_again()
    {
        var never = new TaskCompletionSource();
        var inbox = shop.Receiver.Open(
            (number, http) => number == 1 ? never.Task.WaitAsync(http.RequestAborted) : Task.CompletedTask);
        await Cancel(inbox);
        await inbox.Next();

        Fleet.Pass(10);
        await Within(14, inbox);
    }

    [Fact]
    public async Task A_stopping_node_lets_its_attempts_end()
    {
        var answered = new TaskCompletionSource();
        var inbox = shop.Receiver.Open((_, _) => answered.Task);
        var first = await FleetApp.Start(null, shop.Settings);
        await using (var device = await first.PairedDevice())
        {
            await Cancel(inbox, first, device);
            await inbox.Next();
        }
        var stop = first.Stop();
        answered.SetResult();
        await stop;

        await using (var second = await FleetApp.Start(first.Folder, shop.Settings))
        {
            second.Pass(60);
            await second.Services.GetRequiredService<WebhookSender>().Settled();
            Assert.Equal(1, inbox.Count);
        }
        await first.DisposeAsync(); // last, as it takes the database with it
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(299)]
    public async Task Any_2xx_is_success(int status)
    {
        var inbox = shop.Receiver.Open((_, http) => Answer(http, status));
        await Cancel(inbox);
        await inbox.Next();

        await Quiet(600, inbox, 1);
    }

    private static Task Answer(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static string Sign(string secret, string signed) => "v1," + Convert.ToBase64String(
        HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes(signed)));

    private Task<Guid> Start(Receiver.Inbox inbox) => Start(inbox, Fleet, Device);

    private Task Cancel(Receiver.Inbox inbox) => Cancel(inbox, Fleet, Device);

    private static Task<Guid> Start(Receiver.Inbox inbox, FleetApp fleet, TestDevice device) =>
        fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            return_url = inbox.Url,
        });

    /// <summary>A checkout that is over at once.</summary>
    private static async Task Cancel(Receiver.Inbox inbox, FleetApp fleet, TestDevice device)
    {
        await Start(inbox, fleet, device);
        using var answer = await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    /// <summary>Time passes and nothing comes.</summary>
    private async Task Quiet(double seconds, Receiver.Inbox inbox, int count)
    {
        await Sender.Settled();
        Fleet.Pass(seconds);
        await Sender.Settled();
        Assert.Equal(count, inbox.Count);
    }

    /// <summary>The next attempt, which comes before so many seconds have passed.</summary>
    private async Task<Receiver.Received> Within(double seconds, Receiver.Inbox inbox)
    {
        await Sender.Settled();
        Fleet.Pass(seconds);
        return await inbox.Next();
    }

    /// <summary>A node, and a web server that it may send to.</summary>
    public sealed class Shop : IAsyncLifetime
    {
        private Receiver? _receiver;
        private FleetApp? _fleet;

        public Receiver Receiver => _receiver ?? throw new InvalidOperationException("It does not listen yet.");

        public string[] Settings =>
        [
            "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32", $"--Fleet:Webhooks:AllowedPorts:0={Receiver.Port}",
            $"--Fleet:Merchants:0:WebhookSecrets:0={NewSecret}", $"--Fleet:Merchants:0:WebhookSecrets:1={OldSecret}",
        ];

        public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

        public async ValueTask InitializeAsync()
        {
            _receiver = await Receiver.Start();
            _fleet = await FleetApp.Start(null, Settings);
        }

        public async ValueTask DisposeAsync()
        {
            await Fleet.DisposeAsync();
            await Receiver.DisposeAsync();
        }
    }
}

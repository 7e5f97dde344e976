using Fleet.Server.Cloud;

namespace Fleet.Server.Tests;

/// <summary>What is kept of the exchanges with the cloud, and what never is.</summary>
public sealed class ExchangeLogTests : IAsyncLifetime
{
    private const string Affiliate = "sup_afk_AlsoSecret", Callback = "CfDJ8-callback-token",
        Card = "4111 1111 1111 1111", PlainCard = "4111111111111111", Code = "4WLFDSBF",
        Person = "merchant@example.com", Passcode = "7391";

    private static readonly string[] Secrets =
        [CloudWorld.Secret, Affiliate, Callback, Card, PlainCard, Code, Person, Passcode];

    private static readonly CloudKey Key = new(CloudWorld.Secret);

    private readonly CloudWorld _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CloudStandIn Cloud => _world.Cloud;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_exchange_says_what_was_asked_and_what_was_answered()
    {
        Cloud.Then(http =>
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(70));
            return CloudStandIn.Write(http, 422, """{"errors":{"type":"READER_BUSY"}}""");
        });
        var now = _world.Clock.GetUtcNow();

        var checkout = Guid.CreateVersion7(now);
        await _world.Client.CreateCheckout(CloudWorld.ReaderId, CloudWorld.Coffee, checkout);

        var told = Assert.Single(_world.Exchanges);
        Assert.Equal(
            new CloudExchange(told.Id, now, CloudWorld.Merchant, "create_checkout", "POST",
                $"/v0.1/merchants/MCLOUD01/readers/{CloudWorld.ReaderId}/checkout", 422, 70,
                """{"total_amount":{"currency":"EUR","minor_unit":2,"value":1500}}""",
                """{"errors":{"type":"READER_BUSY"}}""", CloudFailure.None, checkout, CloudWorld.ReaderId),
            told);
    }

    [Fact]
    public async Task Each_call_about_a_checkout_is_kept_under_its_id()
    {
        var (checkout, client) = (Guid.NewGuid(), _world.Client);
        await client.CreateCheckout(CloudWorld.ReaderId, CloudWorld.Coffee, checkout);
        await client.ReadCheckout(CloudWorld.ReaderId, "00e3", checkout, Cancel);
        await client.TerminateCheckout(CloudWorld.ReaderId, checkout, Cancel);
        await client.ReadStatus(CloudWorld.ReaderId, checkout, Cancel);
        await client.ReadTransactionByClientId("urn:1", checkout, Cancel);
        await client.ReadTransactionByForeignId("fleet-1", checkout, Cancel);
        await client.ReadTransaction("6b42", checkout, Cancel);
        await client.ListTransactions(_world.Clock.GetUtcNow(), checkout, Cancel);
        await client.ListNextTransactions("limit=10", checkout, Cancel);
        await client.RefundTransaction("6b42", null, checkout);

        Assert.Equal([.. Enumerable.Repeat((Guid?)checkout, 10)],
            _world.Exchanges.Select(one => one.CheckoutId));
        Assert.Equal([.. Enumerable.Repeat(CloudWorld.ReaderId, 4), .. Enumerable.Repeat((string?)null, 6)],
            _world.Exchanges.Select(one => one.ReaderId));
    }

    [Fact]
    public async Task Every_attempt_is_an_exchange_with_its_verdict()
    {
        Cloud.Then(CloudStandIn.Abort).Then(200, "{}");

        await _world.Run(_world.Client.ReadStatus(CloudWorld.ReaderId, null, Cancel));

        Assert.Equal(
            [((int?)null, CloudFailure.Reset), (200, CloudFailure.None)],
            _world.Exchanges.Select(one => (one.Status, one.Verdict)));
    }

    [Fact]
    public async Task A_call_that_was_held_back_is_an_exchange_too()
    {
        Cloud.Usually(500, "");
        for (var i = 0; i < 6; i++) await _world.Client.DeleteReader(CloudWorld.ReaderId, Cancel);

        Assert.Equal(5, Cloud.Requests.Count);
        Assert.Equal((null, 0, CloudFailure.Withheld),
            (_world.Exchanges[^1].Status, _world.Exchanges[^1].LatencyMs, _world.Exchanges[^1].Verdict));
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("[{0}")] // almost JSON
    [InlineData("<html><pre>{0}</pre></html>")]
    public async Task No_secret_is_in_any_exchange_log_line_or_text(string shape)
    {
        var echo = shape.Replace("{0}", $$"""
            {"Authorization":"Bearer {{CloudWorld.Secret}}","key":"{{Affiliate}}","pan":{{PlainCard}},
            "return_url":"https://fleet.example/fleet/v1/callbacks/{{Callback}}?x=1",
            "detail":"no key {{CloudWorld.Secret}}, no card {{Card}}, no /fleet/v1/callbacks/{{Callback}}",
            "username":"{{Person}}","menu_lock":{"passcode":"{{Passcode}}"},"pairing_code":"{{Code}}"}
            """.ReplaceLineEndings(""), StringComparison.Ordinal);
        Cloud.Usually(400, echo);
        NewCloudCheckout checkout = new()
        {
            TotalAmount = new("EUR", 2, 1500),
            Affiliate = new() { AppId = "app", Key = Affiliate, ForeignTransactionId = "fleet-1" },
            ReturnUrl = $"https://fleet.example/fleet/v1/callbacks/{Callback}",
            Description = $"card {Card}",
        };
        NewCloudReader reader = new() { PairingCode = Code, Name = "Till" };

        var answer = await _world.Client.CreateCheckout(CloudWorld.ReaderId, checkout);
        await _world.Client.PairReader(reader, Cancel);
        await _world.Client.ReadTransactionByForeignId(Card, null, Cancel);
        Cloud.Then(CloudStandIn.Abort);
        await _world.Client.DeleteReader(CloudWorld.ReaderId, Cancel);

        string[] texts =
        [
            .. _world.Exchanges.Select(one => $"{one}"), .. _world.Lines, $"{checkout}", $"{checkout.Affiliate}",
            $"{reader}", $"{Key}",
        ];
        foreach (var secret in new[] { CloudWorld.Secret, Callback, Card })
            Assert.DoesNotContain(secret, $"{answer.Error}", StringComparison.Ordinal);
        Assert.Equal(4, _world.Exchanges.Count);
        Assert.Contains("fleet-1", texts[0], StringComparison.Ordinal);
        foreach (var secret in Secrets)
            Assert.DoesNotContain(texts, text => text.Contains(secret, StringComparison.Ordinal));
    }
}

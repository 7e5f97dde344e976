using Fleet.Server.Cloud;

namespace Fleet.Server.Tests;

/// <summary>What is sent while most calls of a key fail.</summary>
public sealed class CloudBreakerTests : IAsyncLifetime
{
    private const int Enough = 5;

    private const string Online = """{"data":{"status":"ONLINE"}}""";

    private readonly CloudWorld _world = new();

    private CloudStandIn Cloud => _world.Cloud;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_payment_is_refused_at_once_while_the_key_is_blocked()
    {
        await Block();

        var create = await Create();
        var read = await _world.Client.ReadMerchant(Cancel);

        Assert.Equal((CloudFailure.Withheld, CloudFailure.Withheld), (create.Failure, read.Failure));
        Assert.True(create.IsCertainlyUnsent);
        Assert.Equal(CloudBreaker.Blocked, create.Problem);
        Assert.Equal(Enough, Cloud.Requests.Count);
        Assert.Contains(_world.Lines, line => line.Contains(CloudWorld.Merchant, StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_the_pause_a_read_is_the_probe_and_payments_follow()
    {
        await Block();
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        Cloud.Then(200, Online).Then(201, """{"data":{"client_transaction_id":"7a1c"}}""");

        Assert.False(_world.Client.IsWorking);
        await _world.Client.ReadStatus(CloudWorld.ReaderId, null, Cancel);
        Assert.True(_world.Client.IsWorking);
        var create = await Create();

        Assert.Equal("7a1c", create.Body?.ClientTransactionId);
        Assert.Equal(Enough + 2, Cloud.Requests.Count);
    }

    [Fact]
    public async Task Without_other_calls_a_payment_makes_a_probe_of_its_own()
    {
        await Block();
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        Cloud.Then(200, Online).Then(201, """{"data":{"client_transaction_id":"7a1c"}}""");

        var create = await Create();

        Assert.Equal("7a1c", create.Body?.ClientTransactionId);
        Assert.Equal(["GET", "POST"], Cloud.Requests.Skip(Enough).Select(request => request.Method));
    }

    [Fact]
    public async Task A_probe_that_fails_keeps_the_payment_back()
    {
        await Block();
        _world.Clock.Advance(TimeSpan.FromSeconds(10));

        var create = await Create();

        Assert.Equal(CloudFailure.Withheld, create.Failure);
        Assert.EndsWith("/status", Cloud.Requests[^1].Path, StringComparison.Ordinal);
        Assert.Equal(Enough + 1, Cloud.Requests.Count);
    }

    [Fact]
    public async Task A_probe_without_an_answer_keeps_the_payment_back_after_a_second()
    {
        await Block();
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        Cloud.ThenHold();

        var before = _world.Clock.GetUtcNow();
        var create = await _world.Run(Create());

        Assert.Equal(CloudFailure.Withheld, create.Failure);
        Assert.InRange((_world.Clock.GetUtcNow() - before).TotalSeconds, 0.9, 8);
        Assert.Equal(Enough + 1, Cloud.Requests.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(422)]
    [InlineData(429)]
    public async Task A_refusal_is_an_answer_and_blocks_nothing(int status)
    {
        Cloud.Usually(status, "{}");

        for (var i = 0; i < 2 * Enough; i++) await Create();

        Assert.Equal(2 * Enough, Cloud.Requests.Count);
        Assert.True(_world.Client.IsWorking);
    }

    private Task<CloudAnswer<WireIds>> Create() =>
        _world.Client.CreateCheckout(CloudWorld.ReaderId, CloudWorld.Coffee);

    private async Task Block()
    {
        Cloud.Usually(500, "{}");
        for (var i = 0; i < Enough; i++) await _world.Client.DeleteReader(CloudWorld.ReaderId, Cancel);
        Assert.False(_world.Client.IsWorking);
    }
}

using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Settings;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Each key has its own rate, so that a key with many requests does not slow down the others.</summary>
public sealed class RateLimitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_noisy_key_is_slowed_down_and_no_other_one_is()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:RequestsPerSecond=5");
        var other = fleet.TillOf(FleetApp.Merchant, FleetApp.ReadOnlyKey);
        Assert.Equal(10, await Passing(fleet.Till, 40));

        using var refused = await fleet.Till.Get("readers");
        await refused.MustRefuse(429, code: "TOO_MANY_REQUESTS");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(10, await Passing(other, 40));
        fleet.Pass(1);
        Assert.Equal(5, await Passing(fleet.Till, 40));
        fleet.Pass(3600);
        Assert.Equal(10, await Passing(fleet.Till, 40));
    }

    [Fact]
    public async Task A_key_may_have_a_rate_of_its_own()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:RequestsPerSecond=5",
            "--Fleet:Merchants:0:Keys:0:RequestsPerSecond=0");
        var slow = await fleet.Till.MakeKey(
            new { name = "slow", scopes = new[] { "readers.read" }, requests_per_second = 1 });

        Assert.Equal(40, await Passing(fleet.Till, 40));
        Assert.Equal(2, await Passing(fleet.TillOf(FleetApp.Merchant, slow.Key), 40));
    }

    [Fact]
    public async Task Over_gRPC_a_key_that_asks_too_often_is_told_so_too()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:RequestsPerSecond=1");
        using var channel = GrpcChannel.ForAddress(fleet.GrpcAddress);
        Assert.Equal(2, await Passing(fleet.Till, 5));

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await new Proto.Checkouts.CheckoutsClient(channel)
            .GetAsync(new(), new Metadata { { "authorization", $"Bearer {FleetApp.Key}" } },
                cancellationToken: Cancel));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task The_items_of_a_stream_wait_until_they_may_be_started()
    {
        var clock = new FakeTimeProvider();
        var limits = new RateLimits(Options.Create(new FleetOptions { RequestsPerSecond = 2 }), clock);
        var key = new KeyGrant("one", "", Scopes.All, FleetApp.Merchant);
        for (var i = 0; i < 4; i++) await limits.WaitForRequest(key, Cancel);

        var fifth = limits.WaitForRequest(key, Cancel);
        Assert.False(fifth.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(500));
        await fifth.WaitAsync(Cancel);
    }

    [Fact]
    public async Task After_20_wrong_pairing_codes_a_key_must_wait_until_they_are_5_minutes_old()
    {
        await using var fleet = await FleetApp.Start();
        var other = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        var guesses = new List<int>();
        for (var i = 0; i < 25; i++) guesses.Add(await Guess(fleet.Till));

        Assert.Equal((20, 5), (guesses.Count(status => status == 404), guesses.Count(status => status == 429)));
        using var refused = await fleet.Till.Post("readers", new { pairing_code = "ZZZZZZZZ", name = "Lane" });
        await refused.MustRefuse(429, code: "TOO_MANY_WRONG_CODES");
        Assert.Equal(TimeSpan.FromMinutes(5), refused.Headers.RetryAfter?.Delta);
        Assert.Contains("too many wrong pairing codes", (await refused.Json()).Text("detail"),
            StringComparison.Ordinal);
        Assert.Equal(404, await Guess(other));
        fleet.Pass(300);
        Assert.Equal(404, await Guess(fleet.Till));
    }

    private static async Task<int> Guess(Till till)
    {
        using var answer = await till.Post("readers", new { pairing_code = "ZZZZZZZZ", name = "Lane" });
        return (int)answer.StatusCode;
    }

    /// <summary>How many of some requests pass; the others must be refused with 429.</summary>
    private static async Task<int> Passing(Till till, int requests)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => till.Status()));
        Assert.All(answers, status => Assert.True(status is 200 or 429, $"{status}"));
        return answers.Count(status => status == 200);
    }
}

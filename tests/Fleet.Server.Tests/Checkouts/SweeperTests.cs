using System.Net;
using Fleet.Core.Checkouts;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>A failure of a node's background work must not end the node.</summary>
public sealed class SweeperTests
{
    [Fact]
    public async Task A_call_that_was_given_up_ends_neither_the_sweep_nor_the_node()
    {
        var given = 0;
        await using var fleet = await Start(() => Interlocked.Increment(ref given) <= 3);
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        fleet.Pass(61);
        await Eventually.Equal(true, () =>
        {
            fleet.Pass(1);
            return Task.FromResult(Volatile.Read(ref given) > 4);
        });

        using var answer = await fleet.Till.Get("readers");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("cancelled/expired", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_request_that_ends_what_is_overdue_and_is_refused_leaves_its_key_free()
    {
        await using var fleet = await Start(() => true); // only the request itself sees what is overdue
        await using var device = await fleet.PairedDevice();
        var overdue = await fleet.Till.Charge(device.ReaderId);
        await device.HangUp();
        fleet.Pass(61);
        using var refused = await fleet.Till.Post(
            $"readers/{device.ReaderId}/checkout", Checkouts.Coffee, ("Idempotency-Key", "order-7"));
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());

        await using var again = await device.ConnectAgain();
        await again.Resume();
        using var taken = await fleet.Till.Post(
            $"readers/{device.ReaderId}/checkout", Checkouts.Coffee, ("Idempotency-Key", "order-7"));
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        Assert.NotEqual(overdue, (await taken.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid());
    }

    private static Task<FleetApp> Start(Func<bool> givesUp) => FleetApp.Start(builder =>
    {
        var real = builder.Services.Last(service => service.ServiceType == typeof(ILedger)).ImplementationFactory;
        Assert.NotNull(real);
        builder.Services.AddSingleton<ILedger>(services => new GivesUp((ILedger)real(services), givesUp));
    });

    /// <summary>
    /// A ledger that sometimes cancels the read of overdue readers, as Orleans cancels its own calls.
    /// </summary>
    private sealed class GivesUp(ILedger real, Func<bool> now) : ILedger, IAsyncDisposable
    {
        public Task<AppendOutcome> AppendEvents(LedgerAppend append) => real.AppendEvents(append);

        public Task<LedgerHead> LoadHead(string readerId, CancellationToken cancel) => real.LoadHead(readerId, cancel);

        public Task<Checkout?> FindCheckout(string readerId, Guid checkoutId, CancellationToken cancel) =>
            real.FindCheckout(readerId, checkoutId, cancel);

        public Task<string?> FindReader(Guid checkoutId, CancellationToken cancel) =>
            real.FindReader(checkoutId, cancel);

        public Task<KeyUse?> FindKey(string merchantCode, string key, DateTimeOffset at, CancellationToken cancel) =>
            real.FindKey(merchantCode, key, at, cancel);

        public Task<IReadOnlyList<string>> ListOverdue(DateTimeOffset at, int limit, CancellationToken cancel) =>
            now() ? throw new OperationCanceledException() : real.ListOverdue(at, limit, cancel);

        public Task<IReadOnlyList<string>> ListInCloud(DateTimeOffset at, int limit, CancellationToken cancel) =>
            real.ListInCloud(at, limit, cancel);

        public Task ForgetKey(string merchantCode, string key, Guid checkoutId) =>
            real.ForgetKey(merchantCode, key, checkoutId);

        public Task ForgetOldKeys(DateTimeOffset at, CancellationToken cancel) => real.ForgetOldKeys(at, cancel);

        public ValueTask DisposeAsync() => ((IAsyncDisposable)real).DisposeAsync();
    }
}

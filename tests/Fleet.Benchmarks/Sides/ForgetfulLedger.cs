using Fleet.Core.Checkouts;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;

namespace Fleet.Benchmarks.Sides;

/// <summary>A ledger that accepts everything and saves nothing: the speed of Fleet if saving cost nothing.</summary>
internal sealed class ForgetfulLedger : ILedger
{
    private static readonly Task<AppendOutcome> Yes = Task.FromResult(AppendOutcome.Appended);

    public Task<AppendOutcome> AppendEvents(LedgerAppend append) => Yes;

    public Task<LedgerHead> LoadHead(string readerId, CancellationToken cancel) =>
        Task.FromResult(new LedgerHead(0, null));

    public Task<Checkout?> FindCheckout(string readerId, Guid checkoutId, CancellationToken cancel) =>
        Task.FromResult<Checkout?>(null);

    public Task<string?> FindReader(Guid checkoutId, CancellationToken cancel) => Task.FromResult<string?>(null);

    public Task<KeyUse?> FindKey(string merchantCode, string key, DateTimeOffset now, CancellationToken cancel) =>
        Task.FromResult<KeyUse?>(null);

    public Task<IReadOnlyList<string>> ListOverdue(DateTimeOffset now, int limit, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task<IReadOnlyList<string>> ListInCloud(DateTimeOffset now, int limit, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task ForgetKey(string merchantCode, string key, Guid checkoutId) => Task.CompletedTask;

    public Task ForgetOldKeys(DateTimeOffset now, CancellationToken cancel) => Task.CompletedTask;
}

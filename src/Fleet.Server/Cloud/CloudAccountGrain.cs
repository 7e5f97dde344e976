using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Orleans.Concurrency;

namespace Fleet.Server.Cloud;

/// <summary>The account of one merchant. It keeps the client with the key's budget, and translates.</summary>
[Reentrant]
internal sealed class CloudAccountGrain(
    MerchantDirectory merchants, CloudClients clients, CallbackAddresses callbacks, MerchantReaders readers,
    TimeProvider time) : Grain, ICloudAccountGrain
{
    private CloudClient? _client;
    private CloudLink? _link;

    private AccountUpkeep Upkeep => field ??= new(
        this.GetPrimaryKeyString(), new(() => _client is not null, ListReaders, IsThere, ReadStatus), readers,
        (tick, options) => this.RegisterGrainTimer(tick, options), time);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (merchants.FindMerchant(this.GetPrimaryKeyString()) is { SumUp: { } options } merchant
            && CloudLink.FromOptions(options) is { } link)
            (_link, _client) = (link, clients.OpenClient(merchant.Code, link.Key));
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _client?.Dispose();
        return Task.CompletedTask;
    }

    public Task<bool> IsLinked() => Task.FromResult(_link is not null);

    public async Task<CreateAnswer> CreateCheckout(Checkout checkout)
    {
        if (_client is not { } client || _link is not { } link || checkout.Cloud is not { } attempt)
            return new(null, TransportFailure.NeverSent);
        var callback = callbacks.MakeAddress(checkout.ReaderId, checkout.Id);
        var order = CheckoutOrder.Write(checkout, attempt, link, callback);
        return (await client.CreateCheckout(attempt.ReaderId, order)).ToCreateAnswer();
    }

    public Task<CloudReads> ReadAttempt(Checkout checkout, bool thorough)
    {
        if (_client is not { } client || checkout.Cloud is not { } attempt)
            return Task.FromResult(new CloudReads([]));
        var reader = new AttemptReader(client, time);
        return thorough
            ? reader.ReadAll(checkout, attempt, CancellationToken.None)
            : reader.Read(checkout, attempt, CancellationToken.None);
    }

    public async Task<bool> TerminateCheckout(Checkout checkout) =>
        _client is { } client && checkout.Cloud is { } attempt
        && (await client.TerminateCheckout(attempt.ReaderId, CancellationToken.None)).IsSuccess;

    public async Task<CloudReaderStatus?> ReadStatus(string cloudReaderId)
    {
        var at = time.Now();
        return _client is { } client ? (await client.ReadStatus(cloudReaderId, CancellationToken.None)).ToStatus(at)
            : null;
    }

    public async Task<CloudPairReply> PairReader(string code, string name) => _client is { } client
        ? (await client.PairReader(new() { PairingCode = code, Name = name }, CancellationToken.None)).ToPairReply()
        : new(null, Refusal.ProviderUnavailable);

    public async Task<IReadOnlyList<ListedReader>?> ListReaders() => _client is { } client
        && (await client.ListReaders(CancellationToken.None)).Body is { IsWhole: true } roster
            ? [.. roster.Readers.Select(WireMapping.ToListed).OfType<ListedReader>()]
            : null;

    public async Task<Refusal?> DeleteReader(string cloudReaderId) => _client is { } client
        ? (await client.DeleteReader(cloudReaderId, CancellationToken.None)).ToDeleteRefusal()
        : null;

    public Task KeepUp() => Upkeep.KeepUp();

    public Task WatchPairing(CloudReader reader) => Upkeep.WatchPairing(reader);

    public Task CompareSoon() => Upkeep.CompareSoon();

    public Task<RosterCounts> CountReaders() => Task.FromResult(Upkeep.Counts);

    public Task NoteShown(IReadOnlyList<CloudReader> readers) => Upkeep.NoteShown(readers);

    public Task SeeReader(CloudReader reader) => Upkeep.SeeReader(reader);

    private async Task<bool?> IsThere(string cloudReaderId) => _client is { } client
        && (await client.ReadReader(cloudReaderId, CancellationToken.None)) is var answer
            ? answer.IsNotFound ? false : answer.IsSuccess ? true : null
            : null;
}

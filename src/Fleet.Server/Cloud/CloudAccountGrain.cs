using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Orleans.Concurrency;

namespace Fleet.Server.Cloud;

/// <summary>The account of one merchant. It keeps the client with the key's budget, and translates.</summary>
[Reentrant]
internal sealed class CloudAccountGrain(
    [PersistentState("cloud-account")] IPersistentState<CloudAccountRecord> record, CloudLinks links,
    CloudClients clients, CallbackAddresses callbacks, MerchantReaders readers, CloudSettings settings,
    TimeProvider time, ILogger<CloudAccountGrain> log) : Grain, ICloudAccountGrain, IDisposable
{
    private AccountLink? _link;

    private AccountLink Link => _link ?? throw new InvalidOperationException("The account is not active.");

    private CloudClient? Client => Link.Client;

    private AccountUpkeep Upkeep => field ??= new(
        this.GetPrimaryKeyString(),
        new(() => Client is not null, ListReaders, id => CloudSettings.HasReader(Client, id), ReadStatus), readers,
        new(async () => Client is { } client ? (await client.ListNewest(default)).Body?.Items ?? [] : [],
            ended => GrainFactory.GetGrain<ICloudLinkGrain>(ended.ReaderId).NoteCallback(ended.Id).Ignore(), time),
        (tick, options) => this.RegisterGrainTimer(tick, options), time);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _link = new(this.GetPrimaryKeyString(), record, links, clients, DeactivateOnIdle, time, log);
        _link.Open();
        return Task.CompletedTask;
    }

    public void Dispose() => _link?.Dispose(); // when the activation ends

    public Task<bool> IsLinked() => Task.FromResult(Link.Exists);

    public async Task<CreateAnswer> CreateCheckout(Checkout checkout)
    {
        if (Link is not { Client: { } client, Link: { } link } || checkout.Cloud is not { } attempt)
            return new(null, TransportFailure.NeverSent);
        var callback = callbacks.MakeAddress(checkout.ReaderId, checkout.Id);
        var order = CheckoutOrder.Write(checkout, attempt, link, callback);
        return (await client.CreateCheckout(attempt.ReaderId, order, checkout.Id)).ToCreateAnswer();
    }

    public Task<CloudReads> ReadAttempt(Checkout checkout, ReadNeed need)
    {
        if (Client is not { } client || checkout.Cloud is not { } attempt)
            return Task.FromResult(new CloudReads([]));
        Upkeep.NoteOpen(checkout);
        return new AttemptReader(client, time).Read(checkout, attempt, need, CancellationToken.None);
    }

    public async Task<bool> TerminateCheckout(Checkout checkout) =>
        Client is { } client && checkout.Cloud is { } attempt
        && (await client.TerminateCheckout(attempt.ReaderId, checkout.Id, CancellationToken.None)).IsSuccess;

    public async Task<CreateAnswer> RefundPayment(Checkout paid, string transactionId, long amount) =>
        Client is { } client
            ? (await client.RefundTransaction(transactionId, paid.Terms.Amount.Major(amount), paid.Id))
                .ToRefundAnswer()
            : new(null, TransportFailure.NeverSent);

    public async Task<RefundRead?> ReadRefunds(Checkout paid) => Client is { } client && paid.Cloud is { } attempt
        ? await new AttemptReader(client, time).ReadRefunds(paid, attempt, CancellationToken.None)
        : null;

    public async Task<CloudHistoryPage?> ListHistory(DateTimeOffset from, DateTimeOffset to, string? next) =>
        Client is { } client ? await client.ReadHistory(from, to, next) : null;

    public async Task<CloudTransaction?> FindPayment(CloudIds ids, string? foreignId) =>
        Client is { } client ? await client.FindPayment(ids, foreignId) : null;

    public async Task<CloudReaderStatus?> ReadStatus(string cloudReaderId)
    {
        var at = time.Now();
        return Client is { } client
            ? (await client.ReadStatus(cloudReaderId, null, CancellationToken.None)).ToStatus(at)
            : null;
    }

    public async Task<CloudPairReply> PairReader(string code, string name) => Client is { } client
        ? (await client.PairReader(new() { PairingCode = code, Name = name }, CancellationToken.None)).ToPairReply()
        : new(null, Refusal.ProviderUnavailable);

    public async Task<IReadOnlyList<ListedReader>?> ListReaders() => Client is { } client
        && (await client.ListReaders(CancellationToken.None)).Body is { IsWhole: true } roster
            ? roster.ListReaders()
            : null;

    public async Task<Refusal?> DeleteReader(string cloudReaderId) => Client is { } client
        ? (await client.DeleteReader(cloudReaderId, CancellationToken.None)).ToDeleteRefusal()
        : null;

    public Task<CloudSettingsReply> ReadSettings(string id) => settings.Read(Client, id);

    public Task<Refusal?> ChangeSettings(string id, MenuLock change) => settings.Change(Client, id, change);

    public Task KeepUp() => Upkeep.KeepUp();

    public Task WatchPairing(CloudReader reader) => Upkeep.WatchPairing(reader);

    public Task CompareSoon() => Upkeep.CompareSoon();

    public Task<RosterCounts> CountReaders() => Task.FromResult(Upkeep.Counts);

    public Task NoteShown(IReadOnlyList<CloudReader> readers) => Upkeep.NoteShown(readers);

    public Task SeeReader(CloudReader reader) => Upkeep.SeeReader(reader);

    public Task<LinkReply> TryLink(LinkAccount ask, bool dryRun) => Link.TryLink(ask, dryRun);

    public Task<LinkReply> Unlink(string keyId) => Link.Unlink(keyId);

    public Task<LinkView> GetLink() => Task.FromResult(Link.ShowLink());
}

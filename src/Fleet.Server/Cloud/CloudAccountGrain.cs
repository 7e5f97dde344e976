using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;
using Orleans.Concurrency;

namespace Fleet.Server.Cloud;

/// <summary>The account of one merchant. It keeps the client with the key's budget, and translates.</summary>
[Reentrant]
internal sealed class CloudAccountGrain(
    [PersistentState("cloud-account")] IPersistentState<CloudAccountRecord> record, CloudLinks links,
    CloudClients clients, CallbackAddresses callbacks, TimeProvider time, ILogger<CloudAccountGrain> log)
    : Grain, ICloudAccountGrain, IDisposable
{
    private AccountLink? _link;

    private AccountLink Link => _link ?? throw new InvalidOperationException("The account is not active.");

    private CloudClient? Client => Link.Client;

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

    public Task<CloudReads> ReadAttempt(Checkout checkout, bool thorough)
    {
        if (Client is not { } client || checkout.Cloud is not { } attempt)
            return Task.FromResult(new CloudReads([]));
        var reader = new AttemptReader(client, time);
        return thorough
            ? reader.ReadAll(checkout, attempt, CancellationToken.None)
            : reader.Read(checkout, attempt, CancellationToken.None);
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

    public async Task<CloudReaderStatus?> ReadStatus(string cloudReaderId)
    {
        var at = time.Now();
        return Client is { } client
            ? (await client.ReadStatus(cloudReaderId, null, CancellationToken.None)).ToStatus(at)
            : null;
    }

    public async Task<CloudPairReply> PairReader(string code, string name)
    {
        if (Client is not { } client) return new(null, Refusal.ProviderUnavailable);
        var order = new NewCloudReader { PairingCode = code, Name = name };
        var answer = await client.PairReader(order, CancellationToken.None);
        if (answer.Body?.ToListed() is { } reader) return new(reader);
        if (answer.IsCertainlyUnsent) return new(null, Refusal.ProviderUnavailable);
        return answer.Status switch
        {
            401 or 403 => new(null, Refusal.ProviderRefused(answer.Status == 401 ? "unauthorized" : "forbidden")),
            409 => new(null, Refusal.PairingCodeUsed),
            >= 400 and < 500 and not (408 or 429) => new(null, Refusal.PairingCodeUnknown),
            _ => throw new TimeoutException("It is not known whether SumUp paired the reader."),
        };
    }

    public async Task<IReadOnlyList<ListedReader>?> ListReaders() => Client is { } client
        && (await client.ListReaders(CancellationToken.None)).Body is { } readers
            ? [.. readers.Select(WireMapping.ToListed).OfType<ListedReader>()]
            : null;

    public async Task<bool> DeleteReader(string cloudReaderId)
    {
        if (Client is not { } client) return false;
        var answer = await client.DeleteReader(cloudReaderId, CancellationToken.None);
        return answer.IsSuccess || answer.IsNotFound;
    }

    public Task<LinkReply> TryLink(LinkAccount ask, bool dryRun) => Link.TryLink(ask, dryRun);

    public Task<LinkReply> Unlink(string keyId) => Link.Unlink(keyId);

    public Task<LinkView> GetLink() => Task.FromResult(Link.ShowLink());
}

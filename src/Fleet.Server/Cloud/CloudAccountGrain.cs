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
    MerchantDirectory merchants, CloudClients clients, CallbackAddresses callbacks, TimeProvider time)
    : Grain, ICloudAccountGrain
{
    private CloudClient? _client;
    private CloudLink? _link;

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

    public async Task<CreateAnswer> RefundPayment(Checkout paid, string transactionId, long amount) =>
        _client is { } client
            ? (await client.RefundTransaction(transactionId, paid.Terms.Amount.Major(amount))).ToRefundAnswer()
            : new(null, TransportFailure.NeverSent);

    public async Task<RefundRead?> ReadRefunds(Checkout paid) => _client is { } client && paid.Cloud is { } attempt
        ? await new AttemptReader(client, time).ReadRefunds(attempt, CancellationToken.None)
        : null;

    public async Task<CloudHistoryPage?> ListHistory(DateTimeOffset from, DateTimeOffset to, string? next) =>
        _client is { } client ? await client.ReadHistory(from, to, next) : null;

    public async Task<CloudTransaction?> FindPayment(CloudIds ids, string? foreignId) =>
        _client is { } client ? await client.FindPayment(ids, foreignId) : null;

    public async Task<CloudReaderStatus?> ReadStatus(string cloudReaderId)
    {
        var at = time.Now();
        return _client is { } client ? (await client.ReadStatus(cloudReaderId, CancellationToken.None)).ToStatus(at)
            : null;
    }

    public async Task<CloudPairReply> PairReader(string code, string name)
    {
        if (_client is not { } client) return new(null, Refusal.ProviderUnavailable);
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

    public async Task<IReadOnlyList<ListedReader>?> ListReaders() => _client is { } client
        && (await client.ListReaders(CancellationToken.None)).Body is { } readers
            ? [.. readers.Select(WireMapping.ToListed).OfType<ListedReader>()]
            : null;

    public async Task<bool> DeleteReader(string cloudReaderId)
    {
        if (_client is not { } client) return false;
        var answer = await client.DeleteReader(cloudReaderId, CancellationToken.None);
        return answer.IsSuccess || answer.IsNotFound;
    }
}

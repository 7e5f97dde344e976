using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Audit;
using Fleet.Server.Cluster;
using Fleet.Server.Merchants;
using Fleet.Server.Readers;
using Fleet.Server.Storage;

namespace Fleet.Server.Checkouts;

/// <summary>What callers order, over whatever protocol: the ids are made here, before the first attempt.</summary>
internal sealed class CheckoutOrders(ReaderGrains readers, ILedger ledger, TimeProvider time)
{
    /// <summary>All that a request to start a checkout asks for: what its idempotency key stands for.</summary>
    public static string Fingerprint(string readerId, CheckoutTerms terms) =>
        readerId + JsonSerializer.Serialize(terms, StorageJson.Default.CheckoutTerms);

    /// <summary>
    /// Starts the checkout, again if a node was on its way out. Its id was made before, so that a second call finds
    /// what the first one did: in the reader's memory, or, when the reader is busy with the next one, in the ledger.
    /// </summary>
    public async Task<StartReply> Start(
        MerchantScope merchant, string readerId, CheckoutTerms terms, IdempotencyKey? key, CancellationToken cancel)
    {
        var note = merchant.Caller.Note(AuditAction.CheckoutStart, detail: readerId);
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var ask = new StartCheckout(id, Ids.ClientTransactionOf(id), terms);
        var (reader, calls) = (readers[readerId], 0);
        var reply = await Failover.Call(() =>
        {
            calls++;
            return reader.StartCheckout(merchant.Reach, ask, key, note);
        }, cancel);
        if (reply.Refusal is null || calls == 1) return reply;
        var started = await ledger.Find(readerId, ask.CheckoutId, cancel);
        return started is null ? reply : new(ask.CheckoutId, ask.ClientTransactionId);
    }

    /// <summary>
    /// Ends the open checkout; null when that is under way. Made again only when it names its checkout: another call
    /// without a name could end the next customer's.
    /// </summary>
    public Task<Refusal?> Terminate(
        MerchantScope merchant, string readerId, Guid? expectedCheckoutId, CancellationToken cancel)
    {
        var reader = readers[readerId];
        var note = merchant.Caller.Note(AuditAction.CheckoutTerminate, detail: readerId);
        return expectedCheckoutId is { } expected
            ? Failover.Call(() => reader.Terminate(merchant.Reach, expected, note), cancel)
            : reader.Terminate(merchant.Reach, null, note);
    }
}
